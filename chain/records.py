"""What the state holds under a key: each record with the bytes the state root commits to.

A key is one byte for the table and then the primary key, so all tables share one map, one root
and one rollback.
"""

from dataclasses import dataclass
from enum import IntEnum

from chain.codec import text8, u8, u16, u32, u64
from chain.parameters import Parameters
from chain.payout import PayoutRow
from chain.policy_records import (
    DisputeRecord,
    GrantRecord,
    GrantsRecord,
    OffersRecord,
    PeriodRecord,
)
from chain.primitives import ZERO_ADDRESS, ZERO_HASH, Address, Hash, PublicKey
from chain.validator_records import FormerRecord, TombstoneRecord, ValidatorsRecord


class Table(IntEnum):
    """The first byte of a state key."""

    BALANCE = 1
    NONCE = 2
    RESERVATION = 3
    TAKEN = 4
    TREASURY = 5
    GRANTS = 6
    OFFERS = 7
    DISPUTE = 8
    PAYOUT = 9
    PERIOD = 10
    PARAMETERS = 11
    VALIDATORS = 12
    FORMER = 13
    TOMBSTONE = 14


class ClaimStatus(IntEnum):
    """Where a claim stands."""

    PENDING = 1
    PAID = 2
    DISPUTED = 3
    SPLIT = 4
    REFUNDED = 5


@dataclass(frozen=True, slots=True)
class ClaimRecord:
    """One claim of a reservation; kept until the reservation leaves the state.

    Attributes:
        receipt_hash: 32 bytes, unused elsewhere in the reservation.
        job_id: label, unused elsewhere in the reservation.
        provider: who is paid.
        amount: base units, fee included.
        fee: base units that come out of the amount when it is paid.
        due_height: the height whose end pays it; 0 when it is paid already.
        status: pending or paid.
        fields_root: commitment to private fields, or zeros.
    """

    receipt_hash: Hash
    job_id: str
    provider: Address
    amount: int
    fee: int
    due_height: int
    status: ClaimStatus
    fields_root: Hash

    def encode(self) -> bytes:
        """Return the fields in a fixed order."""
        ids = self.receipt_hash + text8(self.job_id) + self.provider + self.fields_root
        return ids + u64(self.amount) + u64(self.fee) + u64(self.due_height) + u8(self.status)


@dataclass(frozen=True, slots=True)
class ReservationRecord:
    """Client funds held on chain for one job or one session of jobs.

    Attributes:
        client: whose money it is.
        job_id: the reserved job, or the session's name.
        provider: the only provider it pays, or ``ZERO_ADDRESS`` for any.
        model: the only model it pays for, or "" for any.
        unit_type: what a unit is.
        max_rate: base units per whole unit, at most.
        cap: base units taken from the client.
        spent: base units paid out.
        pending: base units claimed and not yet paid.
        jobs_max: how many claims it takes.
        expires_at: first height at which it takes no more.
        dispute_window: heights a claim waits; 0 pays at once.
        closing: whether the rest went back and only pending claims hold it.
        grant_id: the grant of the key that reserved, or zeros for the client's own key.
        claims: in the order they came.
    """

    client: Address
    job_id: str
    provider: Address
    model: str
    unit_type: str
    max_rate: int
    cap: int
    spent: int
    pending: int
    jobs_max: int
    expires_at: int
    dispute_window: int
    closing: bool
    grant_id: Hash = ZERO_HASH
    claims: tuple[ClaimRecord, ...] = ()

    def find_claim(self, receipt_hash: Hash) -> ClaimRecord | None:
        """Return the claim of a receipt, or None."""
        return next((one for one in self.claims if one.receipt_hash == receipt_hash), None)

    @property
    def left(self) -> int:
        """Base units that a further claim may ask for; what is returned when it closes."""
        return 0 if self.closing else self.cap - self.spent - self.pending

    @property
    def is_open_to_any_provider(self) -> bool:
        """Whether it names no provider."""
        return self.provider == ZERO_ADDRESS

    def due(self, reservation_id: Hash) -> list[tuple[int, bytes]]:
        """Return what will fall due: (height, subject) of its expiry and of its pending claims."""
        work = [] if self.closing else [(self.expires_at, bytes(reservation_id))]
        return work + [
            (claim.due_height, reservation_id + claim.receipt_hash)
            for claim in self.claims
            if claim.status is ClaimStatus.PENDING
        ]

    def encode(self) -> bytes:
        """Return the fields in a fixed order."""
        labels = text8(self.job_id) + text8(self.model) + text8(self.unit_type)
        money = u64(self.max_rate) + u64(self.cap) + u64(self.spent) + u64(self.pending)
        limits = u16(self.jobs_max) + u64(self.expires_at) + u32(self.dispute_window)
        claims = u16(len(self.claims)) + b"".join(claim.encode() for claim in self.claims)
        parties = self.client + self.provider + self.grant_id
        return parties + labels + money + limits + u8(self.closing) + claims


