"""Usage in REST: what an account bought or sold, by day or month, from numbers the chain keeps."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from chain.store.market_queries import MarketReader
from chain.store.market_views import LedgerEntryView
from chain.store.statistics_queries import DAYS_MAX, StatisticsReader, months_of
from chain.store.statistics_views import DAY_ZERO, Volume
from node.api import forms, problems
from node.api.cursors import first_below, next_cursor
from node.api.rest_forms import OfClient, Side, UnixSeconds
from node.api.rest_words import (
    CURRENCY,
    AddressText,
    Count,
    Currency,
    HashHex,
    Height,
    Money,
    Seconds,
    Units,
    address_text,
    hash_hex,
    hash_or_none,
    money,
    seconds,
    units,
)
from node.api.services import Services

DAY_S = 86_400

EntryType = Annotated[
    str, Field(pattern="^(fee|reserved|paid|returned|bond_locked|bond_returned|bond_lost)$")
]


class UsageAsked(OfClient):
    """Whose usage, and when.

    Attributes:
        client: the account's address.
        side: what it bought (``client``) or what it sold (``provider``).
        start_time: unix seconds; the day of it is the first.
        end_time: unix seconds; the day before which the last one ends.
        bucket_width: ``1d``, or ``1mo`` for a month of the calendar in UTC.
        limit: entries of the ledger at most, 1 to 500.
        cursor: ``next_cursor`` of the page of the ledger before.
    """

    side: Side = "client"
    start_time: UnixSeconds | None = None
    end_time: UnixSeconds | None = None
    bucket_width: Literal["1d", "1mo"] = "1d"
    limit: forms.PageLimit = forms.PAGE_DEFAULT
    cursor: forms.CursorText | None = None


@dataclass(frozen=True, slots=True)
class UsageBucket:
    """What was claimed and paid in a stretch of time, in units of one type.

    Attributes:
        start_at: of the stretch, midnight in UTC.
        end_at: the first second after it.
        unit_type: what a unit is.
        units: of computation of the claims paid.
        receipts: claims made.
        settled: claims paid, in whole or in part.
        refunded: claims that ended with nothing paid.
        disputed: disputes opened.
        spent: paid for them, fees included.
        fees: of these; the miners got the rest.
        currency: of all amounts.
    """

    start_at: Seconds
    end_at: Seconds
    unit_type: str
    units: Units
    receipts: Count
    settled: Count
    refunded: Count
    disputed: Count
    spent: Money
    fees: Money
    currency: Currency


@dataclass(frozen=True, slots=True)
class LedgerItem:
    """A movement of a client's reserved money.

    Attributes:
        id: height and place among the block's entries.
        type: what moved; a fee, money that was reserved, paid or returned, or a bond.
        amount: what moved.
        currency: of all amounts.
        available_after: what the account could spend after it.
        reserved_after: what its reservations and bonds held after it.
        job_id: the reserved job, or the session's name.
        reservation_id: of the reservation.
        receipt_hash: of the receipt it is about; null for none.
        transaction_id: of what moved it; null for work that fell due.
        height: of its block.
        created_at: of its block.
    """

    id: str
    type: EntryType
    amount: Money
    currency: Currency
    available_after: Money
    reserved_after: Money
    job_id: str
    reservation_id: HashHex
    receipt_hash: HashHex | None
    transaction_id: HashHex | None
    height: Height
    created_at: Seconds


@dataclass(frozen=True, slots=True)
class Usage:
    """What an account bought or sold.

    Attributes:
        client: its address.
        side: what it bought (``client``) or sold (``provider``).
        totals: of the whole time asked for, by unit type.
        data: the stretches in which there was something, newest first.
        ledger: what moved the client's reserved money, newest first; of any time.
        has_more: whether more of the ledger follows.
        next_cursor: where that begins.
    """

    client: AddressText
    side: Side
    totals: list[UsageBucket]
    data: list[UsageBucket]
    ledger: list[LedgerItem]
    has_more: bool
    next_cursor: str | None


async def get_usage(services: Services, asked: UsageAsked) -> Usage:
    """What an account bought or sold by day or month, and the ledger of its reserved money."""
    account = asked.account
    listed = f"usage {account.hex()}"
    before = first_below(asked.cursor, listed)
    with services.reading() as reader:
        first, last = _days_of(asked, seconds(reader.tip().time_ms))
        found = StatisticsReader(reader).days(
            account, asked.side, last=last, count=last - first + 1
        )
        page = MarketReader(reader).ledger_page(account, before=before, limit=asked.limit)
    if asked.bucket_width == "1d":
        data = [_bucket(one.day, one.day + 1, one.unit_type, one.volume) for one in found]
    else:
        data = [_month(*one) for one in months_of(found)]
    sums: dict[str, Volume] = {}
    for one in found:
        known = sums.get(one.unit_type)
        sums[one.unit_type] = one.volume if known is None else known + one.volume
    cursor = next_cursor(listed, [one.row for one in page], limit=asked.limit)
    return Usage(
        client=address_text(account),
        side=asked.side,
        totals=[_bucket(first, last + 1, name, sums[name]) for name in sorted(sums)],
        data=data,
        ledger=[ledger_item(one) for one in page],
        has_more=cursor is not None,
        next_cursor=cursor,
    )


def _days_of(asked: UsageAsked, tip_s: int) -> tuple[int, int]:
    """Return the first and the last day asked for; the last month of the chain unless told.

    Raises:
        RpcError: these are too many, or none.
    """
    last = (tip_s if asked.end_time is None else max(asked.end_time - 1, 0)) // DAY_S
    first = max(last - 30, 0) if asked.start_time is None else asked.start_time // DAY_S
    if first > last:
        raise problems.invalid_param(path="start_time", msg="it is not before end_time")
    if last - first >= DAYS_MAX:
        raise problems.invalid_param(path="start_time", msg=f"at most {DAYS_MAX} days are answered")
    return first, last


def _month(name: str, unit_type: str, volume: Volume) -> UsageBucket:
    first = date.fromisoformat(f"{name}-01")
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return _bucket(_day(first), _day(after), unit_type, volume)


def _day(one: date) -> int:
    return one.toordinal() - DAY_ZERO


def _bucket(first: int, after: int, unit_type: str, volume: Volume) -> UsageBucket:
    return UsageBucket(
        start_at=first * DAY_S,
        end_at=after * DAY_S,
        unit_type=unit_type,
        units=units(volume.units_micro),
        receipts=volume.receipts,
        settled=volume.settled,
        refunded=volume.refunded,
        disputed=volume.disputed,
        spent=money(volume.spent),
        fees=money(volume.fees),
        currency=CURRENCY,
    )


def ledger_item(view: LedgerEntryView) -> LedgerItem:
    """Return how an entry of a ledger looks."""
    return LedgerItem(
        id=f"{view.height}.{view.position}",
        type=view.kind,
        amount=money(view.amount),
        currency=CURRENCY,
        available_after=money(view.balance_after),
        reserved_after=money(view.reserved_after),
        job_id=view.job_id,
        reservation_id=hash_hex(view.reservation_id),
        receipt_hash=hash_or_none(view.receipt_hash),
        transaction_id=hash_or_none(view.transaction_id),
        height=view.height,
        created_at=seconds(view.time_ms),
    )
