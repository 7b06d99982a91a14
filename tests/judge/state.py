"""What the judge holds between blocks: plain dictionaries of values that never change.

Nothing is derived or remembered: what falls due and what is stale is searched for anew at the end
of each block, and a draft is a copy of everything. Records are the chain's own classes, used for
their byte forms and for nothing else.
"""

from dataclasses import dataclass, field, fields, replace

from chain.codec import u16, u32, u64
from chain.genesis import Genesis
from chain.parameters import Parameters
from chain.payout import PayoutRow
from chain.policy_records import (
    DisputeRecord,
    GrantRecord,
    GrantsRecord,
    OfferRecord,
    OffersRecord,
    PeriodRecord,
)
from chain.primitives import Address, Hash, PublicKey
from chain.records import ReservationRecord, TakenRecord
from chain.validator_records import TombstoneRecord
from chain.validators import Validator


@dataclass(frozen=True)
class Limits:
    """The numbers of the protocol that a run may make small, to come to their edges.

    Attributes:
        due_work: ends of one block.
        forget: stale records dropped in one block.
        payout_rows: rows after which a payout period ends early.
        idempotency_heights: heights a job id stays taken after its reservation's expiry.
        grants: live grants of an account.
        offers: live offers of an account.
        evidence_heights: heights after which evidence counts no more.
    """

    due_work: int = 256
    forget: int = 4_096
    payout_rows: int = 4_096
    idempotency_heights: int = 86_400
    grants: int = 64
    offers: int = 64
    evidence_heights: int = 100_000


@dataclass
class Holdings:
    """The whole state after a block, or inside one.

    Attributes:
        limits: of the run.
        seats: the validators of the block's height, of the next one, and of the one after that as
            the block leaves them so far; before the first block those of heights 0, 1 and 2.
        seats_version: how many changes of the validators were approved.
        seats_changed: whether the block under way has changed them.
        last_votes: the last height of each key that has left and can still fall.
        fallen: why, by key.
        height: of the block that is being executed; before the first block 0.
        parameters: in force for that block.
        next_parameters: in force for the one after it.
        treasury: base units.
        balances: base units by account; an account is in it from its first credit on.
        nonces: next nonce by account and key; absent until the first is used.
        reservations: by id, until the last claim has ended.
        taken: job ids and idempotency keys of clients, by (client, mark and name).
        grants: of each account that has some, by key.
        offers: of each account that has some, by model and unit type.
        disputes: by (reservation id, receipt hash).
        rows: of the payout period under way.
        period: its number; None until the first row or the first period's end.
    """

    limits: Limits
    seats: tuple[tuple[Validator, ...], tuple[Validator, ...], tuple[Validator, ...]]
    height: int
    parameters: Parameters
    next_parameters: Parameters
    treasury: int
    balances: dict[Address, int]
    nonces: dict[tuple[Address, PublicKey], int] = field(default_factory=dict)
    reservations: dict[Hash, ReservationRecord] = field(default_factory=dict)
    taken: dict[tuple[Address, bytes], TakenRecord] = field(default_factory=dict)
    grants: dict[Address, tuple[GrantRecord, ...]] = field(default_factory=dict)
    offers: dict[Address, tuple[OfferRecord, ...]] = field(default_factory=dict)
    disputes: dict[tuple[Hash, Hash], DisputeRecord] = field(default_factory=dict)
    seats_version: int = 0
    seats_changed: bool = False
    last_votes: dict[PublicKey, int] = field(default_factory=dict)
    fallen: dict[PublicKey, TombstoneRecord] = field(default_factory=dict)
    rows: tuple[PayoutRow, ...] = ()
    period: int | None = None

    @classmethod
    def of_genesis(cls, genesis: Genesis, limits: Limits) -> "Holdings":
        """Return what a genesis document gives out; the payees of validators are accounts."""
        balances = {validator.payee: 0 for validator in genesis.validators}
        balances |= dict(genesis.balances)
        return cls(
            limits=limits,
            seats=(tuple(genesis.validators),) * 3,
            height=0,
            parameters=genesis.parameters,
            next_parameters=genesis.parameters,
            treasury=genesis.treasury,
            balances=balances,
        )

    @property
    def validators(self) -> frozenset[PublicKey]:
        """Return the keys that may approve: those of the block's height."""
        return frozenset(one.public_key for one in self.seats[0])

    @property
    def quorum(self) -> int:
        """Return how many approvals decide: more than two thirds."""
        count = len(self.seats[0])
        return next(n for n in range(count + 1) if 3 * n > 2 * count)

    def copy(self) -> "Holdings":
        """Return a copy whose dictionaries are its own; what they hold never changes."""
        own = {
            one.name: dict(value)
            for one in fields(self)
            if isinstance(value := getattr(self, one.name), dict)
        }
        return replace(self, **own)

    def records(self) -> dict[bytes, bytes]:
        """Return every record of the state in its byte form, by its key."""
        found = {b"\x01" + account: u64(units) for account, units in self.balances.items()}
        found |= {b"\x02" + account + key: u64(n) for (account, key), n in self.nonces.items()}
        found |= {b"\x03" + one: record.encode() for one, record in self.reservations.items()}
        found |= {b"\x04" + who + name: one.encode() for (who, name), one in self.taken.items()}
        found[b"\x05"] = u64(self.treasury)
        for account, grants in self.grants.items():
            ordered = tuple(sorted(grants, key=lambda one: one.public_key))
            found[b"\x06" + account] = GrantsRecord(ordered).encode()
        for account, offers in self.offers.items():
            lines = tuple(sorted(offers, key=lambda one: (one.model, one.unit_type)))
            found[b"\x07" + account] = OffersRecord(lines).encode()
        found |= {b"\x08" + one + what: d.encode() for (one, what), d in self.disputes.items()}
        found |= {b"\x09" + u32(index): row.encode() for index, row in enumerate(self.rows)}
        if self.period is not None:
            found[b"\x0a"] = PeriodRecord(period=self.period, count=len(self.rows)).encode()
        found[b"\x0b"] = self.next_parameters.encode()
        seats = sorted(self.seats[2], key=lambda one: one.public_key)
        encoded = u16(len(seats)) + b"".join(one.encode() for one in seats)
        found[b"\x0c"] = u64(self.seats_version) + encoded
        heights = self.limits.evidence_heights
        found |= {b"\x0d" + key: u64(last + heights) for key, last in self.last_votes.items()}
        found |= {b"\x0e" + key: record.encode() for key, record in self.fallen.items()}
        return found

    def total(self) -> int:
        """Return all money: the sum that the protocol says equals the supply."""
        held = sum(0 if one.closing else one.cap - one.spent for one in self.reservations.values())
        frozen = sum(one.pending for one in self.reservations.values() if one.closing)
        bonds = sum(dispute.bond for dispute in self.disputes.values())
        return self.treasury + sum(self.balances.values()) + held + frozen + bonds
