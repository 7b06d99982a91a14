"""What the statistics answer; amounts are base units, units micro-units."""

from dataclasses import dataclass, field
from datetime import date

from chain.primitives import Address
from chain.store.totals import Totals

DAY_ZERO = date(1970, 1, 1).toordinal()
"""The day from which days are counted."""


@dataclass(frozen=True, slots=True)
class TotalsView:
    """The totals after a block.

    Attributes:
        height: of the block.
        totals: from genesis up to it.
    """

    height: int
    totals: Totals


@dataclass(frozen=True, slots=True)
class KindCount:
    """The transactions of one kind in one hour, or the work of one kind that fell due.

    Attributes:
        kind: of ``chain.outcome.OutcomeKind``.
        count: how many.
        amount: moved, reserved, claimed, accepted, disputed or decided.
        fees: of them.
    """

    kind: int
    count: int
    amount: int
    fees: int


@dataclass(frozen=True, slots=True)
class HourView:
    """What happened in one hour in which there were blocks.

    Attributes:
        hour: unix milliseconds of the headers // 3,600,000.
        last_height: of its last block.
        blocks: how many it had.
        accounts: that blocks named for the first time.
        receipts: claims made.
        settled: claims paid, in whole or in part.
        refunded: claims that ended with nothing paid.
        disputed: disputes opened.
        spent: paid for claims, fees included: what clients paid miners.
        fees: of everything.
        kinds: what the blocks held.
    """

    hour: int
    last_height: int
    blocks: int
    accounts: int
    receipts: int
    settled: int
    refunded: int
    disputed: int
    spent: int
    fees: int
    kinds: tuple[KindCount, ...]


@dataclass(frozen=True, slots=True)
class Volume:
    """What was claimed and paid.

    Attributes:
        receipts: claims made.
        settled: claims paid, in whole or in part.
        refunded: claims that ended with nothing paid.
        disputed: disputes opened.
        units_micro: of computation of the claims paid.
        spent: paid for them, fees included.
        fees: of these; a provider got the rest.
    """

    receipts: int
    settled: int
    refunded: int
    disputed: int
    units_micro: int
    spent: int
    fees: int

    def __add__(self, other: "Volume") -> "Volume":
        """Return the volume of both."""
        return Volume(
            receipts=self.receipts + other.receipts,
            settled=self.settled + other.settled,
            refunded=self.refunded + other.refunded,
            disputed=self.disputed + other.disputed,
            units_micro=self.units_micro + other.units_micro,
            spent=self.spent + other.spent,
            fees=self.fees + other.fees,
        )


NO_VOLUME = Volume(0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class ModelVolume:
    """What was claimed and paid for one model over some hours.

    Attributes:
        model: the model that ran.
        unit_type: what a unit is.
        volume: over the hours.
    """

    model: str
    unit_type: str
    volume: Volume


@dataclass(frozen=True, slots=True)
class ModelVolumes:
    """What was claimed and paid over some hours, by model and unit type.

    Attributes:
        first_hour: the first.
        last_hour: the last.
        volumes: by model and unit type.
        is_complete: whether all hours were looked at; the newest come first.
    """

    first_hour: int
    last_hour: int
    volumes: tuple[ModelVolume, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class DayView:
    """What an account bought or sold on one day, in units of one type.

    Attributes:
        day: unix milliseconds of the headers // 86,400,000.
        unit_type: what a unit is.
        volume: of the day.
    """

    day: int
    unit_type: str
    volume: Volume

    @property
    def month(self) -> str:
        """Its month, such as ``2026-01``; months and days are UTC's."""
        return date.fromordinal(DAY_ZERO + self.day).isoformat()[:7]

    @property
    def date(self) -> str:
        """Its date, such as ``2026-01-31``."""
        return date.fromordinal(DAY_ZERO + self.day).isoformat()


@dataclass(frozen=True, slots=True)
class TraderView:
    """What an account has bought or sold in all.

    Attributes:
        row: number of the account, by which pages go on.
        address: of the account.
        volume: in all; units of several types are not added up and left out.
    """

    row: int
    address: Address
    volume: Volume = field(default=NO_VOLUME)
