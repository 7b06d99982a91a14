"""Payouts in REST: the periods, their payments, and proofs for a contract on another chain."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from chain.primitives import PAYOUT_ROWS_MAX
from chain.store.market_queries import MarketReader
from chain.store.market_views import PayoutPeriodView, PayoutView
from node.api import forms, payout_reads
from node.api.cursors import first_below, next_cursor
from node.api.rest_forms import Asked, Listed
from node.api.rest_words import (
    CURRENCY,
    AddressText,
    Count,
    Currency,
    HashHex,
    Height,
    Money,
    address_text,
    hash_hex,
    money,
)
from node.api.services import Services


class PeriodAsked(Asked):
    """Which payout period.

    Attributes:
        period: its number, from 0.
        include: ``dump`` for the tree, as ``StandardMerkleTree.load`` reads it.
    """

    period: forms.HeightNumber
    include: Annotated[str | None, Field(pattern="^dump$")] = None


class PayoutAsked(Asked):
    """Which payment.

    Attributes:
        period: number of its payout period.
        index: its place in the period, from 0.
    """

    period: forms.HeightNumber
    index: Annotated[int, Field(ge=0, lt=PAYOUT_ROWS_MAX)]


@dataclass(frozen=True, slots=True)
class Period:
    """A payout period that has ended.

    Attributes:
        period: its number.
        ended_height: at whose end it ended; that header holds the root.
        payouts_root: over its payments; zeros for none.
        count: how many payments it has.
        amount: of all of them.
        currency: of the amount.
    """

    period: Count
    ended_height: Height
    payouts_root: HashHex
    count: Count
    amount: Money
    currency: Currency


@dataclass(frozen=True, slots=True)
class PeriodList:
    """Payout periods, newest first.

    Attributes:
        data: of this page.
        has_more: whether more may follow.
        next_cursor: where they begin.
    """

    data: list[Period]
    has_more: bool
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Payout:
    """A payment.

    Attributes:
        period: number of its payout period.
        index: its place in the period, from 0.
        payee: who was paid.
        amount: that reached it.
        currency: of the amount.
        height: that paid.
        receipt_hash: of the receipt that was paid for.
        commitment: what names the payment in the tree.
    """

    period: Count
    index: Count
    payee: AddressText
    amount: Money
    currency: Currency
    height: Height
    receipt_hash: HashHex
    commitment: HashHex


@dataclass(frozen=True, slots=True)
class PeriodPayouts:
    """The payments of a period.

    Attributes:
        period: its number.
        ended_height: at whose end it ended; null while it is under way.
        payouts_root: over its payments, in that header; null while it is under way.
        amount: of all of them.
        currency: of the amount.
        data: all of them, in their order.
        has_more: false.
        next_cursor: null.
        dump: the tree, if it was asked for and the period has ended with payments.
    """

    period: Count
    ended_height: Height | None
    payouts_root: HashHex | None
    amount: Money
    currency: Currency
    data: list[Payout]
    has_more: bool
    next_cursor: None
    dump: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class PayoutProof:
    """What shows a contract that a payment stands in a header of this chain.

    Attributes:
        period: number of its payout period.
        index: its place in the period.
        types: of the values, as a contract's ABI names them.
        value: the values of the leaf; amounts in base units, as the contract counts.
        leaf: hash of the values.
        proof: hashes beside the path to the root.
        payouts_root: the root.
        height: of the header that holds the root.
    """

    period: Count
    index: Count
    types: list[str]
    value: list[str]
    leaf: HashHex
    proof: list[HashHex]
    payouts_root: HashHex
    height: Height


async def list_periods(services: Services, asked: Listed) -> PeriodList:
    """Payout periods that have ended, newest first, each with the root in its last header."""
    before = first_below(asked.cursor, "periods")
    with services.reading() as reader:
        page = MarketReader(reader).payout_periods(before=before, limit=asked.limit)
    cursor = next_cursor("periods", [one.period for one in page], limit=asked.limit)
    return PeriodList([_period(one) for one in page], cursor is not None, cursor)


def _period(view: PayoutPeriodView) -> Period:
    return Period(
        period=view.period,
        ended_height=view.height,
        payouts_root=hash_hex(view.root),
        count=view.rows,
        amount=money(view.amount),
        currency=CURRENCY,
    )


async def list_payouts(services: Services, asked: PeriodAsked) -> PeriodPayouts:
    """All payments of a period, also of the one under way; on request with its tree."""
    ended, payouts = payout_reads.read_period(services, asked.period)
    has_dump = asked.include is not None and ended is not None and payouts
    return PeriodPayouts(
        period=asked.period,
        ended_height=None if ended is None else ended.height,
        payouts_root=None if ended is None else hash_hex(ended.root),
        amount=money(sum(one.payout.amount for one in payouts)),
        currency=CURRENCY,
        data=[_payout(one) for one in payouts],
        has_more=False,
        next_cursor=None,
        dump=payout_reads.tree_of(ended, payouts).dump() if has_dump and ended else None,
    )


def _payout(view: PayoutView) -> Payout:
    return Payout(
        period=view.payout.period,
        index=view.payout.index,
        payee=address_text(view.payout.payee),
        amount=money(view.payout.amount),
        currency=CURRENCY,
        height=view.height,
        receipt_hash=hash_hex(view.receipt_hash),
        commitment=hash_hex(view.payout.commitment),
    )


async def get_proof(services: Services, asked: PayoutAsked) -> PayoutProof:
    """The proof that a payment stands in the header of the block that ended its period."""
    params = payout_reads.PayoutParams(period=asked.period, index=asked.index)
    shape = await payout_reads.get_payout_proof(services, params)
    return PayoutProof(payouts_root=shape.pop("payoutsRoot"), **shape)
