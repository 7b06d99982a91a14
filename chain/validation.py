"""Every check that needs no state: size, form, chain, signature, agreement of claim and receipt.

Its results are types: a ``VerifiedTransaction`` or ``VerifiedBlock`` exists only where these
checks were made, and execution takes nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from chain.approval import ApprovedTransaction
from chain.block import Block, evidence_hash, last_commit_hash
from chain.certificate import SignatureCheck
from chain.claim import Claim, ClaimTransaction, acceptance_bytes, claim_of
from chain.claim_batch import ClaimBatch
from chain.crypto import SigningKind, check_signature, signing_bytes
from chain.errors import InvalidBlock, InvalidPayload, LimitExceeded, ReceiptMismatch
from chain.evidence import Evidence, check_evidence
from chain.fields import decode_disclosure
from chain.merkle import merkle_root
from chain.new_validators import NewValidators, check_validator_acceptance
from chain.payloads import Dispute, Payload, Reserve
from chain.policy_payloads import Grant, Offer
from chain.primitives import (
    BLOCK_CLAIMS_MAX,
    BLOCK_EVIDENCE_MAX,
    BLOCK_SIDECAR_BYTES_MAX,
    BLOCK_TRANSACTION_BYTES_MAX,
    BLOCK_TRANSACTIONS_MAX,
    SIGNATURE_BYTES,
    Hash,
)
from chain.receipt import LABEL, Receipt, check_receipt, decode_receipt
from chain.transaction import (
    SignedTransaction,
    Transaction,
    claims_in,
    decode_transaction,
    full_id,
    transaction_id_of,
)


@dataclass(frozen=True, slots=True)
class VerifiedTransaction:
    """A transaction whose form and signatures were checked.

    Attributes:
        transaction: the decoded form.
        data: its stored bytes.
        id: the transaction id.
        full_id: hash of ``data``.
    """

    transaction: Transaction
    data: bytes
    id: Hash
    full_id: Hash


@dataclass(frozen=True)
class VerifiedBlock:
    """A block whose parts were checked by themselves and against its header's roots.

    Attributes:
        block: the bytes.
        transactions: in order of execution.
        receipts: the sidecar, in the order of the claims.
        evidence: each signed by the key that it names.
    """

    block: Block
    transactions: tuple[VerifiedTransaction, ...]
    receipts: tuple[Receipt, ...]
    evidence: tuple[Evidence, ...] = ()


def verify_transaction(data: bytes, *, genesis_hash: Hash) -> VerifiedTransaction:
    """Decode a transaction and check its signatures.

    Raises:
        MalformedMessage, LimitExceeded: the bytes are no transaction.
        InvalidSignature: a signature does not verify (one made for another chain does not).
        InvalidPayload: a label of a reservation is none.
    """
    transaction = decode_transaction(data)
    if isinstance(transaction, SignedTransaction):
        check_labels(transaction.payload)
        if isinstance(transaction.payload, Dispute) and transaction.payload.disclosure:
            decode_disclosure(transaction.payload.disclosure)
        signed = signing_bytes(SigningKind.TRANSACTION, genesis_hash, data[:-SIGNATURE_BYTES])
        check_signature(
            public_key=transaction.public_key,
            message=signed,
            signature=transaction.signature,
            what="transaction",
        )
        transaction_id = transaction_id_of(signed)
    else:
        _check_proofs(transaction, genesis_hash=genesis_hash)
        transaction_id = transaction.id(genesis_hash)
    return VerifiedTransaction(
        transaction=transaction, data=data, id=transaction_id, full_id=full_id(data)
    )


def check_labels(payload: Payload) -> None:
    """Check the labels of a payload: what is none is not passed on either.

    Raises:
        InvalidPayload: one of them holds something else, such as a path.
    """
    for name, label in _labels_of(payload):
        if not LABEL.fullmatch(label):
            raise InvalidPayload(detail=f"{name} is not a label of letters, digits and ._:-")


def _labels_of(payload: Payload) -> list[tuple[str, str]]:
    match payload:
        case Reserve():
            model = [("model", payload.model)] if payload.model else []
            return [("job_id", payload.job_id), ("unit_type", payload.unit_type), *model]
        case Grant():
            return [("label", payload.label), *(("model", model) for model in payload.models)]
        case Offer():
            return [("model", payload.model), ("unit_type", payload.unit_type)]
        case _:
            return []


def _check_proofs(
    transaction: ClaimTransaction | ClaimBatch | ApprovedTransaction, *, genesis_hash: Hash
) -> None:
    """Check the signatures of what has no sender and proves itself."""
    if isinstance(transaction, ApprovedTransaction):
        _check_approvals(transaction, genesis_hash=genesis_hash)
        return
    check_signature(
        public_key=claims_in(transaction)[0].public_key,
        message=transaction.signing_bytes(genesis_hash),
        signature=transaction.signature,
        what="claim",
    )
    if isinstance(transaction, ClaimTransaction):
        _check_acceptance(transaction, genesis_hash=genesis_hash)


def _check_acceptance(transaction: ClaimTransaction, *, genesis_hash: Hash) -> None:
    claim, acceptance = transaction.claim, transaction.acceptance
    if acceptance is not None:
        check_signature(
            public_key=acceptance.public_key,
            message=acceptance_bytes(claim, genesis_hash=genesis_hash),
            signature=acceptance.signature,
            what="acceptance",
        )


def _check_approvals(transaction: ApprovedTransaction, *, genesis_hash: Hash) -> None:
    message = transaction.signing_bytes(genesis_hash)
    for approval in transaction.approvals:
        check_signature(
            public_key=approval.public_key,
            message=message,
            signature=approval.signature,
            what="approval",
        )
    if isinstance(transaction.decision, NewValidators):
        for accepted in transaction.decision.added:
            check_validator_acceptance(accepted, genesis_hash=genesis_hash)


def verify_receipt_document(data: bytes, *, chain_id: str, genesis_hash: Hash) -> Receipt:
    """Decode a receipt document in its canonical form and check its signatures.

    Raises:
        MalformedMessage: it is no receipt, or not in its canonical form.
        WrongChain, InvalidSignature: as :func:`chain.receipt.check_receipt`.
    """
    receipt = decode_receipt(data)
    if receipt.document != data:
        raise ReceiptMismatch(field="canonical form")
    check_receipt(receipt, chain_id=chain_id, genesis_hash=genesis_hash)
    return receipt


def check_claim_agrees(claim: Claim, receipt: Receipt) -> None:
    """Check that a claim asks for exactly what its document says.

    Raises:
        ReceiptMismatch: names the first field that differs.
    """
    expected = claim_of(receipt, final=claim.final)
    for field in expected.__dataclass_fields__:
        if getattr(expected, field) != getattr(claim, field):
            raise ReceiptMismatch(field=field)


def verify_block(
    block: Block,
    *,
    known: Mapping[Hash, VerifiedTransaction],
    known_receipts: Mapping[Hash, Receipt],
    check: SignatureCheck = check_signature,
) -> VerifiedBlock:
    """Check a block's parts and the roots they give.

    Args:
        block: the bytes.
        known: verified transactions by full id; those not in it are verified here.
        known_receipts: verified documents by sidecar id; likewise.
        check: the signature check for evidence, which is about validators' messages.

    Raises:
        ChainError: the kind of the first fault; a block with any fault is invalid as a whole.
    """
    check_block_limits(block)
    check_block_roots(block)
    genesis_hash, chain_id = block.header.genesis_hash, block.header.chain_id
    transactions = tuple(
        known.get(full_id(data)) or verify_transaction(data, genesis_hash=genesis_hash)
        for data in block.transactions
    )
    claims = [claim for one in transactions for claim in claims_in(one.transaction)]
    if len(claims) != len(block.receipts):
        raise InvalidBlock(detail=f"{len(claims)} claims but {len(block.receipts)} receipts")
    receipts = []
    for claim, data in zip(claims, block.receipts, strict=True):
        receipt = known_receipts.get(claim.sidecar_id)
        if receipt is None or receipt.document != data:
            receipt = verify_receipt_document(data, chain_id=chain_id, genesis_hash=genesis_hash)
        check_claim_agrees(claim, receipt)
        receipts.append(receipt)
    evidence = tuple(map(Evidence.decode, block.evidence))
    for one in evidence:
        check_evidence(one, genesis_hash=genesis_hash, check=check)
    return VerifiedBlock(block, transactions, tuple(receipts), evidence)


def check_block_limits(block: Block) -> None:
    """Check the block's counts and sizes.

    Raises:
        LimitExceeded: names the limit.
    """
    sizes = (
        ("the block's transactions", len(block.transactions), BLOCK_TRANSACTIONS_MAX),
        ("the block's claims", len(block.receipts), BLOCK_CLAIMS_MAX),
        ("the block's evidence", len(block.evidence), BLOCK_EVIDENCE_MAX),
        ("the block's bytes", sum(map(len, block.transactions)), BLOCK_TRANSACTION_BYTES_MAX),
        ("the sidecar's bytes", sum(map(len, block.receipts)), BLOCK_SIDECAR_BYTES_MAX),
    )
    for what, got, limit in sizes:
        if got > limit:
            raise LimitExceeded(what=what, got=got, limit=limit)


def check_block_roots(block: Block) -> None:
    """Check the header against the parts that need no execution.

    Raises:
        InvalidBlock: a root or hash differs.
    """
    header = block.header
    roots = (
        ("transactions_root", header.transactions_root, merkle_root(block.transactions)),
        ("receipts_root", header.receipts_root, merkle_root(block.receipts)),
        ("last_commit_hash", header.last_commit_hash, last_commit_hash(block.last_commit)),
        ("evidence_hash", header.evidence_hash, evidence_hash(block.evidence)),
    )
    for name, stated, computed in roots:
        if stated != computed:
            raise InvalidBlock(detail=f"its {name} does not match its parts")
