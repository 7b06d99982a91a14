"""What the queries about prices, grants, disputes, payouts and ledgers answer."""

from dataclasses import dataclass

from chain.parameters import BaseRate
from chain.payout import PayoutRow
from chain.policy_records import GrantRecord, OfferRecord
from chain.primitives import INDEX_BITS, Address, Hash
from chain.store.statistics_views import ModelVolume


@dataclass(frozen=True, slots=True)
class OfferView:
    """A line of a miner's price list.

    Attributes:
        provider: the miner.
        offer: the line.
    """

    provider: Address
    offer: OfferRecord


@dataclass(frozen=True, slots=True)
class PricingView:
    """The pricing table.

    Attributes:
        base_rates: of the parameters in force.
        offers: live ones, by model, unit type and rate, the cheapest first.
        volumes: of the last 24 hours on the chain's clock, by model and unit type.
        is_complete: whether all live offers are among the offers.
    """

    base_rates: tuple[BaseRate, ...]
    offers: tuple[OfferView, ...]
    volumes: tuple[ModelVolume, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class GrantView:
    """A grant of an account, with what it leaves.

    Attributes:
        grant: its terms and what it has spent.
        height: of the next block, at which it is looked at.
    """

    grant: GrantRecord
    height: int

    @property
    def is_live(self) -> bool:
        """Whether the next block lets the key act."""
        return self.height < self.grant.expires_at

    @property
    def total_left(self) -> int:
        """Base units that the key may still commit in all."""
        return self.grant.total_limit - self.grant.spent

    @property
    def period_left(self) -> int:
        """Base units that the key may still commit in the period of the next block."""
        is_now = self.grant.period == self.height // self.grant.period_heights
        return self.grant.period_limit - (self.grant.period_spent if is_now else 0)

    @property
    def left(self) -> int:
        """Base units that the next transaction may commit at most; 0 if the grant is not live."""
        limits = (self.grant.transaction_limit, self.period_left, self.total_left)
        return min(limits) if self.is_live else 0


@dataclass(frozen=True, slots=True)
class DisputeView:
    """A dispute, open or ended.

    Attributes:
        receipt_hash: of the claim, 32 bytes.
        reservation_id: 32 bytes.
        opened_id: id of the transaction that opened it, 32 bytes.
        opened_at: height of the dispute, which approvals of a resolution name.
        bond: base units that the client put up.
        reason_hash: hash of the reason, which stays with the client, 32 bytes.
        due_height: the height whose end applies the genesis split; 0 when it has ended.
        ended_height: the height at which it ended; None before.
        decision_id: id of the validators' resolution; None where there is none.
        bond_winner: who got the bond; None before the end.
    """

    receipt_hash: Hash
    reservation_id: Hash
    opened_id: Hash
    opened_at: int
    bond: int
    reason_hash: Hash
    due_height: int
    ended_height: int | None
    decision_id: Hash | None
    bond_winner: Address | None


@dataclass(frozen=True, slots=True)
class PayoutView:
    """A payment of a payout period.

    Attributes:
        payout: the row, as the period's root commits to it.
        height: that paid.
        receipt_hash: of the receipt that was paid for, 32 bytes.
        earned_after: base units of all payments to this account up to this one.
    """

    payout: PayoutRow
    height: int
    receipt_hash: Hash
    earned_after: int = 0

    @property
    def row(self) -> int:
        """Its place among all payouts, by which pages go on."""
        return self.payout.period << INDEX_BITS | self.payout.index


@dataclass(frozen=True, slots=True)
class PayoutPeriodView:
    """A payout period that has ended.

    Attributes:
        period: its number.
        height: at whose end it ended; that header holds the root.
        rows: how many payments it has.
        amount: base units of all of them.
        root: over its rows, 32 bytes; zeros for none.
    """

    period: int
    height: int
    rows: int
    amount: int
    root: Hash


@dataclass(frozen=True, slots=True)
class LedgerEntryView:
    """One movement of a client's reserved money, or a fee of what moved it.

    Attributes:
        row: its place among the account's entries, by which pages go on.
        time_ms: of its block, unix milliseconds.
        kind: ``fee``, ``reserved``, ``paid``, ``returned``, ``bond_locked``, ``bond_returned`` or
            ``bond_lost``.
        amount: base units that moved.
        balance_after: base units the account could spend after it.
        reserved_after: base units its reservations and bonds held after it.
        transaction_id: of what moved it, 32 bytes; None for work that fell due.
        reservation_id: 32 bytes.
        job_id: the reserved job, or the session's name.
        receipt_hash: of the receipt it is about, 32 bytes; None where it is about none.
    """

    row: int
    time_ms: int
    kind: str
    amount: int
    balance_after: int
    reserved_after: int
    transaction_id: Hash | None
    reservation_id: Hash
    job_id: str
    receipt_hash: Hash | None = None

    @property
    def height(self) -> int:
        """Height of its block."""
        return self.row >> INDEX_BITS

    @property
    def position(self) -> int:
        """Its place among the block's entries, from 0."""
        return self.row & (1 << INDEX_BITS) - 1
