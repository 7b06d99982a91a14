import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from chain.address import format_hex_address, parse_address
from node.api import problems
from node.explorer.beginning import Beginning
from node.explorer.search import find, find_address, suggest
from node.explorer.visit import Visit

ADDRESS = "ait1hd68ls34mz4yhk8xa09uf0jlfq8r6ss6yeeccm"
HASH = "0x" + "ab" * 32
KEY = "0x" + "cd" * 32


async def answer(method: str, params: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
    """Answer for a chain of seven blocks, a transaction and a receipt of one hash, a job."""
    match method, *params.values():
        case "ait_getBlock", int(height) if height <= 7:
            return {"height": height}
        case (("ait_getTransaction" | "ait_getReceipt"), hash_) if hash_ == HASH:
            return {"receiptHash": HASH}
        case "ait_getReceipt", "rcpt-1":
            return {"receiptHash": HASH}
        case "ait_getJobs", "job-1":
            return {"items": [{"client": ADDRESS}]}
        case "ait_getJobs", _:
            return {"items": []}
        case "ait_getHashes", ("abab00" | "1234567" as begin):
            hashes = [begin.ljust(64, end) for end in ("0", "1")]
            return {"items": [{"kind": "receipt", "hash": f"0x{one}"} for one in hashes]}
        case "ait_getHashes", _:
            return {"items": []}
        case ("ait_getValidators",):
            return {"validators": [{"publicKey": KEY, "name": "alice"}]}
    raise problems.not_found("block")


def a_visit(text: str = "") -> Visit:
    return Visit("/search", {}, {"q": text}, answer, Beginning(answer), now_ms=0)


def urls(text: str) -> list[str]:
    return [hit.url for hit in asyncio.run(find(a_visit(), text)).hits]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("7", ["/block/7"]),
        ("#7", ["/block/7"]),
        ("8", []),
        ("9" * 25, []),
        (HASH, [f"/tx/{HASH}", f"/receipt/{HASH}"]),
        (HASH[2:].upper(), [f"/tx/{HASH}", f"/receipt/{HASH}"]),
        (KEY, [f"/validator/{KEY}"]),
        (ADDRESS, [f"/account/{ADDRESS}"]),
        (format_hex_address(parse_address(ADDRESS)), [f"/account/{ADDRESS}"]),
        ("rcpt-1", [f"/receipt/{HASH}"]),
        ("job-1", [f"/job/{ADDRESS}/job-1"]),
        ("alice", [f"/validator/{KEY}"]),
        ("nobody", []),
        ("0xabab00", [f"/receipt/0xabab00{end * 58}" for end in "01"]),
        ("1234567", [f"/receipt/0x1234567{end * 57}" for end in "01"]),
        ("abab0", []),
        ("<script>", []),
        ("", []),
    ],
)
def test_text_leads_to_what_it_names(text: str, found: list[str]) -> None:
    assert urls(text) == found


def test_box_offers_what_may_be_typed_on() -> None:
    offers = json.loads(asyncio.run(suggest(a_visit("abab00"))).data)
    assert [one["value"] for one in offers] == [f"0xabab00{end * 58}" for end in "01"]
    assert offers[0]["label"].startswith("receipt 0xabab00")
    assert json.loads(asyncio.run(suggest(a_visit("ab"))).data) == []


def test_mistyped_address_is_mended_and_the_place_named() -> None:
    wrong = ADDRESS[:10] + "q" + ADDRESS[11:]
    found = find_address(wrong)
    assert "checksum" in found.hint
    (said,) = [hit.text for hit in found.hits if hit.url == f"/account/{ADDRESS}"]
    assert said == f"{ADDRESS}: character 11 is {ADDRESS[10]}, not q"


def test_address_that_is_far_from_any_is_only_refused() -> None:
    found = find_address("ait1" + "q" * 38)
    assert found.hits == ()
    assert found.hint


def test_text_of_another_length_is_not_mended() -> None:
    assert find_address(f"{ADDRESS[:-1]}q").hits
    assert find_address(f"{ADDRESS}q").hits == ()
    assert find_address(ADDRESS[:-1]).hits == ()
