"""What the bytes of a receipt proof say: document, headers, certificates, claim and outcomes.

Read strictly and believed in nothing: signatures, hashes and paths are for ``chain.verification``.
"""

from dataclasses import dataclass

from chain.block import Header
from chain.certificate import Certificate
from chain.claim import Claim, ClaimTransaction
from chain.claim_batch import ClaimBatch
from chain.codec import decode_whole
from chain.errors import MalformedMessage
from chain.outcome import Outcome
from chain.proof import ReceiptProof, Settlement
from chain.receipt import Receipt, decode_receipt
from chain.set_change import ChangeParts, open_change
from chain.transaction import claims_in, decode_transaction


@dataclass(frozen=True, slots=True)
class SettlementParts:
    """What a settlement's bytes say.

    Attributes:
        header: of the block that paid.
        certificate: of that block, by its own word.
        outcome: the payment.
    """

    header: Header
    certificate: Certificate
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class ProofParts:
    """What a proof's bytes say, read strictly; no signature, hash or path is checked.

    Attributes:
        receipt: the document.
        header: of the claim's block.
        certificate: of that block, by its own word.
        transaction: the claim, or the batch that holds it.
        claim: the receipt's claim.
        outcome: what became of it.
        settlement: the later payment; None where there is none.
        changes: of the validators, in order.
    """

    receipt: Receipt
    header: Header
    certificate: Certificate
    transaction: ClaimTransaction | ClaimBatch
    claim: Claim
    outcome: Outcome
    settlement: SettlementParts | None = None
    changes: tuple[ChangeParts, ...] = ()


def open_proof(proof: ReceiptProof) -> ProofParts:
    """Read the parts of a proof.

    Raises:
        MalformedMessage: a part does not decode; the sentence names it.
        LimitExceeded: the claim, or a set of validators, is above every limit.
    """
    name = "receipt"
    try:
        receipt = decode_receipt(proof.receipt.leaf)
        name = "header"
        header = Header.decode(proof.header)
        name = "certificate"
        certificate = Certificate.decode(proof.certificate)
        name = "claim"
        transaction = decode_transaction(proof.claim.leaf)
        name = "outcome"
        outcome = decode_whole(proof.outcome.leaf, Outcome.read)
        name = "settlement"
        settlement = None if proof.settlement is None else _open_settlement(proof.settlement)
        name = "change"
        changes = tuple(map(open_change, proof.changes))
    except MalformedMessage as error:
        raise MalformedMessage(detail=f"the proof's {name}: {error.detail}") from None
    if not isinstance(transaction, ClaimTransaction | ClaimBatch):
        raise MalformedMessage(detail="the proof's claim is a transaction of another kind")
    claim = _claim_of(transaction, receipt)
    return ProofParts(
        *(receipt, header, certificate, transaction, claim, outcome, settlement, changes)
    )


def _claim_of(transaction: ClaimTransaction | ClaimBatch, receipt: Receipt) -> Claim:
    """Return the claim of a receipt; where a batch holds none, one that the checks will refuse."""
    claims = claims_in(transaction)
    return next((one for one in claims if one.receipt_hash == receipt.hash), claims[0])


def _open_settlement(settlement: Settlement) -> SettlementParts:
    return SettlementParts(
        header=Header.decode(settlement.header),
        certificate=Certificate.decode(settlement.certificate),
        outcome=decode_whole(settlement.outcome.leaf, Outcome.read),
    )