@dataclass(frozen=True, slots=True)
class TakenRecord:
    """A job id or idempotency key that a client has used.

    Attributes:
        reservation_id: the reservation that took it.
        until: the last height at which it counts.
    """

    reservation_id: Hash
    until: int

    def encode(self) -> bytes:
        """Return ``reservation_id 32 | until u64``."""
        return self.reservation_id + u64(self.until)


Record = (
    int
    | ReservationRecord
    | TakenRecord
    | GrantsRecord
    | OffersRecord
    | DisputeRecord
    | PayoutRow
    | PeriodRecord
    | Parameters
    | ValidatorsRecord
    | FormerRecord
    | TombstoneRecord
)
"""A value of the state; balances, nonces and the treasury are plain integers."""

DISPUTE_MARK = b"\1"
"""Ends the subject of a dispute's due work, which else would be its claim's."""

TREASURY_KEY = u8(Table.TREASURY)
PERIOD_KEY = u8(Table.PERIOD)
PARAMETERS_KEY = u8(Table.PARAMETERS)
VALIDATORS_KEY = u8(Table.VALIDATORS)


def encode_record(record: Record) -> bytes:
    """Return the bytes whose hash the state root holds."""
    return u64(record) if isinstance(record, int) else record.encode()


def balance_key(address: Address) -> bytes:
    """Return the key of an account's balance in base units."""
    return b"\x01" + address


def nonce_key(address: Address, public_key: PublicKey) -> bytes:
    """Return the key of the next nonce of one key of an account."""
    return b"\x02" + address + public_key


def reservation_key(reservation_id: Hash) -> bytes:
    """Return the key of a reservation."""
    return b"\x03" + reservation_id


def taken_job_key(client: Address, job_id: str) -> bytes:
    """Return the key that says a client has used a job id."""
    return b"\x04" + client + b"\0" + job_id.encode("ascii")


def taken_idempotency_key(client: Address, key_hash: Hash) -> bytes:
    """Return the key that says a client has used an idempotency key."""
    return b"\x04" + client + b"\1" + key_hash


def grants_key(account: Address) -> bytes:
    """Return the key of an account's grants."""
    return b"\x06" + account


def offers_key(account: Address) -> bytes:
    """Return the key of an account's offers."""
    return b"\x07" + account


def dispute_key(reservation_id: Hash, receipt_hash: Hash) -> bytes:
    """Return the key of a claim's dispute."""
    return b"\x08" + reservation_id + receipt_hash


def payout_key(index: int) -> bytes:
    """Return the key of a row of the payout period under way."""
    return b"\x09" + u32(index)


def former_key(public_key: PublicKey) -> bytes:
    """Return the key that says a validator has left."""
    return b"\x0d" + public_key


def tombstone_key(public_key: PublicKey) -> bytes:
    """Return the key that says a validator was punished."""
    return b"\x0e" + public_key


def grant_subject(account: Address, grant: GrantRecord) -> bytes:
    """Return what the queue of stale records calls a grant."""
    return grants_key(account) + grant.public_key


def offer_subject(account: Address, line: tuple[str, str]) -> bytes:
    """Return what the queue of stale records calls a line of a price list."""
    model, unit_type = line
    return offers_key(account) + f"{model} {unit_type}".encode("ascii")
