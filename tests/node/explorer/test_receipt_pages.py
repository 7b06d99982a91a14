import json
from typing import Any

import pytest

from chain.address import format_address
from node.explorer.receipt_pages import files_of, filter_of, released_of, steps_of
from tests.support.builders import address_of_name
from tests.support.market_chain import ACCEPTED, DISPUTED
from tests.support.site import Pages

NOW_MS = 1_800_000_000_000


def test_receipt_says_who_paid_whom_for_what(pages: Pages) -> None:
    text = pages.get(f"/receipt/0x{ACCEPTED.hash.hex()}").text
    assert "Receipt <span" in text
    for step in ("Reserved", "Computed", "Signed", "Included", "Final"):
        assert f"<b>{step}</b>" in text
    assert ACCEPTED.signed_bytes.decode() in text.replace("&#34;", '"')
    assert f'data-hash="0x{ACCEPTED.hash.hex()}"' in text


def test_dispute_is_shown_with_its_receipt(pages: Pages) -> None:
    text = pages.get(f"/receipt/0x{DISPUTED.hash.hex()}").text
    assert "<h2>Dispute</h2>" in text
    assert "Split" in text


def test_proof_is_saved_as_the_api_gives_it(pages: Pages) -> None:
    name = f"0x{ACCEPTED.hash.hex()}"
    answer = pages.get(f"/receipt/{name}/proof")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert json.loads(answer.text) == pages.ask("ait_getReceiptProof", receipt=name)


def test_filter_of_the_form_is_that_of_the_list(pages: Pages) -> None:
    shown = pages.get("/receipts?status=split").text
    assert shown.count("data-key=") == 1
    assert "second" in shown
    assert "No receipts." in pages.get("/receipts?model=none").text


def test_sums_are_of_the_whole_filter_where_they_are_kept(pages: Pages) -> None:
    assert "All receipts: <b>2</b> in all, 2 settled" in pages.get("/receipts").text
    client, miner = (format_address(address_of_name(name)) for name in ("client", "miner"))
    assert "As client: <b>2</b>" in pages.get(f"/receipts?address={client}&role=client").text
    either = pages.get(f"/receipts?address={miner}").text
    assert "As miner: <b>2</b>" in either
    assert "As client" not in either
    narrow = pages.get(f"/receipts?address={miner}&status=split").text
    assert "This page, as no sums are kept of this filter: 1 receipts" in narrow


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({}, {}),
        ({"address": "ait1x"}, {"address": "ait1x"}),
        ({"address": "ait1x", "role": "provider"}, {"provider": "ait1x"}),
        ({"address": "ait1x", "role": "nonsense"}, {"address": "ait1x"}),
        ({"role": "client", "model": "m"}, {"model": "m"}),
        ({"since": "1h"}, {"fromMs": NOW_MS - 3_600_000}),
        ({"since": "nonsense"}, {}),
    ],
)
def test_form_becomes_a_filter(asked: dict[str, str], wanted: dict[str, Any]) -> None:
    assert filter_of(asked, now_ms=NOW_MS) == wanted


def test_files_are_of_the_same_filter() -> None:
    urls = files_of({"provider": "ait1x", "status": "paid", "fromMs": 5_000})
    assert urls["json"] == "/v1/receipts?miner=ait1x&status=paid&start_time=5&limit=500"
    assert urls["csv"] == f"{urls['json']}&format=csv"


def a_shape(**fields: object) -> dict[str, Any]:
    plain = {"height": 3, "timeMs": 30, "startedAt": 1, "completedAt": 4, "status": "pending"}
    document = {"signature": {"key_id": "k"}}
    return plain | {"dueHeight": 9, "paid": "5000000", "document": document} | fields


def test_step_that_has_not_come_is_not_done() -> None:
    steps = steps_of(a_shape(), {"amount": "6000000", "height": 2, "timeMs": 20}, None)
    assert [one.done for one in steps] == [True, True, True, True, False]
    assert (steps[0].what, steps[1].what, steps[4].what) == (
        "6.00 held",
        "3.00 s on the miner",
        "waits until #9",
    )


def test_step_of_the_end_says_what_came_of_it() -> None:
    block = {"height": 9, "timeMs": 90}
    ends = {name: steps_of(a_shape(status=name), None, block)[4] for name in ("paid", "refunded")}
    assert ends["paid"].what == "5.00 paid"
    assert ends["refunded"].what == "returned to the client"
    assert all(one.done and one.height == 9 for one in ends.values())


def test_money_is_released_when_a_reservation_ends() -> None:
    assert released_of({"status": "ended", "cap": "10", "spent": "4"}) == 6
    assert released_of({"status": "open", "cap": "10", "spent": "4"}) is None
    assert released_of(None) is None
