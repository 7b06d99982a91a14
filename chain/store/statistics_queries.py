"""What happened when, for whom and in all, from numbers that each block has added to.

Every answer reads a bounded number of rows: an hour, a day and a line of the ranking are a row
each, however many transactions they stand for.
"""

from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row

from chain.primitives import Address
from chain.store.pages import ROW_MAX, bounded
from chain.store.queries import ChainReader
from chain.store.statistics_rows import HOUR_MS
from chain.store.statistics_views import (
    NO_VOLUME,
    DayView,
    HourView,
    KindCount,
    ModelVolume,
    ModelVolumes,
    TotalsView,
    TraderView,
    Volume,
)
from chain.store.totals import Totals

HOURS_MAX = 31 * 24
"""Hours of one answer."""

DAYS_MAX = 366
"""Days of one answer about an account."""

VOLUME_ROWS_MAX = 20_000
"""Rows that one answer about models or an account adds up, the newest first."""

_TIP = "SELECT time_ms FROM block WHERE height = (SELECT max(height) FROM block)"
_TOTALS = "SELECT * FROM chain_total WHERE height = (SELECT max(height) FROM chain_total)"
_HOURS = (
    "SELECT hour, total.* FROM chain_hour JOIN chain_total AS total ON total.height = last_height "
    "WHERE hour >= ? AND hour <= ? ORDER BY hour"
)
_TOTALS_BEFORE = (
    "SELECT * FROM chain_total WHERE height = coalesce((SELECT last_height FROM chain_hour "
    "WHERE hour < ? ORDER BY hour DESC LIMIT 1), 0)"
)
_KINDS = (
    "SELECT hour, kind, count, amount, fees FROM kind_hour WHERE hour >= ? AND hour <= ? "
    "ORDER BY hour, kind"
)
_NUMBERS = "receipts, settled, refunded, disputed, units_micro, spent, fees"
_MODELS = (
    f"SELECT model, unit_type, {_NUMBERS} FROM model_hour "  # noqa: S608 - our own words
    "WHERE hour >= ? AND hour <= ? ORDER BY hour DESC LIMIT ?"
)
_DAYS = (
    f"SELECT day, unit_type, {_NUMBERS} FROM account_day "  # noqa: S608 - our own words
    "WHERE account = ? AND side = ? AND day >= ? AND day <= ? ORDER BY day DESC, unit_type LIMIT ?"
)
_TRADER = (
    "SELECT trader.*, account.address FROM trader JOIN account ON account.number = trader.account "
    "WHERE side = ? AND trader.account = ?"
)
_SPENT = "SELECT spent FROM trader WHERE side = ? AND account = ?"
_RANKED = (
    "SELECT trader.*, account.address FROM trader JOIN account ON account.number = trader.account "
    "WHERE side = ? AND (spent, trader.account) < (?, ?) "
    "ORDER BY spent DESC, trader.account DESC LIMIT ?"
)


