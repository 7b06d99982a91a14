"""A chain in memory: proposer, follower and validators in one object, with real blocks.

Each block is proposed, sent through its byte form, verified and executed as a follower would,
certified and taken over; then the invariants of the whole state are checked.
"""

# ruff: noqa: ANN401 -- builders hand fields on by name, and mypy checks the constructors they reach

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from chain.block import Block, evidence_hash
from chain.certificate import Certificate, VoteKind, vote_signing_bytes
from chain.commitment import Commitment
from chain.crypto import SecretKey
from chain.due import DueQueue
from chain.evidence import Evidence
from chain.execution import ExecutedBlock, execute_block, start_execution
from chain.genesis import Genesis, genesis_ledger
from chain.merkle import merkle_root
from chain.outcome import Outcome
from chain.policy_records import DisputeRecord
from chain.primitives import Address, Hash
from chain.proposal import build_block
from chain.punishment import punish
from chain.receipt import Receipt
from chain.records import (
    TREASURY_KEY,
    ClaimRecord,
    ClaimStatus,
    ReservationRecord,
    balance_key,
    nonce_key,
    reservation_key,
)
from chain.state import Ledger
from chain.transaction import Transaction
from chain.transition import apply_transaction
from chain.validation import VerifiedTransaction, verify_block, verify_transaction
from tests.support.builders import a_genesis, find_validator_key, key_of


class Waiting:
    """What waits for a block: the smallest mempool."""

    def __init__(
        self, transactions: Iterable[VerifiedTransaction], receipts: Iterable[Receipt]
    ) -> None:
        """Hold transactions in the order given, and documents by their sidecar id."""
        self.transactions = list(transactions)
        self.receipts = {receipt.sidecar_id: receipt for receipt in receipts}

    def candidates(self) -> list[VerifiedTransaction]:
        """Return what waits."""
        return self.transactions

    def find_receipt(self, sidecar_id: Hash) -> Receipt | None:
        """Return a document, or None."""
        return self.receipts.get(sidecar_id)


class Chain:
    """A chain whose only node is the test.

    Attributes:
        genesis: what it began with.
        ledger: the final state.
        last_commit: the tip's certificate; None before the first block.
        receipts: every document anybody made, for the sidecars.
        blocks: what was decided, in order.
    """

    def __init__(self, genesis: Genesis | None = None) -> None:
        """Begin with a genesis, :func:`a_genesis` unless one is given."""
        self.genesis = genesis or a_genesis()
        self.ledger = genesis_ledger(self.genesis)
        self.last_commit: Certificate | None = None
        self.receipts: dict[Hash, Receipt] = {}
        self.blocks: list[ExecutedBlock] = []

    @property
    def height(self) -> int:
        """Height of the last block."""
        return self.ledger.height

    @property
    def validators(self) -> tuple[SecretKey, ...]:
        """The keys of the next height's validators, in the order of their set."""
        return tuple(find_validator_key(one.public_key) for one in self.ledger.validators)

    def proposer(self) -> SecretKey:
        """Return whose turn it is."""
        turn = self.ledger.validators.proposer_index(height=self.height + 1, round_=0)
        return self.validators[turn]

    def verify(self, transaction: Transaction) -> VerifiedTransaction:
        """Send a transaction through its byte form and check its signatures."""
        return verify_transaction(transaction.encode(), genesis_hash=self.genesis.hash)

    def try_transaction(self, transaction: Transaction) -> Outcome:
        """Apply a transaction to a draft that is thrown away; raises why it cannot be applied."""
        execution = start_execution(self.ledger, self.proposer().public_key)
        return apply_transaction(execution, self.verify(transaction))

    def propose(
        self, *transactions: Transaction, evidence: Sequence[Evidence] = ()
    ) -> ExecutedBlock:
        """Return the proposer's block of what can be applied, decided by nobody yet."""
        return build_block(
            self.ledger,
            Waiting(map(self.verify, transactions), self.receipts.values()),
            proposer=self.proposer().public_key,
            time_ms=self.ledger.tip_time_ms + 1_000,
            last_commit=self.last_commit,
            evidence=evidence,
        )

    def follow(self, block: Block) -> ExecutedBlock:
        """Verify and execute a block from its bytes alone, as a follower does."""
        decoded = Block.decode(block.encode())
        assert decoded == block
        return execute_block(self.ledger, verify_block(decoded, known={}, known_receipts={}))

    def certify(self, block_hash: Hash, *, signers: int | None = None) -> Certificate:
        """Return the certificate of the next height that the first ``signers`` sign."""
        count = len(self.validators) if signers is None else signers
        height = self.height + 1
        message = vote_signing_bytes(
            VoteKind.PRECOMMIT, self.genesis.hash, height=height, round_=0, block_hash=block_hash
        )
        return Certificate(
            kind=VoteKind.PRECOMMIT,
            height=height,
            round=0,
            block_hash=block_hash,
            validators_hash=self.ledger.validators.hash,
            signatures=tuple(
                (index, key.sign(message)) for index, key in enumerate(self.validators[:count])
            ),
        )

    def decide(self, executed: ExecutedBlock) -> ExecutedBlock:
        """Certify a block, take it over and check every invariant."""
        certificate = self.certify(executed.hash)
        self.ledger.advance(
            executed.state,
            executed.update,
            height=executed.block.header.height,
            tip_hash=executed.hash,
            tip_time_ms=executed.block.header.time_ms,
        )
        self.last_commit = certificate
        self.blocks.append(executed)
        check_invariants(self.ledger)
        assert self.ledger.commitment.root == executed.block.header.state_root
        return executed

    def block(self, *transactions: Transaction, evidence: Sequence[Evidence] = ()) -> ExecutedBlock:
        """Make, follow and decide a block that holds all of these.

        Raises:
            InvalidBlock: the first piece of evidence that does not count.
            InvalidTransaction: the first transaction that cannot be applied.
        """
        proposed = self.propose(*transactions, evidence=evidence)
        made = (len(proposed.outcomes), len(proposed.verified.evidence))
        if made != (len(transactions), len(evidence)):
            self._raise_fault(transactions, evidence)
        followed = self.follow(proposed.block)
        assert followed.block == proposed.block
        return self.decide(followed)

    def _raise_fault(
        self, transactions: Sequence[Transaction], evidence: Sequence[Evidence]
    ) -> None:
        execution = start_execution(self.ledger, self.proposer().public_key)
        for one in evidence:
            punish(execution.state, one)
        for transaction in transactions:
            apply_transaction(execution, self.verify(transaction))
        pytest.fail("a transaction was left out that can be applied")

    def blocks_until(self, height: int) -> None:
        """Make empty blocks until the chain has ``height``."""
        while self.height < height:
            self.block()

    def skip_to(self, height: int) -> None:
        """Let heights go by of which nobody speaks; the sets of validators stay as they are."""
        ledger = self.ledger
        ledger.height, ledger.last_validators = height - 1, ledger.validators
        self.last_commit = self.certify(ledger.tip_hash)
        ledger.height = height

    def keep(self, receipt: Receipt) -> Receipt:
        """Remember a document, so that a block may carry it."""
        self.receipts[receipt.sidecar_id] = receipt
        return receipt

    def balance(self, who: str | Address) -> int:
        """Return base units of a person or an address; 0 where there is no account."""
        address = key_of(who).address if isinstance(who, str) else who
        return _integer(self.ledger, balance_key(address))

    def nonce(self, who: str, account: str | None = None) -> int:
        """Return the next nonce of a person's key, in their own account or another's."""
        key = key_of(who)
        sender = key_of(who if account is None else account).address
        return _integer(self.ledger, nonce_key(sender, key.public_key))

    @property
    def treasury(self) -> int:
        """Base units of the treasury."""
        return _integer(self.ledger, TREASURY_KEY)

    def find_reservation(self, reservation_id: Hash) -> ReservationRecord | None:
        """Return a reservation of the final state, or None."""
        record = self.ledger.records.get(reservation_key(reservation_id))
        assert record is None or isinstance(record, ReservationRecord)
        return record


