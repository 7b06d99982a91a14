"""The checks of a receipt, one function each; ``chain.verdict`` says what each of them means.

A check returns None where it passed, or what was missing where it could not be made; it raises
where it failed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from chain.block import Header
from chain.certificate import Certificate
from chain.claim import ClaimTransaction
from chain.crypto import address_of
from chain.errors import (
    ChainError,
    InvalidSignature,
    MalformedMessage,
    PriceAboveCeiling,
    ReceiptMismatch,
    WrongChain,
)
from chain.light import (
    check_certifies,
    check_final,
    check_inclusion,
)
from chain.outcome import OutcomeKind
from chain.primitives import Address, Hash
from chain.proof import ReceiptProof, check_canonical
from chain.proof_parts import ProofParts, open_proof
from chain.receipt import Receipt, ReceiptSignature, check_receipt, decode_receipt
from chain.reservation import price_ceiling
from chain.settled import adds_up, ends_claim
from chain.trust import Trust
from chain.validation import check_claim_agrees, verify_transaction
from chain.verdict import Check, CheckState, Verification, complete, unreadable, words_of

NO_PROOF = "no proof"
NO_GENESIS = "no trusted genesis"
NO_VALIDATORS = "no trusted validators"


@dataclass(frozen=True, slots=True)
class Case:
    """One receipt under examination.

    Attributes:
        receipt: the document.
        trust: what the caller knows.
        data: the bytes that were given; None where it was an object.
        proof: None for a document alone.
        parts: the proof's; likewise.
    """

    receipt: Receipt
    trust: Trust
    data: bytes | None
    proof: ReceiptProof | None = None
    parts: ProofParts | None = None


def verify_proof(proof: ReceiptProof, trust: Trust, *, data: bytes | None = None) -> Verification:
    """Make every check of a receipt with its proof.

    Args:
        proof: read, not checked.
        trust: what the caller knows.
        data: the bytes it was read from; None where it was an object.
    """
    try:
        parts = open_proof(proof)
    except ChainError as error:
        return unreadable(error)
    return _examine(Case(parts.receipt, trust, data, proof, parts))


def verify_document(data: bytes, trust: Trust) -> Verification:
    """Make the checks of a document alone: its form and its signatures."""
    try:
        receipt = decode_receipt(data)
    except ChainError as error:
        return unreadable(error)
    return _examine(Case(receipt, trust, data))


def _examine(case: Case) -> Verification:
    checks = [Check("schema", CheckState.PASSED)]
    checks += [_made(name, check, case) for name, check in _CHECKS.items()]
    found = complete(checks, "", receipt_hash=case.receipt.hash.hex())
    if not found.is_final or case.parts is None:
        return found
    outcome, settled = case.parts.outcome, case.parts.settlement
    paid, pending = (settled.outcome.paid, 0) if settled else (outcome.paid, outcome.pending)
    return replace(found, height=case.parts.header.height, paid=paid, pending=pending)


def _made(name: str, check: "CheckOfCase", case: Case) -> Check:
    try:
        missing = check(case)
    except ChainError as error:
        return Check(name, CheckState.FAILED, words_of(error))
    if missing is not None:
        return Check(name, CheckState.NOT_CHECKED, missing)
    return Check(name, CheckState.PASSED)


def _canonical_form(case: Case) -> str | None:
    if case.proof is not None:
        if case.proof.receipt.leaf != case.receipt.document:
            raise MalformedMessage(detail="the document is not in its canonical encoding")
        if case.data is not None:
            check_canonical(case.proof, case.data)
    elif case.data != case.receipt.document:
        return "it was spelt otherwise, and its canonical form was checked"
    return None


def _chain(case: Case) -> str | None:
    trust, receipt = case.trust, case.receipt
    ours = (receipt.chain_id, receipt.genesis_hash)
    if any((one.chain_id, one.genesis_hash.hex()) != ours for one, _ in _blocks(case)):
        raise WrongChain(what="receipt")
    if trust.genesis_hash is None:
        return NO_GENESIS
    if receipt.genesis_hash != trust.genesis_hash.hex():
        raise WrongChain(what="receipt")
    if trust.chain_id not in (None, receipt.chain_id):
        raise WrongChain(what="receipt")
    return None


def _hash(case: Case) -> str | None:
    if case.parts is None:
        return NO_PROOF
    claim = case.parts.claim
    if claim.receipt_hash != case.receipt.hash:
        raise ReceiptMismatch(field="hash")
    if claim.sidecar_id != case.receipt.sidecar_id:
        raise ReceiptMismatch(field="sidecar id")
    return None


def _signature(case: Case) -> str | None:
    envelope = case.receipt.signature
    signer = case.receipt.provider_address
    if case.parts is not None and case.parts.claim.public_key == envelope.key:
        signer = address_of(envelope.key)  # the chain let this key claim for the provider
    _check_envelope(case.receipt, envelope, signer, "provider")
    if case.trust.public_key not in (None, envelope.key):
        raise InvalidSignature(what="receipt by the key that was given")
    return None


def _client_signature(case: Case) -> str | None:
    envelope = case.receipt.client_signature
    if envelope is None:
        return "the client did not sign it"
    _check_envelope(case.receipt, envelope, case.receipt.client_address, "client")
    return None


def _check_envelope(
    receipt: Receipt, envelope: ReceiptSignature, signer: Address, who: str
) -> None:
    """Check one signature by itself.

    Raises:
        InvalidSignature: it does not verify, or its key is not the signer's own.
    """
    if address_of(envelope.key) != signer:
        raise InvalidSignature(what=f"receipt by its {who}'s own key")
    alone = receipt.model_copy(update={"signature": envelope, "client_signature": None})
    genesis_hash = Hash(bytes.fromhex(receipt.genesis_hash))
    try:
        check_receipt(alone, chain_id=receipt.chain_id, genesis_hash=genesis_hash)
    except InvalidSignature:
        raise InvalidSignature(what=f"receipt by its {who}") from None


def _arithmetic(case: Case) -> str | None:
    receipt, rate = case.receipt, case.trust.rate
    if case.parts is not None:
        outcome, settled = case.parts.outcome, case.parts.settlement
        if outcome.paid + outcome.pending + outcome.fee != receipt.price:
            raise ReceiptMismatch(field="price")
        if settled and not adds_up(settled.outcome, pending=outcome.pending):
            raise ReceiptMismatch(field="price")
    if rate is not None:
        ceiling = price_ceiling(units_micro=receipt.units, rate=rate)
        if receipt.price > ceiling:
            raise PriceAboveCeiling(price=receipt.price, ceiling=ceiling)
    return None


def _inclusion(case: Case) -> str | None:
    if case.proof is None or case.parts is None:
        return NO_PROOF
    check_inclusion(case.proof, case.parts.header)
    return None


def _claim(case: Case) -> str | None:
    if case.proof is None or case.parts is None:
        return NO_PROOF
    verify_transaction(case.proof.claim.leaf, genesis_hash=case.parts.header.genesis_hash)
    check_claim_agrees(case.parts.claim, case.receipt)
    return None


def _outcome(case: Case) -> str | None:
    if case.parts is None:
        return NO_PROOF
    parts, settled = case.parts, case.parts.settlement
    claim, outcome = parts.claim, parts.outcome
    subject = claim.reservation_id  # of one claim of a batch
    if isinstance(parts.transaction, ClaimTransaction):
        subject = parts.transaction.id(parts.header.genesis_hash)
    expected = (OutcomeKind.CLAIMED, subject, claim.receipt_hash)
    if (outcome.kind, outcome.subject, outcome.receipt_hash) != expected:
        raise ReceiptMismatch(field="outcome")
    if settled:
        is_later = settled.header.height > case.parts.header.height
        if not is_later or not ends_claim(settled.outcome, claim):
            raise ReceiptMismatch(field="settlement")
    return None


def _finality(case: Case) -> str | None:
    if case.parts is None:
        return NO_PROOF
    trust, blocks = case.trust, _blocks(case)
    for header, certificate in blocks:
        check_certifies(header, certificate)
    if trust.genesis_hash is None:
        return NO_GENESIS
    validators_at = trust.validators_of(case.parts)
    if validators_at is None:
        return NO_VALIDATORS
    for header, certificate in blocks:
        validators = validators_at(header.height)
        check_final(header, certificate, validators, genesis_hash=trust.genesis_hash)
    return None


def _blocks(case: Case) -> list[tuple[Header, Certificate]]:
    """Return the blocks that a case rests on: the claim's, and the payment's if it came later."""
    found = [] if case.parts is None else [case.parts, case.parts.settlement]
    return [(block.header, block.certificate) for block in found if block is not None]


CheckOfCase = Callable[[Case], str | None]
"""Returns None where it passed and what was missing where it could not be made; raises why not."""

_CHECKS: dict[str, CheckOfCase] = {
    "canonical form": _canonical_form,
    "chain": _chain,
    "hash": _hash,
    "signature": _signature,
    "client signature": _client_signature,
    "arithmetic": _arithmetic,
    "inclusion": _inclusion,
    "claim": _claim,
    "outcome": _outcome,
    "finality": _finality,
}
