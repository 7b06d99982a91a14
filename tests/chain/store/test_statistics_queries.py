"""What happened when, for whom and in all, against the blocks of a random life."""

from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest

from chain.store import statistics_queries
from chain.store.queries import ChainReader
from chain.store.statistics_queries import StatisticsReader, months_of, newest_hour
from chain.store.statistics_rows import CLIENT, HOUR_MS, PROVIDER
from chain.store.statistics_views import NO_VOLUME, DayView, Volume
from tests.support.builders import key_of
from tests.support.market_run import CLIENTS, MINERS, MarketRun, stored_run
from tests.support.stored_chain import StoredChain

Market = tuple[MarketRun, ChainReader]


@pytest.fixture(scope="module")
def hourly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """Return a life of three days, some hours of it without blocks."""
    stored, run = stored_run(tmp_path_factory.mktemp("hourly"), 5)
    for number in range(140):
        run.chain.ledger.tip_time_ms += 3 * HOUR_MS if number % 10 == 0 else 19 * 60_000
        stored.store(run.make_block())
    reader = stored.reader()
    yield run, reader
    reader.close()
    stored.close()


def test_hours_are_those_of_the_blocks(hourly: Market) -> None:
    run, reader = hourly
    hours = StatisticsReader(reader).hours(count=statistics_queries.HOURS_MAX)
    blocks: Counter[int] = Counter()
    fees: Counter[int] = Counter()
    receipts: Counter[int] = Counter()
    kinds: dict[int, Counter[int]] = defaultdict(Counter)
    for executed in run.chain.blocks:
        hour = executed.block.header.time_ms // HOUR_MS
        outcomes = (*executed.outcomes, *executed.due_outcomes)
        blocks[hour] += 1
        fees[hour] += sum(one.fee for one in outcomes)
        receipts[hour] += len(executed.block.receipts)
        kinds[hour] += Counter(int(one.kind) for one in outcomes)
    assert {one.hour: one.blocks for one in hours} == blocks
    assert {one.hour: one.fees for one in hours if one.fees} == +fees
    assert {one.hour: one.receipts for one in hours if one.receipts} == +receipts
    assert [one.hour for one in hours] == sorted(blocks)
    for one in hours:
        assert {kind.kind: kind.count for kind in one.kinds} == kinds[one.hour]


def test_parts_of_the_hours_are_those_of_the_whole(hourly: Market) -> None:
    _, reader = hourly
    asking = StatisticsReader(reader)
    whole = asking.hours(count=statistics_queries.HOURS_MAX)
    for last in (whole[0].hour, whole[3].hour + 1, whole[-1].hour, whole[-1].hour + 9):
        part = asking.hours(last=last, count=9)
        assert part == tuple(one for one in whole if last - 9 < one.hour <= last)
    assert asking.hours(last=whole[0].hour - 1) == ()
    assert sum(
        one.accounts for one in whole
    ) == asking.totals().totals.accounts - accounts_at_start(reader)


def accounts_at_start(reader: ChainReader) -> int:
    with reader.snapshot():
        query = "SELECT accounts FROM chain_total WHERE height = 0"
        return int(reader.connection.exec_driver_sql(query).scalar_one())


def test_totals_are_those_of_all_hours(hourly: Market) -> None:
    run, reader = hourly
    asking = StatisticsReader(reader)
    view, hours = asking.totals(), asking.hours(count=statistics_queries.HOURS_MAX)
    assert view.height == run.chain.height
    assert view.totals.spent == sum(one.spent for one in hours)
    assert view.totals.fees == sum(one.fees for one in hours)
    assert view.totals.transactions == sum(len(one.outcomes) for one in run.chain.blocks)


def test_models_of_some_hours_are_their_sum(hourly: Market) -> None:
    _, reader = hourly
    asking = StatisticsReader(reader)
    whole = asking.models(hours=statistics_queries.HOURS_MAX)
    assert whole.is_complete
    with reader.snapshot():
        hours = range(whole.first_hour, newest_hour(reader.connection) + 1)
    parts: dict[tuple[str, str], Volume] = defaultdict(lambda: NO_VOLUME)
    for hour in hours:
        for one in asking.models(last=hour, hours=1).volumes:
            parts[one.model, one.unit_type] += one.volume
    assert {(one.model, one.unit_type): one.volume for one in whole.volumes} == parts


def test_models_say_when_they_are_too_many(hourly: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics_queries, "VOLUME_ROWS_MAX", 2)
    assert not StatisticsReader(hourly[1]).models(hours=statistics_queries.HOURS_MAX).is_complete


def test_days_of_an_account_add_up_to_its_months_and_its_rank(hourly: Market) -> None:
    _, reader = hourly
    asking = StatisticsReader(reader)
    for side, names in ((CLIENT, CLIENTS), (PROVIDER, MINERS)):
        ranked = {one.address: one.volume for one in asking.traders(side)}
        for name in names:
            address = key_of(name).address
            days = asking.days(address, side, count=400)
            assert list(days) == sorted(days, key=lambda one: (-one.day, one.unit_type))
            months = sum((volume for *_, volume in months_of(days)), NO_VOLUME)
            rank = ranked[address]
            assert (months.spent, months.fees) == (rank.spent, rank.fees)
            assert (months.receipts, months.disputed) == (rank.receipts, rank.disputed)
            newest = days[0].day
            part = asking.days(address, side, last=newest, count=1)
            assert part == tuple(one for one in days if one.day == newest)


def test_traders_come_by_what_they_traded_in_pages(hourly: Market) -> None:
    _, reader = hourly
    asking = StatisticsReader(reader)
    for side in (CLIENT, PROVIDER):
        whole = asking.traders(side)
        assert len(whole) >= 2
        assert [one.volume.spent for one in whole] == sorted(
            (one.volume.spent for one in whole), reverse=True
        )
        pages = list(asking.traders(side, limit=1))
        while page := asking.traders(side, before=pages[-1].row, limit=1):
            pages += page
        assert tuple(pages) == whole
        assert [asking.find_trader(one.address, side) for one in whole] == list(whole)
        assert asking.find_trader(key_of("nobody").address, side) is None


def test_months_keep_unit_types_apart() -> None:
    one = Volume(1, 1, 0, 0, 5, 9, 1)
    days = (DayView(32, "tokens", one), DayView(31, "tokens", one), DayView(30, "tokens", one))
    days += (DayView(30, "gpu_seconds", one),)
    assert months_of(days) == (
        ("1970-02", "tokens", one + one),
        ("1970-01", "gpu_seconds", one),
        ("1970-01", "tokens", one),
    )


def test_chain_without_a_block_has_totals_and_no_hours(stored: StoredChain) -> None:
    reader = stored.reader()
    asking, nobody = StatisticsReader(reader), key_of("nobody").address
    view = asking.totals()
    assert (view.height, view.totals.transactions) == (0, 0)
    assert asking.hours() == ()
    assert asking.models().volumes == ()
    assert asking.days(nobody, CLIENT) == ()
    assert asking.traders(PROVIDER) == ()
    reader.close()