def _integer(ledger: Ledger, key: bytes) -> int:
    record = ledger.records.get(key, 0)
    assert isinstance(record, int)
    return record


def forge(block: Block, *, receipts: Sequence[bytes] | None = None, **header: Any) -> Block:
    """Return a block whose header is changed, with the roots of its parts made right again."""
    transactions = header.pop("transactions", block.transactions)
    sidecar = block.receipts if receipts is None else tuple(receipts)
    roots: Mapping[str, Any] = {
        "transactions_root": merkle_root(transactions),
        "receipts_root": merkle_root(sidecar),
        "evidence_hash": evidence_hash(block.evidence),
    }
    changed = replace(block.header, **{**roots, **header})
    return replace(block, header=changed, transactions=tuple(transactions), receipts=sidecar)


def rebuilt(ledger: Ledger) -> Ledger:
    """Return a ledger loaded afresh from another one's records, as a node that starts does."""
    fresh = replace(ledger, records={}, commitment=Commitment(), due=DueQueue(), forget=DueQueue())
    fresh.load(dict(ledger.records))
    return fresh


def check_invariants(ledger: Ledger) -> None:
    """Check what must hold after every block, against a ledger rebuilt from the records alone."""
    assert ledger.total() == ledger.supply
    for record in ledger.records.values():
        if isinstance(record, int):
            assert record >= 0
        elif isinstance(record, ReservationRecord):
            assert record.spent >= 0
            assert record.pending >= 0
            assert record.spent + record.pending <= record.cap
            assert record.pending or not record.closing
            check_claims(record)
    disputed = [one for record in ledger.records.values() for one in _disputed(record)]
    disputes = [one for one in ledger.records.values() if isinstance(one, DisputeRecord)]
    assert len(disputed) == len(disputes)
    fresh = rebuilt(ledger)
    assert fresh.parameters == ledger.parameters
    assert fresh.next_validators == ledger.next_validators
    assert fresh.commitment.root == ledger.commitment.root
    assert fresh.due.keys == ledger.due.keys
    assert fresh.forget.keys == ledger.forget.keys


def check_claims(record: ReservationRecord) -> None:
    """Check a reservation's claims: what waits is pending, and no receipt or job is there twice."""
    waiting = (ClaimStatus.PENDING, ClaimStatus.DISPUTED)
    assert record.pending == sum(one.amount for one in record.claims if one.status in waiting)
    paid = sum(one.amount for one in record.claims if one.status is ClaimStatus.PAID)
    assert paid <= record.spent
    assert len({one.receipt_hash for one in record.claims}) == len(record.claims)
    assert len({one.job_id for one in record.claims}) == len(record.claims) <= record.jobs_max


def _disputed(record: object) -> list[ClaimRecord]:
    claims = record.claims if isinstance(record, ReservationRecord) else ()
    return [one for one in claims if one.status is ClaimStatus.DISPUTED]
