"""Executing a block: from the final state and a verified block to an executed one.

Executing changes nothing that is final. The result holds the draft of the state, and the store
and the ledger take it over together when the block is decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chain.block import Block, Header
from chain.block_end import finish_block
from chain.certificate import Certificate, SignatureCheck, check_certificate
from chain.commitment import CommitmentUpdate
from chain.crypto import check_signature
from chain.errors import HeaderMismatch, InvalidBlock, InvalidTransaction
from chain.merkle import merkle_root
from chain.outcome import Outcome
from chain.payout import PayoutRow
from chain.payout_period import root_of_period
from chain.primitives import Hash, PublicKey
from chain.punishment import punish
from chain.state import Ledger, State
from chain.transition import Execution, apply_transaction
from chain.validation import VerifiedBlock


@dataclass(frozen=True)
class ExecutedBlock:
    """A valid block with everything that deciding it changes.

    Attributes:
        verified: the block.
        outcomes: one for each transaction, in order.
        claim_outcomes: one for each receipt document, in order.
        due_outcomes: of the work that fell due.
        payouts: rows of the payout period that ended here, if one did.
        state: the draft after the block.
        update: the state tree's changes.
    """

    verified: VerifiedBlock
    outcomes: tuple[Outcome, ...]
    claim_outcomes: tuple[Outcome, ...]
    due_outcomes: tuple[Outcome, ...]
    payouts: tuple[PayoutRow, ...] | None
    state: State
    update: CommitmentUpdate

    @property
    def block(self) -> Block:
        """The block itself."""
        return self.verified.block

    @property
    def hash(self) -> Hash:
        """The block's hash."""
        return self.verified.block.hash


def execute_block(
    ledger: Ledger, verified: VerifiedBlock, *, check: SignatureCheck = check_signature
) -> ExecutedBlock:
    """Execute a block on top of the final state and compare every header field.

    Args:
        ledger: the final state.
        verified: the block, whose parts were checked.
        check: the signature check for the votes in it; a caller may hand in one that remembers.

    Raises:
        InvalidBlock: it does not follow the tip, its evidence does not count, a transaction cannot
            be applied, a limit or the parent's certificate is broken, or a header field differs.
    """
    block = verified.block
    _check_parent(ledger, block, check)
    execution = start_execution(ledger, block.header.proposer)
    for evidence in verified.evidence:
        punish(execution.state, evidence)
    outcomes = []
    for transaction in verified.transactions:
        try:
            outcomes.append(apply_transaction(execution, transaction))
        except InvalidTransaction as error:
            detail = f"transaction {transaction.id.hex()} cannot be applied: {error}"
            raise InvalidBlock(detail=detail) from error
    executed = finish_execution(execution, verified, outcomes)
    expected = executed.block.header
    for field in Header.__dataclass_fields__:
        if getattr(expected, field) != getattr(block.header, field):
            raise HeaderMismatch(detail=field)
    return replace(executed, verified=verified)


def _check_parent(ledger: Ledger, block: Block, check: SignatureCheck) -> None:
    """Check that a block follows the tip and carries the tip's certificate.

    Raises:
        InvalidBlock: names what does not follow.
    """
    header = block.header
    if header.height != ledger.height + 1 or header.parent_hash != ledger.tip_hash:
        raise InvalidBlock(detail="it does not follow the last final block")
    if header.time_ms <= ledger.tip_time_ms:
        raise InvalidBlock(detail="its time is not after its parent's")
    if ledger.validators.find_index(header.proposer) is None:
        raise InvalidBlock(detail="its proposer is not a validator")
    check_last_commit(ledger, block.last_commit, check=check)


def check_last_commit(
    ledger: Ledger, certificate: Certificate | None, *, check: SignatureCheck = check_signature
) -> None:
    """Check that a certificate is the tip's; the first block has none.

    Raises:
        InvalidBlock: it is another block's, or is missing or superfluous.
        InvalidCertificate: too few validators signed, or a signature fails.
    """
    if ledger.height == 0:
        if certificate is not None:
            raise InvalidBlock(detail="the first block has no parent to certify")
        return
    tip = (ledger.height, ledger.tip_hash)
    if certificate is None or (certificate.height, certificate.block_hash) != tip:
        raise InvalidBlock(detail="its last commit does not certify its parent")
    check_certificate(
        certificate,
        validators=ledger.last_validators,
        genesis_hash=ledger.genesis_hash,
        check=check,
    )


def start_execution(ledger: Ledger, proposer: PublicKey) -> Execution:
    """Return an empty draft whose fees go to the proposer's payee."""
    index = ledger.validators.find_index(proposer)
    assert index is not None
    return Execution(state=State(ledger), payee=ledger.validators[index].payee)


def finish_execution(
    execution: Execution, verified: VerifiedBlock, outcomes: Sequence[Outcome]
) -> ExecutedBlock:
    """Do the due work, compute the roots and complete the header.

    Args:
        execution: with every transaction applied.
        verified: the block; of its header, the fields that execution gives are replaced.
        outcomes: of the transactions, in order.
    """
    due_outcomes = finish_block(execution)
    state, ledger = execution.state, execution.state.ledger
    created = state.money_created()
    assert created == 0, f"the block would create {created} base units"
    update = ledger.commitment.compute(state.changes.items())
    claim_outcomes = tuple(state.claim_outcomes)
    rows = outcome_rows(outcomes, claim_outcomes, due_outcomes)
    header = replace(
        verified.block.header,
        chain_id=ledger.chain_id,
        genesis_hash=ledger.genesis_hash,
        height=state.height,
        parent_hash=ledger.tip_hash,
        outcomes_root=merkle_root(rows),
        state_root=update.root,
        validators_hash=ledger.validators.hash,
        next_validators_hash=ledger.next_validators.hash,
        params_hash=ledger.parameters.hash,
        payouts_root=root_of_period(execution.payouts),
    )
    return ExecutedBlock(
        verified=replace(verified, block=replace(verified.block, header=header)),
        outcomes=tuple(outcomes),
        claim_outcomes=claim_outcomes,
        due_outcomes=tuple(due_outcomes),
        payouts=execution.payouts,
        state=state,
        update=update,
    )


def outcome_rows(
    outcomes: Sequence[Outcome],
    claim_outcomes: Sequence[Outcome],
    due_outcomes: Sequence[Outcome],
) -> list[bytes]:
    """Return the leaves of ``outcomes_root``: of the transactions, of each claim, of due work."""
    return [one.encode() for one in (*outcomes, *claim_outcomes, *due_outcomes)]
