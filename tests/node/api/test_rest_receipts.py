"""Receipts as lists, as tables and whole, by every filter."""

import json

import pytest

from chain.proof import decode_proof
from node.api.services import Services
from tests.support.market_chain import ACCEPTED, DISPUTED
from tests.support.rest_asking import CLIENT, MINER, answer_of, ask_rest

FIRST, SECOND = (f"0x{one.hash.hex()}" for one in (ACCEPTED, DISPUTED))
CLAIMED_AT = 1_700_000_003


@pytest.mark.parametrize("root", ["/v1", "/api/v1"])
@pytest.mark.parametrize(
    ("query", "hashes"),
    [
        ("", [SECOND, FIRST]),
        (f"client={CLIENT}", [SECOND, FIRST]),
        (f"miner={MINER}", [SECOND, FIRST]),
        (f"provider={MINER}&status=split", [SECOND]),
        (f"address={MINER}&model=llama3.2", [SECOND, FIRST]),
        (f"client={MINER}", []),
        (f"start_time={CLAIMED_AT}&end_time={CLAIMED_AT + 1}", [SECOND, FIRST]),
        (f"address={CLIENT}&start_time={CLAIMED_AT + 1}", []),
        (f"end_time={CLAIMED_AT}", []),
    ],
)
def test_filters_let_through_what_fits(
    market_services: Services, root: str, query: str, hashes: list[str]
) -> None:
    found = answer_of(market_services, f"{root}/receipts?{query}")
    assert [one["receipt_hash"] for one in found["data"]] == hashes
    assert (found["has_more"], found["next_cursor"]) == (False, None)


def test_pages_go_on_as_json_and_as_table(market_services: Services) -> None:
    page = answer_of(market_services, "/v1/receipts?limit=1")
    assert page["has_more"]
    rest = answer_of(market_services, f"/v1/receipts?limit=1&cursor={page['next_cursor']}")
    assert [one["receipt_hash"] for one in page["data"] + rest["data"]] == [SECOND, FIRST]
    table = ask_rest(market_services, "/v1/receipts?limit=1", Accept="text/csv")
    assert table.body.startswith(b"receipt_hash,")
    assert list(table.table[0]) == list(page["data"][0])
    following = table.headers["Link"].partition(">")[0].removeprefix("<")
    assert ask_rest(market_services, following, Accept="text/csv").table[0]["receipt_hash"] == FIRST


def test_receipt_is_found_by_hash_and_by_id(market_services: Services) -> None:
    found = answer_of(market_services, f"/v1/receipts/{FIRST}")
    assert found == answer_of(market_services, "/v1/receipts/first")
    assert found == answer_of(market_services, f"/v1/receipts/{FIRST.removeprefix('0x')}")
    assert (found["status"], found["paid"], found["currency"]) == ("paid", "0.000300", "AITBC")
    assert found["document"]["receipt_id"] == "first"
    assert (found["proof"], found["canonical"]) == (None, None)
    assert ask_rest(market_services, f"/v1/receipts/0x{'00' * 32}").code == "receipt_not_found"


def test_what_is_included_proves_it(market_services: Services) -> None:
    found = answer_of(market_services, f"/v1/receipts/{FIRST}?include=canonical,proof")
    assert json.loads(found["canonical"]) == found["document"]
    assert found["canonical"].encode() == ACCEPTED.document
    text = json.dumps(found["proof"], sort_keys=True, separators=(",", ":"))
    proof = decode_proof(text.encode())
    assert proof.receipt.leaf == ACCEPTED.document
    bad = ask_rest(market_services, f"/v1/receipts/{FIRST}?include=prompt")
    assert bad.code == "invalid_params"


def test_final_receipt_is_kept_for_ever(market_services: Services) -> None:
    reply = ask_rest(market_services, f"/v1/receipts/{FIRST}")
    assert "immutable" in reply.headers["Cache-Control"]
    again = ask_rest(market_services, f"/v1/receipts/{FIRST}", If_None_Match=reply.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == reply.headers["ETag"]


def test_miner_has_one_name_at_a_time(market_services: Services) -> None:
    reply = ask_rest(market_services, f"/v1/receipts?miner={MINER}&provider={MINER}")
    assert reply.code == "invalid_params"
