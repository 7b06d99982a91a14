"""Part five: every list of a long chain, its first page and its thousandth, while blocks are made.

A chain is built once and kept where ``--chain`` says, else made for this run. A writer process
goes on with it, a block a second, and an API edge answers over HTTP. Pages are asked for one after
the other, each list in its turn and a trivial call in every round, so that whatever else the
machine does falls on all of them alike.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chain.address import format_address
from scripts.benchmarks.big_chain import Size, build
from scripts.benchmarks.figures import Figure, Part, percentile, say
from scripts.benchmarks.interrupts import Interrupts
from scripts.benchmarks.served import TRIVIAL, Call, Caller, serving
from scripts.benchmarks.trade import BLOCK_MS, MODELS, START_MS, client_key, miner_key

NAME = "lists"
WHAT = (
    "pages of 50 entries over HTTP from an edge on a chain of {transactions:,} transactions and "
    "{receipts:,} receipts, built in {seconds:,.0f} s, while a process makes a block a second; "
    "{rounds} calls each. The ratio is to the same percentile of a trivial call."
)
PAGE = 50
DEEP = 1_000
"""The page that must cost what the first costs."""

CLIENT, MINER = (format_address(key.address) for key in (client_key(0), miner_key(0)))


@dataclass(frozen=True)
class Asked:
    """A list.

    Attributes:
        name: what people read.
        method: of JSON-RPC.
        filter: its parameters beside limit and cursor.
        step: entries of a page on the way to the deep one, so that short lists have as many pages.
    """

    name: str
    method: str
    filter: Mapping[str, object] = field(default_factory=dict)
    step: int = PAGE


LISTS = (
    Asked("blocks", "ait_getBlocks", step=1),
    Asked("transactions", "ait_getTransactions"),
    Asked("transactions of a kind", "ait_getTransactions", {"kind": "claim"}),
    Asked("transactions of an account", "ait_getTransactions", {"address": CLIENT}),
    Asked(
        "transactions of an account and kind",
        "ait_getTransactions",
        {"address": CLIENT, "kind": "reserve"},
        step=10,
    ),
    Asked("receipts", "ait_getReceipts"),
    Asked("receipts of a client", "ait_getReceipts", {"client": CLIENT}, step=49),
    Asked("receipts of a miner", "ait_getReceipts", {"provider": MINER}, step=49),
    Asked(
        "receipts of a client and miner",
        "ait_getReceipts",
        {"client": CLIENT, "provider": MINER},
        step=10,
    ),
    Asked("receipts of an account", "ait_getReceipts", {"address": CLIENT}, step=49),
    Asked(
        "receipts of a client in a time",
        "ait_getReceipts",
        {"client": CLIENT, "fromMs": START_MS, "toMs": START_MS + 2_000 * BLOCK_MS},
        step=49,
    ),
    Asked("receipts of a model", "ait_getReceipts", {"model": MODELS[0]}, step=49),
    Asked("receipts that are paid", "ait_getReceipts", {"status": "paid"}),
    Asked("receipts that wait", "ait_getReceipts", {"status": "pending"}, step=1),
    Asked(
        "receipts of a client that wait", "ait_getReceipts", {"client": CLIENT, "status": "pending"}
    ),
    Asked("reservations", "ait_getReservations", step=49),
    Asked("reservations of a client", "ait_getReservations", {"client": CLIENT}, step=10),
    Asked("reservations of a miner", "ait_getReservations", {"provider": MINER}, step=10),
    Asked(
        "reservations of a client and miner",
        "ait_getReservations",
        {"client": CLIENT, "provider": MINER},
        step=3,
    ),
    Asked("reservations that ended", "ait_getReservations", {"status": "ended"}, step=49),
    Asked("reservations that are open", "ait_getReservations", {"status": "open"}, step=1),
    Asked("ledger of a client", "ait_getLedger", {"address": CLIENT}),
    Asked("bill of a client", "ait_getBill", {"address": CLIENT}),
    Asked("bill of a miner", "ait_getBill", {"address": MINER, "side": "provider"}, step=49),
    Asked("payout periods", "ait_getPayoutPeriods", step=1),
    Asked("evidence", "ait_getEvidence"),
    Asked("miners by what they were paid", "ait_getTraders", {"side": "provider"}),
)


@dataclass(frozen=True)
class Place:
    """A page that is measured.

    Attributes:
        asked: of which list.
        page: its number, from 1.
        cursor: where it begins.
    """

    asked: Asked
    page: int
    cursor: str | None

    @property
    def call(self) -> tuple[str, dict[str, object]]:
        """Method and parameters."""
        params = dict(self.asked.filter) | {"limit": PAGE}
        return self.asked.method, params if self.cursor is None else params | {
            "cursor": self.cursor
        }


def run(folder: Path, interrupts: Interrupts, *, size: Size, rounds: int) -> Part:
    """Measure every list.

    Args:
        folder: where the chain is, or is made.
        interrupts: held while processes start and stop.
        size: of the chain.
        rounds: calls of each page.
    """
    built = build(folder.resolve(), size)
    with serving(built, interrupts, accounts=size.accounts) as caller:
        places = [place for asked in LISTS for place in _places(caller.call, asked)]
        say(f"{NAME}: {len(places)} pages, {rounds} rounds")
        seconds = _measure(caller, places, rounds)
    what = WHAT.format(
        transactions=built.totals.transactions,
        receipts=built.totals.receipts,
        seconds=built.seconds,
        rounds=rounds,
    )
    return Part(name=NAME, what=what, figures=tuple(_figures(places, seconds)))


def _places(call: Call, asked: Asked) -> Iterator[Place]:
    """Yield the first page and the thousandth, or the last where there are fewer."""
    yield Place(asked, 1, None)
    page, cursor = cursor_of_late_page(call, asked)
    say(f"{NAME}: {asked.name}, page {page}")
    if cursor is not None:
        yield Place(asked, page, cursor)


def cursor_of_late_page(call: Call, asked: Asked) -> tuple[int, str | None]:
    """Return number and cursor of the thousandth page, or of the last where there are fewer."""
    cursor, page = None, 1
    while page < DEEP:
        params = dict(asked.filter) | {"limit": asked.step}
        params |= {} if cursor is None else {"cursor": cursor}
        following = call(asked.method, params)["nextCursor"]
        if following is None:
            break
        cursor, page = following, page + 1
    return page, cursor


def _measure(caller: Caller, places: list[Place], rounds: int) -> dict[int, list[float]]:
    """Return the seconds of each place by its index; those of the trivial call are at -1."""
    calls = {-1: TRIVIAL} | {index: place.call for index, place in enumerate(places)}
    seconds: dict[int, list[float]] = {index: [] for index in calls}
    for _ in range(rounds):
        for index, (method, params) in calls.items():
            started = time.perf_counter()
            caller.call(method, params)
            seconds[index].append(time.perf_counter() - started)
    return seconds


def _figures(places: list[Place], seconds: dict[int, list[float]]) -> Iterator[Figure]:
    trivial = {percent: percentile(seconds[-1], percent) for percent in (50, 99)}
    for percent, value in trivial.items():
        yield Figure(f"trivial call: p{percent}", 1_000 * value, "ms", 1.0, "itself")
    for index, place in enumerate(places):
        for percent, baseline in trivial.items():
            value = percentile(seconds[index], percent)
            name = f"{place.asked.name}, page {place.page}: p{percent}"
            yield Figure(name, 1_000 * value, "ms", value / baseline, f"trivial p{percent}")