class StatisticsReader:
    """Asks a reader's connection; a snapshot of the reader holds for this as well."""

    def __init__(self, reader: ChainReader) -> None:
        """Ask through an open reader, which whoever opened it closes."""
        self._reader = reader
        self._connection = reader.connection

    def totals(self) -> TotalsView:
        """Return the totals of the whole chain."""
        with self._reader.snapshot():
            height, *numbers = self._connection.exec_driver_sql(_TOTALS).one()
        return TotalsView(height, Totals(*numbers))

    def hours(self, *, last: int | None = None, count: int = 24) -> tuple[HourView, ...]:
        """Return hours in which there were blocks, oldest first.

        Args:
            last: the newest hour that may be among them; that of the tip unless it is given.
            count: how many hours to look at, ``HOURS_MAX`` at most.
        """
        with self._reader.snapshot():
            newest = newest_hour(self._connection) if last is None else last
            first = newest - min(max(count, 1), HOURS_MAX) + 1
            ask = self._connection.exec_driver_sql
            rows = [(hour, *total) for hour, *total in ask(_HOURS, (first, newest))]
            before = [(first - 1, *ask(_TOTALS_BEFORE, (first,)).one())] if rows else []
            kinds: dict[int, list[KindCount]] = {}
            for hour, *numbers in ask(_KINDS, (first, newest)):
                kinds.setdefault(hour, []).append(KindCount(*numbers))
        return tuple(
            _hour_view(row, earlier, tuple(kinds.get(row[0], ())))
            for earlier, row in pairwise(before + rows)
        )

    def models(self, *, last: int | None = None, hours: int = 24) -> ModelVolumes:
        """Return what was claimed and paid over some hours, by model and unit type.

        Args:
            last: the newest hour; that of the tip unless it is given.
            hours: how many, ``HOURS_MAX`` at most.
        """
        with self._reader.snapshot():
            newest = newest_hour(self._connection) if last is None else last
            return volumes_until(self._connection, newest, hours=hours)

    def days(
        self, account: Address, side: str, *, last: int | None = None, count: int = 31
    ) -> tuple[DayView, ...]:
        """Return what an account bought or sold day by day, the newest first.

        Args:
            account: whose.
            side: ``client`` or ``provider``.
            last: the newest day; that of the tip unless it is given.
            count: how many days to look at, ``DAYS_MAX`` at most.
        """
        with self._reader.snapshot():
            number = self._reader.find_number(account)
            newest = newest_hour(self._connection) // 24 if last is None else last
            first = newest - min(max(count, 1), DAYS_MAX) + 1
            rows = self._connection.exec_driver_sql(
                _DAYS, (number, side, first, newest, VOLUME_ROWS_MAX)
            ).all()
        return tuple(DayView(day, name, Volume(*numbers)) for day, name, *numbers in rows)

    def traders(
        self, side: str, *, before: int = ROW_MAX, limit: int = 50
    ) -> tuple[TraderView, ...]:
        """Return the accounts that have bought or sold the most for money, the first first.

        Args:
            side: ``client`` or ``provider``.
            before: only those that follow the account of this number, as the ranking is now.
            limit: how many at most.
        """
        with self._reader.snapshot():
            ask = self._connection.exec_driver_sql
            spent = ask(_SPENT, (side, before)).scalar()
            place = (ROW_MAX if spent is None else spent, before)
            rows = ask(_RANKED, (side, *place, bounded(limit))).all()
        return tuple(_trader_view(row) for row in rows)

    def find_trader(self, account: Address, side: str) -> TraderView | None:
        """Return what one account has bought or sold in all; None for nothing."""
        with self._reader.snapshot():
            number = self._reader.find_number(account)
            row = self._connection.exec_driver_sql(_TRADER, (side, number)).one_or_none()
        return None if row is None else _trader_view(row)


def _trader_view(row: Row[Any]) -> TraderView:
    numbers = (row.receipts, row.settled, row.refunded, row.disputed)
    return TraderView(
        row=row.account,
        address=Address(row.address),
        volume=Volume(*numbers, 0, row.spent, row.fees),
    )


def months_of(days: tuple[DayView, ...]) -> tuple[tuple[str, str, Volume], ...]:
    """Return month, unit type and volume of days that come newest first."""
    found = []
    for month, of_month in groupby(days, key=attrgetter("month")):
        sums: dict[str, Volume] = {}
        for one in of_month:
            sums[one.unit_type] = sums.get(one.unit_type, NO_VOLUME) + one.volume
        found += [(month, unit_type, volume) for unit_type, volume in sorted(sums.items())]
    return tuple(found)


def newest_hour(connection: Connection) -> int:
    """Return the hour of the tip."""
    time_ms: int = connection.exec_driver_sql(_TIP).scalar_one()
    return time_ms // HOUR_MS


def volumes_until(connection: Connection, last: int, *, hours: int) -> ModelVolumes:
    """Return what was claimed and paid over the hours up to one, by model and unit type."""
    first = last - min(max(hours, 1), HOURS_MAX) + 1
    rows = connection.exec_driver_sql(_MODELS, (first, last, VOLUME_ROWS_MAX + 1)).all()
    sums: dict[tuple[str, str], Volume] = {}
    for model, unit_type, *numbers in rows[:VOLUME_ROWS_MAX]:
        key = (model, unit_type)
        sums[key] = sums.get(key, NO_VOLUME) + Volume(*numbers)
    return ModelVolumes(
        first_hour=first,
        last_hour=last,
        volumes=tuple(ModelVolume(*names, volume) for names, volume in sorted(sums.items())),
        is_complete=len(rows) <= VOLUME_ROWS_MAX,
    )


def _hour_view(
    row: tuple[int, ...], earlier: tuple[int, ...], kinds: tuple[KindCount, ...]
) -> HourView:
    """Return what the totals of an hour's end have more than those of the one before."""
    hour, last_height, *numbers = row
    now, before = Totals(*numbers), Totals(*earlier[2:])
    return HourView(
        hour=hour,
        last_height=last_height,
        blocks=last_height - earlier[1],
        accounts=now.accounts - before.accounts,
        receipts=now.receipts - before.receipts,
        settled=now.settled - before.settled,
        refunded=now.refunded - before.refunded,
        disputed=now.disputed - before.disputed,
        spent=now.spent - before.spent,
        fees=now.fees - before.fees,
        kinds=kinds,
    )
