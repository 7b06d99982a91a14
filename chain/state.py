"""The state: what the chain holds after its last block, and a draft of it inside the next one.

``Ledger`` is the final state. ``State`` is a draft on top of it: changes collect there, can be
rolled back to a checkpoint, and reach the ledger only when their block is decided.
"""

from dataclasses import dataclass, field
from typing import TypeVar

from chain.commitment import Commitment, CommitmentUpdate
from chain.due import DueDraft, DueQueue, due_key
from chain.errors import InsufficientBalance
from chain.outcome import Outcome
from chain.parameters import Parameters
from chain.policy_records import DisputeRecord, GrantsRecord, OffersRecord
from chain.primitives import AMOUNT_MAX, Address, Hash, PublicKey
from chain.records import (
    DISPUTE_MARK,
    PARAMETERS_KEY,
    TREASURY_KEY,
    VALIDATORS_KEY,
    Record,
    ReservationRecord,
    Table,
    TakenRecord,
    balance_key,
    grant_subject,
    nonce_key,
    offer_subject,
    reservation_key,
)
from chain.validator_records import FormerRecord, ValidatorsRecord
from chain.validators import ValidatorSet

T = TypeVar("T", bound=Record)

_CLAIM_NOTED = b""
"""Stands in the list of what to undo for a claim outcome; no record has an empty key."""


@dataclass
class Ledger:
    """The final state and what the next block builds on.

    Attributes:
        chain_id: name of the chain.
        genesis_hash: SHA-256 of the genesis document.
        parameters: in force for the next block.
        last_validators: of the last height, whose certificate the next block carries.
        validators: of the next height.
        next_validators: of the height after it, as the state says.
        supply: base units in all, fixed by genesis.
        height: of the last block; 0 after genesis.
        tip_hash: hash of the last block; the genesis hash at height 0.
        tip_time_ms: time of the last block.
        records: every record by its key.
        commitment: the tree over the records.
        due: expiries and matured windows.
        forget: idempotency records past their height.
    """

    chain_id: str
    genesis_hash: Hash
    parameters: Parameters
    last_validators: ValidatorSet
    validators: ValidatorSet
    next_validators: ValidatorSet
    supply: int
    height: int
    tip_hash: Hash
    tip_time_ms: int
    records: dict[bytes, Record] = field(default_factory=dict)
    commitment: Commitment = field(default_factory=Commitment)
    due: DueQueue = field(default_factory=DueQueue)
    forget: DueQueue = field(default_factory=DueQueue)

    def advance(
        self,
        state: "State",
        update: CommitmentUpdate,
        *,
        height: int,
        tip_hash: Hash,
        tip_time_ms: int,
    ) -> None:
        """Take over a decided block's draft; the draft was made from this very ledger."""
        assert state.ledger is self
        assert state.height == height == self.height + 1
        for key, record in state.changes.items():
            if record is None:
                self.records.pop(key, None)
            else:
                self.records[key] = record
        parameters = state.changes.get(PARAMETERS_KEY)
        if isinstance(parameters, Parameters):
            self.parameters = parameters
        self.commitment.apply(update)
        self.due.apply(state.due)
        self.forget.apply(state.forget)
        self.last_validators, self.validators = self.validators, self.next_validators
        coming = state.changes.get(VALIDATORS_KEY)
        if isinstance(coming, ValidatorsRecord):
            self.next_validators = coming.validators
        self.height, self.tip_hash, self.tip_time_ms = height, tip_hash, tip_time_ms

    def load(self, records: dict[bytes, Record]) -> None:
        """Fill an empty ledger and build what is derived from its records.

        That is the tree, the two queues, the parameters and the validators of the height after
        the next one, which a block may have changed.
        """
        self.records = records
        parameters = records.get(PARAMETERS_KEY)
        if isinstance(parameters, Parameters):
            self.parameters = parameters
        coming = records.get(VALIDATORS_KEY)
        if isinstance(coming, ValidatorsRecord):
            self.next_validators = coming.validators
        self.commitment.apply(self.commitment.compute(records.items()))
        due, forget = DueDraft(self.due), DueDraft(self.forget)
        for key, record in records.items():
            for height, subject in falls_due(key, record):
                due.add(due_key(height, subject))
            for height, subject in goes_stale(key, record):
                forget.add(due_key(height, subject))
        self.due.apply(due)
        self.forget.apply(forget)

    def total(self) -> int:
        """Return the sum of all money in the state, in base units; equals the supply."""
        return sum(held(key, record) for key, record in self.records.items())


def falls_due(key: bytes, record: Record) -> list[tuple[int, bytes]]:
    """Return (height, subject) of the work that a record makes due."""
    if isinstance(record, ReservationRecord):
        return record.due(Hash(key[1:]))
    if isinstance(record, DisputeRecord):
        return [(record.due_height, key[1:] + DISPUTE_MARK)]
    return []


