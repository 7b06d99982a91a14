"""What blocks add to the statistics is what a count of receipts and transactions gives."""

from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from chain.outcome import OutcomeKind
from chain.store.queries import ChainReader
from chain.store.statistics_rows import CLIENT, DAY_MS, HOUR_MS, PROVIDER
from chain.store.views import ReceiptView
from tests.support.market_run import MarketRun, stored_run

Market = tuple[MarketRun, ChainReader]
Lines = dict[tuple[object, ...], Counter[str]]
NUMBERS = ("receipts", "settled", "refunded", "disputed", "units_micro", "spent", "fees")


@pytest.fixture(scope="module", params=(11, 12))
def long_market(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Market]:
    """Return a life whose blocks are twenty minutes apart, and a reader of its database."""
    stored, run = stored_run(tmp_path_factory.mktemp("long"), request.param)
    for number in range(150):
        if number % 40 == 7:
            run.chain.ledger.tip_time_ms += 13 * HOUR_MS
        run.chain.ledger.tip_time_ms += 20 * 60 * 1_000
        stored.store(run.make_block())
    reader = stored.reader()
    yield run, reader
    reader.close()
    stored.close()


def time_of(run: MarketRun, height: int) -> int:
    return run.chain.blocks[height - 1].block.header.time_ms


def happened(run: MarketRun, reader: ChainReader) -> Iterator[tuple[int, ReceiptView, str, int]]:
    """Yield time, receipt, what is counted and how much, from the receipts and the disputes."""
    opened = reader.connection.exec_driver_sql(
        'SELECT receipt, "transaction".height FROM dispute '
        'JOIN "transaction" ON "transaction".id = dispute.opened'
    )
    disputes = dict(opened.all())
    page = reader.receipts_page(limit=500)
    assert page.before is None
    for receipt in page.receipts:
        yield receipt.time_ms, receipt, "receipts", 1
        if receipt.row in disputes:
            yield time_of(run, disputes[receipt.row]), receipt, "disputed", 1
        if receipt.settled_height is None:
            continue
        ended = time_of(run, receipt.settled_height)
        yield ended, receipt, "settled" if receipt.spent else "refunded", 1
        yield ended, receipt, "units_micro", receipt.units_micro if receipt.spent else 0
        yield ended, receipt, "spent", receipt.spent
        yield ended, receipt, "fees", receipt.spent - receipt.paid


def stored_lines(connection: Connection, table: str, keys: tuple[str, ...]) -> Lines:
    rows = connection.exec_driver_sql(f"SELECT * FROM {table}").mappings()
    found = {}
    for row in rows:
        counts = Counter({name: row[name] for name in NUMBERS if name in row})
        found[tuple(row[key] for key in keys)] = +counts
    return found


def test_models_have_what_their_receipts_say(long_market: Market) -> None:
    run, reader = long_market
    expected: Lines = defaultdict(Counter)
    with reader.snapshot():
        for time_ms, one, name, count in happened(run, reader):
            expected[time_ms // HOUR_MS, one.model, one.unit_type] += Counter({name: count})
        found = stored_lines(reader.connection, "model_hour", ("hour", "model", "unit_type"))
    assert found == expected
    assert len({hour for hour, *_ in found}) > 10


def test_accounts_have_what_their_receipts_say(long_market: Market) -> None:
    run, reader = long_market
    days: Lines = defaultdict(Counter)
    traders: Lines = defaultdict(Counter)
    with reader.snapshot():
        numbers = {
            address: reader.find_number(address)
            for one in reader.receipts_page(limit=500).receipts
            for address in (one.client, one.provider)
        }
        for time_ms, one, name, count in happened(run, reader):
            for side, address in ((CLIENT, one.client), (PROVIDER, one.provider)):
                number, day = numbers[address], time_ms // DAY_MS
                days[number, side, day, one.unit_type] += Counter({name: count})
                if name != "units_micro":
                    traders[side, number] += Counter({name: count})
        keys = ("account", "side", "day", "unit_type")
        assert stored_lines(reader.connection, "account_day", keys) == days
        assert stored_lines(reader.connection, "trader", ("side", "account")) == traders
    assert len({day for _, _, day, _ in days}) >= 3


def test_kinds_have_what_the_outcomes_say(long_market: Market) -> None:
    run, reader = long_market
    expected: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for executed in run.chain.blocks:
        hour = executed.block.header.time_ms // HOUR_MS
        for outcome in (*executed.outcomes, *executed.due_outcomes):
            line = expected[hour, int(outcome.kind)]
            line[0] += 1
            line[1] += outcome.fee
    with reader.snapshot():
        query = "SELECT hour, kind, count, fees FROM kind_hour"
        rows = reader.connection.exec_driver_sql(query).all()
    assert {(hour, kind): list(numbers) for hour, kind, *numbers in rows} == expected
    assert {kind for _, kind in expected} >= {OutcomeKind.MATURED, OutcomeKind.DISPUTED}
