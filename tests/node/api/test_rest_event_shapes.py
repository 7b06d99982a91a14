import json
from pathlib import Path
from typing import Any

import pytest

from chain.address import format_address
from chain.store.follow_queries import FollowReader
from chain.store.views import ReceiptFilter
from node.api.rest_event_shapes import event_bytes
from node.api.rest_events import EventId, Following, Topic
from tests.support.builders import address_of_name
from tests.support.market_chain import ACCEPTED, a_market


def lines_of(folder: Path, topic: Topic) -> list[list[str]]:
    """Return the lines of each event of a topic on the market's chain."""
    following = Following(frozenset({topic}), ReceiptFilter())
    with a_market(folder) as market, market.services.reading() as reader:
        run = following.read(FollowReader(reader), EventId.before(0))
    return [event_bytes(event).decode().split("\n") for event in run.events]


def data_of(lines: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lines[2].removeprefix("data: "))
    return found


@pytest.mark.parametrize("topic", ["blocks", "transactions", "receipts"])
def test_event_is_three_lines_and_an_empty_one(tmp_path: Path, topic: Topic) -> None:
    for lines in lines_of(tmp_path, topic):
        assert lines[0].startswith("id: ")
        assert lines[1] == f"event: {topic[:-1]}"
        assert lines[3:] == ["", ""]


def test_block_tells_what_it_holds(tmp_path: Path) -> None:
    blocks = [data_of(lines) for lines in lines_of(tmp_path, "blocks")]
    assert [block["height"] for block in blocks] == list(range(9))
    assert (blocks[0]["proposer"], blocks[3]["transactions"], blocks[3]["receipts"]) == (None, 1, 2)


def test_transaction_tells_of_money_and_not_of_its_payload(tmp_path: Path) -> None:
    transactions = [data_of(lines) for lines in lines_of(tmp_path, "transactions")]
    reserve = next(one for one in transactions if one["kind"] == "reserve")
    assert reserve["sender"] == format_address(address_of_name("client"))
    assert reserve["amount"] == "0.000900"
    assert "payload" not in reserve


def test_receipt_looks_as_it_does_in_lists(tmp_path: Path) -> None:
    receipts = [data_of(lines) for lines in lines_of(tmp_path, "receipts")]
    assert [one["receipt_id"] for one in receipts] == ["first", "second"]
    assert receipts[0]["receipt_hash"] == f"0x{ACCEPTED.hash.hex()}"
    assert (receipts[0]["price"], receipts[0]["currency"]) == ("0.000300", "AITBC")
    assert "document" not in receipts[0]
