"""Bills over JSON-RPC, on a chain on which everything happens once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chain.address import format_address
from chain.primitives import ZERO_HASH
from chain.store.bill_views import BillEntry
from node.api.bill_reads import entry_shape
from node.api.services import Services
from tests.support.asking import ask, refusal
from tests.support.builders import address_of_name
from tests.support.market_chain import a_market

CLIENT, MINER = (format_address(address_of_name(name)) for name in ("client", "miner"))


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Return an edge on a chain on which two receipts of 300 and 200 were paid 450."""
    with a_market(tmp_path) as market:
        yield market.services


def test_bill_of_a_client_is_its_ledger_page_by_page(services: Services) -> None:
    items, more = [], {}
    while True:
        page = ask(services, "ait_getBill", address=CLIENT, limit=2, **more)
        assert page["isRight"] is True
        items += page["items"]
        if page["nextCursor"] is None:
            break
        more = {"cursor": page["nextCursor"]}
    ledger = ask(services, "ait_getLedger", address=CLIENT)["items"][::-1]
    for name in ("amount", "receiptHash", "transactionId", "kind"):
        assert [one[name] for one in items] == [one[name] for one in ledger]
    assert items[-1]["after"] == page["total"] == "450"


def test_bill_of_a_miner_adds_up_to_what_it_earned(services: Services) -> None:
    bill = ask(services, "ait_getBill", address=MINER, side="provider")
    assert [one["kind"] for one in bill["items"]] == ["earned", "earned"]
    assert bill["items"][-1]["after"] == bill["total"]
    assert all(one["counterparty"] == CLIENT for one in bill["items"])
    assert bill["isRight"] is True


def test_cursor_of_one_bill_is_no_cursor_of_another(services: Services) -> None:
    cursor = ask(services, "ait_getBill", address=CLIENT, limit=1)["nextCursor"]
    refused = refusal(services, "ait_getBill", address=MINER, cursor=cursor)
    assert refused == (-32602, "invalid_params")


def test_entry_of_due_work_names_neither_transaction_nor_receipt() -> None:
    entry = BillEntry(1, 2, 3, "returned", 4, 4, 0, 4, -1, None, None, ZERO_HASH, "job-1", None)
    shape = entry_shape(entry)
    assert (shape["transactionId"], shape["receiptHash"], shape["counterparty"]) == (None,) * 3
    assert shape["isRight"] is True
