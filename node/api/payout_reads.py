"""The methods about payouts: the periods, their rows, and proofs that need no node."""

from functools import lru_cache
from typing import Annotated

from pydantic import Field

from chain.keccak_tree import KeccakTree
from chain.payout import PayoutRow, payout_tree
from chain.primitives import PAYOUT_ROWS_MAX
from chain.store.market_queries import MarketReader
from chain.store.market_views import PayoutPeriodView, PayoutView
from node.api import forms, market_shapes, problems
from node.api.cursors import first_below, next_cursor
from node.api.services import Services
from node.api.words import Json

TREES_KEPT = 2
"""Trees kept for whoever asks for many proofs of one period; the widest takes a tenth of a second
to make and two megabytes to keep."""


class PeriodsParams(forms.Closed):
    """Which payout periods.

    Attributes:
        limit: entries at most, 1 to 500.
        cursor: ``nextCursor`` of the page before.
    """

    limit: forms.PageLimit = forms.PAGE_DEFAULT
    cursor: forms.CursorText | None = None


class PayoutsParams(forms.Closed):
    """Which payout period.

    Attributes:
        period: its number, from 0.
        dump: whether the tree comes along, as the OpenZeppelin package loads it.
    """

    period: forms.HeightNumber
    dump: bool = False


class PayoutParams(forms.Closed):
    """Which payment.

    Attributes:
        period: number of its payout period.
        index: its place in the period, from 0.
    """

    period: forms.HeightNumber
    index: Annotated[int, Field(ge=0, lt=PAYOUT_ROWS_MAX)]


async def get_payout_periods(services: Services, params: PeriodsParams) -> Json:
    """Payout periods that have ended, newest first, each with the root in its last header."""
    before = first_below(params.cursor, "periods")
    with services.reading() as reader:
        page = MarketReader(reader).payout_periods(before=before, limit=params.limit)
    return {
        "items": [market_shapes.period_shape(one) for one in page],
        "nextCursor": next_cursor("periods", [one.period for one in page], limit=params.limit),
    }


async def get_payouts(services: Services, params: PayoutsParams) -> Json:
    """All payments of a period, also of the one under way; once it has ended, with its dump."""
    ended, payouts = read_period(services, params.period)
    dump = None
    if ended is None:
        shape = market_shapes.open_period_shape(params.period, payouts)
    else:
        shape = market_shapes.period_shape(ended)
        if params.dump and payouts:
            dump = tree_of(ended, payouts).dump()
    return shape | {
        "payouts": [market_shapes.payout_shape(one) for one in payouts],
        "dump": dump,
    }


async def get_payout_proof(services: Services, params: PayoutParams) -> Json:
    """The proof that a payment stands in the header of the block that ended its period."""
    ended, payouts = read_period(services, params.period)
    if ended is None or params.index >= len(payouts):
        raise problems.not_found("payout_proof")
    row, tree = payouts[params.index].payout, tree_of(ended, payouts)
    return market_shapes.proof_shape(row, tree, height=ended.height)


def read_period(
    services: Services, period: int
) -> tuple[PayoutPeriodView | None, tuple[PayoutView, ...]]:
    """Return a period, None while it is under way, and its payments.

    Raises:
        RpcError: it has not begun.
    """
    with services.reading() as reader:
        market = MarketReader(reader)
        ended = market.find_period(period)
        if ended is None:
            last = market.payout_periods(limit=1)
            if period != (last[0].period + 1 if last else 0):
                raise problems.not_found("payout_period")
        return ended, market.payouts_of_period(period)


def tree_of(ended: PayoutPeriodView, payouts: tuple[PayoutView, ...]) -> KeccakTree:
    """Return the tree of a period that has ended; there are payments."""
    tree = _make_tree(tuple(one.payout for one in payouts))
    assert tree.root == ended.root, "the rows are not those that the header commits to"
    return tree


@lru_cache(maxsize=TREES_KEPT)
def _make_tree(rows: tuple[PayoutRow, ...]) -> KeccakTree:
    return payout_tree(rows)
