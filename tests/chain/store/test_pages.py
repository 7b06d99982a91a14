"""Pages of receipts: order, bounds, and filters that let little through."""

from collections.abc import Iterator

import pytest

from chain.store import pages
from chain.store.queries import ChainReader
from chain.store.views import ReceiptFilter
from tests.support.builders import a_claim, a_receipt, a_reserve, key_of
from tests.support.stored_chain import StoredChain, column

CLIENT = key_of("client").address
MODELS = ("llama3.2", "qwen3", "llama3.2", "llama3.2", "rare", "llama3.2", "qwen3")


@pytest.fixture
def reader(stored: StoredChain) -> Iterator[ChainReader]:
    reserve = a_reserve(job_id="session", jobs_max=20, model="", cap=700)
    stored.block(reserve)
    reservation_id = reserve.id(stored.chain.genesis.hash)
    for number, model in enumerate(MODELS):
        names = {"job_id": f"job-{number}", "receipt_id": f"receipt-{number}", "model": model}
        receipt = stored.chain.keep(a_receipt(reservation_id=reservation_id, price=100, **names))
        stored.block(a_claim(receipt))
    reader = stored.reader()
    yield reader
    reader.close()


def read_all(reader: ChainReader, wanted: ReceiptFilter | None, limit: int) -> list[str]:
    page = reader.receipts_page(wanted, limit=limit)
    found = [receipt.receipt_id for receipt in page.receipts]
    while page.before is not None:
        page = reader.receipts_page(wanted, before=page.before, limit=limit)
        found += [receipt.receipt_id for receipt in page.receipts]
    return found


def newest(*models: str) -> list[str]:
    return [f"receipt-{n}" for n in range(len(MODELS) - 1, -1, -1) if MODELS[n] in models]


@pytest.mark.parametrize("limit", [1, 2, 3, 500])
def test_pages_together_hold_every_receipt_once(reader: ChainReader, limit: int) -> None:
    assert read_all(reader, None, limit) == newest(*MODELS)
    assert read_all(reader, ReceiptFilter(client=CLIENT), limit) == newest(*MODELS)
    assert read_all(reader, ReceiptFilter(model="qwen3"), limit) == newest("qwen3")
    both = ReceiptFilter(client=CLIENT, model="llama3.2", status="paid")
    assert read_all(reader, both, limit) == newest("llama3.2")
    assert read_all(reader, ReceiptFilter(status="pending"), limit) == []


def test_page_ends_early_where_a_filter_lets_little_through(
    reader: ChainReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SCANNED_MAX", 2)
    wanted = ReceiptFilter(client=CLIENT, model="rare")
    first = reader.receipts_page(wanted)
    assert first.receipts == ()
    assert first.before is not None
    assert read_all(reader, wanted, 50) == ["receipt-4"]


@pytest.mark.parametrize("name", ["client", "provider", "model", "status"])
def test_each_filter_has_an_index_that_gives_the_order(
    stored: StoredChain, reader: ChainReader, name: str
) -> None:
    plan = column(
        stored.writer._connection,
        f"EXPLAIN QUERY PLAN SELECT id FROM receipt WHERE {name} = 1 AND id < 9 ORDER BY id DESC",
    )
    assert len(plan) == 1, "a second line would be a sort"


def test_account_is_either_side_and_once(reader: ChainReader) -> None:
    miner = key_of("miner").address
    for limit in (1, 2, 3, 500):
        for account in (CLIENT, miner):
            assert read_all(reader, ReceiptFilter(account=account), limit) == newest(*MODELS)
        for other in ({"client": CLIENT}, {"provider": miner}):
            both = ReceiptFilter(account=miner, model="qwen3", **other)
            assert read_all(reader, both, limit) == newest("qwen3")
    assert read_all(reader, ReceiptFilter(account=miner, client=miner), 50) == []
    assert read_all(reader, ReceiptFilter(account=key_of("nobody").address), 50) == []


def test_buyer_of_its_own_work_sees_it_once(stored: StoredChain) -> None:
    reserve = a_reserve(provider=CLIENT, cap=700, job_id="own")
    stored.block(reserve)
    reservation_id = reserve.id(stored.chain.genesis.hash)
    own = a_receipt(reservation_id=reservation_id, price=100, provider="client", job_id="own")
    stored.chain.keep(own)
    stored.block(a_claim(own, signer="client"))
    reader = stored.reader()
    assert read_all(reader, ReceiptFilter(account=CLIENT), 50) == ["receipt-1"]
    reader.close()


def test_times_bound_a_page(reader: ChainReader) -> None:
    times = [reader.receipts_by_id(f"receipt-{n}")[0].time_ms for n in range(len(MODELS))]
    for limit in (1, 50):
        late = read_all(reader, ReceiptFilter(from_ms=times[2]), limit)
        assert late == newest(*MODELS)[:-2]
        early = read_all(reader, ReceiptFilter(to_ms=times[2], account=CLIENT), limit)
        assert early == newest(*MODELS)[-2:]
    one = ReceiptFilter(from_ms=times[3], to_ms=times[3] + 1, client=CLIENT)
    assert read_all(reader, one, 50) == ["receipt-3"]
    assert read_all(reader, ReceiptFilter(from_ms=times[-1] + 1), 50) == []
    assert read_all(reader, ReceiptFilter(from_ms=times[3], to_ms=times[2]), 50) == []


def test_two_walks_are_merged_without_a_sort(stored: StoredChain, reader: ChainReader) -> None:
    query, _, _ = pages._query({"account": 1, "model": "qwen3"}, (0, 9))
    literal = f"EXPLAIN QUERY PLAN {query.replace('?', '1')} ORDER BY id DESC LIMIT 9"
    with stored.writer._connection.begin():
        plan = [row.detail for row in stored.writer._connection.exec_driver_sql(literal)]
    assert [line for line in plan if "receipt_" in line] == [
        "SEARCH receipt USING INDEX receipt_client (client=? AND rowid>? AND rowid<?)",
        "SEARCH receipt USING INDEX receipt_provider (provider=? AND rowid>? AND rowid<?)",
    ]
    assert not [line for line in plan if "TEMP" in line], "that would be a sort"