def goes_stale(key: bytes, record: Record) -> list[tuple[int, bytes]]:
    """Return (height, subject) of what is to be forgotten of a record after that height."""
    if isinstance(record, TakenRecord | FormerRecord):
        return [(record.until, key)]
    if isinstance(record, GrantsRecord):
        account = Address(key[1:])
        return [(one.expires_at, grant_subject(account, one)) for one in record.grants]
    if isinstance(record, OffersRecord):
        account = Address(key[1:])
        return [(one.expires_at, offer_subject(account, one.line)) for one in record.offers]
    return []


def held(key: bytes, record: Record | None) -> int:
    """Return the base units that a record holds."""
    if isinstance(record, ReservationRecord):
        return record.left + record.pending
    if isinstance(record, DisputeRecord):
        return record.bond
    if isinstance(record, int) and key[0] != Table.NONCE:
        return record
    return 0


class State:
    """A draft of the state inside one block."""

    def __init__(self, ledger: Ledger) -> None:
        """Start from the final state, with nothing changed."""
        self.ledger = ledger
        self.height = ledger.height + 1
        self.changes: dict[bytes, Record | None] = {}
        self.due = DueDraft(ledger.due)
        self.forget = DueDraft(ledger.forget)
        self.claim_outcomes: list[Outcome] = []
        self._undo: list[tuple[DueDraft | None, bytes, Record | bool | None]] = []

    def find(self, key: bytes) -> Record | None:
        """Return the record under a key, or None."""
        if key in self.changes:
            return self.changes[key]
        return self.ledger.records.get(key)

    def put(self, key: bytes, record: Record | None) -> None:
        """Set the record under a key; None removes it."""
        self._undo.append((None, key, self.find(key)))
        self.changes[key] = record

    def schedule(self, queue: DueDraft, key: bytes) -> None:
        """Put work into one of the two queues."""
        self._undo.append((queue, key, True))
        queue.add(key)

    def unschedule(self, queue: DueDraft, key: bytes) -> None:
        """Take work out of one of the two queues."""
        self._undo.append((queue, key, False))
        queue.remove(key)

    def note_claim(self, outcome: Outcome) -> None:
        """Note what became of one claim, in the order of the block's receipt documents."""
        self._undo.append((None, _CLAIM_NOTED, None))
        self.claim_outcomes.append(outcome)

    def checkpoint(self) -> int:
        """Return a mark that :meth:`rollback` goes back to."""
        return len(self._undo)

    def rollback(self, mark: int) -> None:
        """Undo every change since the mark."""
        while len(self._undo) > mark:
            queue, key, before = self._undo.pop()
            if key == _CLAIM_NOTED:
                self.claim_outcomes.pop()
            elif queue is None:
                assert not isinstance(before, bool)
                self.changes[key] = before
            elif before is True:
                queue.remove(key)
            else:
                queue.add(key)

    def find_balance(self, address: Address) -> int | None:
        """Return an account's base units, or None where there is no account."""
        return self._find_number(balance_key(address))

    def nonce(self, address: Address, public_key: PublicKey) -> int:
        """Return the next nonce of a key of an account."""
        return self._find_number(nonce_key(address, public_key)) or 0

    def find_as(self, key: bytes, form: type[T]) -> T | None:
        """Return the record under a key, which is of one form, or None."""
        record = self.find(key)
        assert record is None or isinstance(record, form)
        return record

    def find_reservation(self, reservation_id: Hash) -> ReservationRecord | None:
        """Return a reservation, or None where it never was or has ended."""
        return self.find_as(reservation_key(reservation_id), ReservationRecord)

    def find_taken(self, key: bytes) -> TakenRecord | None:
        """Return who took a job id or idempotency key; past its ``until`` it counts no more."""
        return self.find_as(key, TakenRecord)

    def _find_number(self, key: bytes) -> int | None:
        return self.find_as(key, int)

    def credit(self, address: Address, amount: int) -> None:
        """Add base units to an account, which comes to be with its first credit."""
        balance = (self.find_balance(address) or 0) + amount
        assert 0 <= balance <= AMOUNT_MAX
        self.put(balance_key(address), balance)

    def debit(self, address: Address, amount: int) -> None:
        """Take base units from an account.

        Raises:
            InsufficientBalance: it has less.
        """
        balance = self.find_balance(address) or 0
        if balance < amount:
            raise InsufficientBalance(needed=amount, available=balance)
        self.put(balance_key(address), balance - amount)

    def credit_treasury(self, amount: int) -> None:
        """Add base units to the treasury."""
        self.put(TREASURY_KEY, (self._find_number(TREASURY_KEY) or 0) + amount)

    def money_created(self) -> int:
        """Return what the block's changes add to all money; anything but 0 is a defect."""
        before = self.ledger.records
        return sum(
            held(key, record) - held(key, before.get(key)) for key, record in self.changes.items()
        )
