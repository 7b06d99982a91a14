"""What a block adds to the statistics of hours, models and accounts."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from chain.execution import ExecutedBlock
from chain.outcome import OutcomeKind
from chain.primitives import Address
from chain.store.book import Book, LiveClaim, Row
from chain.store.reservation_events import Event

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

CLIENT, PROVIDER = "client", "provider"
"""The sides of a trade."""

KIND, AMOUNT, FEE = 3, 6, 7
"""Where a transaction's row has them."""

Key = TypeVar("Key", bound=Hashable)


@dataclass
class StatisticsRows:
    """What the statements take; all but the hours are to be added up.

    Attributes:
        hours: (hour, height).
        kinds: as the table of kinds has them.
        models: as the table of models has them.
        days: as the table of accounts' days has them.
        traders: as the table of traders has them.
    """

    hours: list[Row] = field(default_factory=list)
    kinds: list[Row] = field(default_factory=list)
    models: list[Row] = field(default_factory=list)
    days: list[Row] = field(default_factory=list)
    traders: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class _Tally:
    """What happened to claims; the tables say what each number is."""

    receipts: int = 0
    settled: int = 0
    refunded: int = 0
    disputed: int = 0
    units_micro: int = 0
    spent: int = 0
    fees: int = 0

    def add(self, event: Event, claim: LiveClaim) -> None:
        """Add an event about a claim."""
        self.receipts += event.kind is OutcomeKind.CLAIMED
        self.disputed += event.kind is OutcomeKind.DISPUTED
        if event.ended is not None:
            self.settled += event.spent > 0
            self.refunded += event.spent == 0
            self.units_micro += claim.units_micro if event.spent else 0
            self.spent += event.spent
            self.fees += event.fee

    @property
    def claims(self) -> tuple[int, int, int, int]:
        """How many claims there were of each sort."""
        return (self.receipts, self.settled, self.refunded, self.disputed)

    @property
    def row(self) -> Row:
        """All numbers, in the order of the tables."""
        return (*self.claims, self.units_micro, self.spent, self.fees)


def statistics_rows(
    executed: ExecutedBlock, transactions: Sequence[Row], events: Sequence[Event], book: Book
) -> StatisticsRows:
    """Return what a block adds.

    Args:
        executed: the block.
        transactions: the rows of its transactions.
        events: of the block.
        book: knows every account.
    """
    header = executed.block.header
    hour, day = header.time_ms // HOUR_MS, header.time_ms // DAY_MS
    rows = StatisticsRows(hours=[(hour, header.height)])
    rows.kinds = _kinds(hour, executed, transactions)
    models: dict[tuple[str, str], _Tally] = {}
    accounts: dict[tuple[str, Address, str], _Tally] = {}
    traders: dict[tuple[str, Address], _Tally] = {}
    for event in events:
        claim = event.claim
        if claim is None:
            continue
        _of(models, (claim.model, claim.unit_type)).add(event, claim)
        for side, address in ((CLIENT, event.reservation.client), (PROVIDER, claim.provider)):
            _of(accounts, (side, address, claim.unit_type)).add(event, claim)
            _of(traders, (side, address)).add(event, claim)
    rows.models.extend((hour, *names, *tally.row) for names, tally in models.items())
    for (side, address, unit_type), tally in accounts.items():
        rows.days.append((book.number(address), side, day, unit_type, *tally.row))
    for (side, address), tally in traders.items():
        number = book.number(address)
        rows.traders.append((side, number, *tally.claims, tally.spent, tally.fees))
    return rows


def _of(tallies: dict[Key, _Tally], key: Key) -> _Tally:
    tally = tallies.get(key)
    if tally is None:
        tally = tallies[key] = _Tally()
    return tally


def _kinds(hour: int, executed: ExecutedBlock, transactions: Sequence[Row]) -> list[Row]:
    """Return the rows of the kinds of the block's transactions and due work."""
    sums: dict[int, list[int]] = {}
    lines = [(row[KIND], row[AMOUNT], row[FEE]) for row in transactions]
    lines += [(int(one.kind), one.paid, one.fee) for one in executed.due_outcomes]
    for kind, amount, fee in lines:
        assert isinstance(kind, int)
        assert isinstance(amount, int)
        assert isinstance(fee, int)
        line = sums.setdefault(kind, [0, 0, 0])
        line[0] += 1
        line[1] += amount
        line[2] += fee
    return [(hour, kind, *line) for kind, line in sums.items()]
