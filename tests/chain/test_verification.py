from dataclasses import replace
from typing import Any

import pytest

from chain.claim import ClaimTransaction
from chain.codec import u64
from chain.inclusion import include
from chain.light import LightClient
from chain.primitives import Signature
from chain.proof import ReceiptProof, Settlement
from chain.proof_parts import open_proof
from chain.receipt import Receipt, ReceiptSignature
from chain.trust import Trust
from chain.verdict import NAMES, CheckState, Verification
from chain.verification import _CHECKS, verify_document, verify_proof
from tests.support.builders import a_receipt, a_receipt_body, key_of
from tests.support.chain import forge
from tests.support.proofs import ProvenChain, proven_chain

WORLD = proven_chain()
ELSEWHERE = proven_chain("aitbc-elsewhere")
PAID, PENDING, SETTLED = WORLD.proofs


def trust_in(world: ProvenChain, **known: Any) -> Trust:  # noqa: ANN401 - handed on by name
    genesis = world.genesis
    return Trust(
        **{
            "genesis_hash": genesis.hash,
            "chain_id": genesis.chain_id,
            "validators": genesis.validators,
        }
        | known
    )


TRUST = trust_in(WORLD)
PARTS = tuple(Settlement.__dataclass_fields__)


def verify(proof: ReceiptProof, trust: Trust = TRUST) -> Verification:
    return verify_proof(proof, trust, data=proof.encode())


def failed(found: Verification) -> set[str]:
    return {check.name for check in found.checks if check.state == CheckState.FAILED}


def signed_by_all(proof: ReceiptProof, **header: Any) -> ReceiptProof:  # noqa: ANN401 - likewise
    """Return a proof whose header is changed and signed by every validator: a chain gone bad."""
    block = forge(WORLD.block.block, **header)
    chain = ProvenChain().chain
    chain.ledger.height = block.header.height - 1  # it certifies the height that comes next
    certificate = chain.certify(block.hash).encode()
    return replace(proof, header=block.header.encode(), certificate=certificate)


def test_every_check_has_its_line() -> None:
    assert ("schema", *_CHECKS) == NAMES


def test_paid_receipt_is_valid_and_final() -> None:
    found = verify(PAID)
    assert found
    assert found.is_final
    assert (found.height, found.paid, found.pending) == (2, 300, 0)
    assert found.receipt_hash == WORLD.receipts[0].hash.hex()
    not_made = {check.name for check in found.checks if check.state == CheckState.NOT_CHECKED}
    assert not_made == {"client signature"}


def test_pending_receipt_is_final_and_paid_nothing_yet() -> None:
    found = verify(PENDING)
    assert found.is_final
    assert (found.paid, found.pending) == (0, 300)


def test_receipt_that_waited_is_final_and_paid_later() -> None:
    found = verify(SETTLED)
    assert found.is_final, found.report
    assert (found.height, found.paid, found.pending) == (2, 300, 0)


def test_light_client_gives_the_validators_of_both_blocks() -> None:
    assert verify(SETTLED, trust_in(WORLD, validators=LightClient(WORLD.genesis))).is_final


def settled_by(**changes: Any) -> ReceiptProof:  # noqa: ANN401 - handed on by name
    """Return the proof with a part of its payment changed."""
    assert SETTLED.settlement is not None
    return replace(SETTLED, settlement=replace(SETTLED.settlement, **changes))


def test_payment_must_be_this_receipt_s_own() -> None:
    assert SETTLED.settlement is not None
    paid_twice = replace(PAID, settlement=SETTLED.settlement)
    assert failed(verify(paid_twice)) == {"arithmetic", "outcome"}
    itself = settled_by(**{name: getattr(PENDING, name) for name in PARTS})
    assert failed(verify(itself)) == {"arithmetic", "outcome"}
    outcome = SETTLED.settlement.outcome
    more = replace(outcome, leaf=outcome.leaf[:-1] + b"\1")
    found = verify(settled_by(outcome=more))
    assert failed(found) == {"inclusion"}
    assert "settlement's path" in found.reason


def test_payment_must_be_in_a_final_block_of_the_chain() -> None:
    parts = open_proof(SETTLED).settlement
    assert parts is not None
    few = replace(parts.certificate, signatures=parts.certificate.signatures[:2]).encode()
    assert "2 signed" in verify(settled_by(certificate=few)).reason
    foreign = settled_by(certificate=PAID.certificate)
    for trust in (TRUST, Trust()):
        assert "of another block" in verify(foreign, trust)["finality"].reason
    assert ELSEWHERE.proofs[2].settlement is not None
    other = ELSEWHERE.proofs[2].settlement
    found = verify(replace(SETTLED, settlement=other))
    assert {"chain", "outcome", "finality"} == failed(found)


def test_without_a_genesis_nothing_is_final() -> None:
    found = verify(PAID, Trust())
    assert found
    assert not found.is_final
    assert found["finality"].reason == found["chain"].reason == "no trusted genesis"
    assert (found.height, found.paid) == (None, None)
    found = verify(PAID, Trust(genesis_hash=WORLD.genesis.hash))
    assert found["finality"].reason == "no trusted validators"
    assert found["chain"].state == CheckState.PASSED


def test_document_alone_shows_its_signature_and_nothing_else() -> None:
    found = verify_document(WORLD.receipts[0].document, Trust())
    assert found
    assert not found.is_final
    for name in ("hash", "inclusion", "claim", "outcome", "finality"):
        assert found[name].reason == "no proof"
    assert found["canonical form"].state == CheckState.PASSED


def test_document_spelt_otherwise_is_checked_in_its_canonical_form() -> None:
    found = verify_document(WORLD.receipts[0].document.replace(b",", b" ,"), Trust())
    assert found
    assert found["canonical form"].state == CheckState.NOT_CHECKED


@pytest.mark.parametrize(
    ("trust", "name", "reason"),
    [
        (trust_in(ELSEWHERE), "chain", "another chain"),
        (trust_in(WORLD, chain_id="other"), "chain", "another chain"),
        (trust_in(WORLD, genesis_hash=ELSEWHERE.genesis.hash), "finality", "another chain"),
        (trust_in(WORLD, validators=None), "", ""),
        (trust_in(WORLD, public_key=key_of("miner").public_key), "", ""),
        (trust_in(WORLD, public_key=key_of("client").public_key), "signature", "that was given"),
        (trust_in(WORLD, rate=200), "", ""),
        (trust_in(WORLD, rate=199), "arithmetic", "above units times rate, which is 299"),
    ],
)
def test_caller_knows_better(trust: Trust, name: str, reason: str) -> None:
    found = verify(PAID, trust)
    assert bool(found) == (not name)
    if name:
        assert reason in found[name].reason


def test_wrong_validators_are_named() -> None:
    others = proven_chain().genesis.validators
    assert verify(PAID, trust_in(WORLD, validators=others)).is_final
    found = verify(PAID, trust_in(WORLD, validators=type(others)(list(others)[:3])))
    assert failed(found) == {"finality"}
    assert "other validators" in found.reason


def test_certificate_of_another_block_is_refused_even_without_a_genesis() -> None:
    parts = open_proof(PAID)
    for changes in ({"height": 1}, {"block_hash": parts.header.parent_hash}):
        other = replace(parts.certificate, **changes).encode()
        for trust in (TRUST, Trust()):
            found = verify(replace(PAID, certificate=other), trust)
            assert found.reason == (
                "finality: the commit certificate is invalid: it is of another block"
            )


def test_too_few_signatures_are_counted() -> None:
    certificate = open_proof(PAID).certificate
    few = replace(certificate, signatures=certificate.signatures[:2])
    found = verify(replace(PAID, certificate=few.encode()))
    assert failed(found) == {"finality"}
    assert "2 signed and 3 are needed" in found.reason
    enough = replace(certificate, signatures=certificate.signatures[1:])
    assert verify(replace(PAID, certificate=enough.encode())).is_final


def test_receipt_of_another_leaf_is_not_the_claimed_one() -> None:
    found = verify(replace(PAID, receipt=PENDING.receipt))
    assert failed(found) == {"hash", "claim"}
    assert "hash does not agree with its claim" in found.reason


def test_claim_of_another_receipt_is_refused() -> None:
    found = verify(replace(PAID, claim=PENDING.claim, outcome=PENDING.outcome))
    assert failed(found) == {"hash", "claim"}


def test_outcome_of_another_claim_is_refused() -> None:
    found = verify(replace(PAID, outcome=PENDING.outcome))
    assert found.reason.startswith("outcome: ")
    assert failed(found) == {"outcome"}


def test_altered_outcome_is_not_in_the_block() -> None:
    outcome = open_proof(PAID).outcome
    for altered in (replace(outcome, paid=299, fee=1), replace(outcome, returned=1)):
        leaf = replace(PAID.outcome, leaf=altered.encode())
        found = verify(replace(PAID, outcome=leaf))
        assert failed(found) == {"inclusion"}
        assert "outcomes_root" in found.reason
    more = replace(PAID.outcome, leaf=replace(outcome, paid=301).encode())
    assert failed(verify(replace(PAID, outcome=more))) == {"arithmetic", "inclusion"}


def test_money_must_add_up_even_in_a_block_that_validators_signed() -> None:
    outcome = replace(open_proof(PAID).outcome, paid=301)
    alone = include([outcome.encode()], 0)
    found = verify(signed_by_all(replace(PAID, outcome=alone), outcomes_root=alone.root))
    assert failed(found) == {"arithmetic"}


def test_claim_must_be_signed_even_in_a_block_that_validators_signed() -> None:
    parts = open_proof(PAID)
    signature = parts.transaction.signature
    turned = Signature(signature[:-1] + bytes((signature[-1] ^ 1,)))
    forged = ClaimTransaction(claim=parts.claim, signature=turned)
    alone = include([forged.encode()], 0)
    found = verify(signed_by_all(replace(PAID, claim=alone), transactions_root=alone.root))
    assert failed(found) == {"claim"}


def test_document_must_be_of_the_block_s_chain() -> None:
    stranger = include([ELSEWHERE.receipts[0].document], 0)
    found = verify(signed_by_all(replace(PAID, receipt=stranger), receipts_root=stranger.root))
    assert {"chain", "hash", "claim"} == failed(found)


def test_document_inside_a_proof_must_be_canonical() -> None:
    loose = include([PAID.receipt.leaf.replace(b",", b" ,")], 0)
    found = verify(signed_by_all(replace(PAID, receipt=loose), receipts_root=loose.root))
    assert failed(found) == {"canonical form"}
    assert found["canonical form"].reason == "the document is not in its canonical encoding"


def test_file_must_be_spelt_canonically() -> None:
    found = verify_proof(PAID, TRUST, data=PAID.encode() + b"\n")
    assert found.reason == "canonical form: the proof is not in its canonical encoding"
    assert verify_proof(PAID, TRUST).is_final


def test_proof_that_cannot_be_opened_is_unreadable() -> None:
    found = verify(replace(PAID, header=PAID.header[:-1]))
    assert found.reason == "schema: the proof's header: it ends too early"


def document_of(receipt: Receipt) -> Verification:
    return verify_document(receipt.document, Trust())


def test_signature_must_be_the_provider_s_own() -> None:
    found = document_of(a_receipt(signer="client"))
    assert failed(found) == {"signature"}
    assert "provider's own key" in found.reason
    changed = a_receipt().document.replace(b'"price":', b'"price":1')
    found = verify_document(changed, Trust())
    assert failed(found) == {"signature"}
    assert "by its provider does not verify" in found.reason


def also_signed(envelope: ReceiptSignature) -> Receipt:
    """Return the miner's receipt with a second signature."""
    signatures = {"signature": a_receipt().signature, "client_signature": envelope}
    return Receipt.model_validate(a_receipt_body().model_dump() | signatures)


def test_client_signature_is_checked_where_there_is_one() -> None:
    own = a_receipt(signer="client").signature
    assert document_of(also_signed(own))["client signature"].state == CheckState.PASSED
    for envelope, reason in (
        (a_receipt(signer="stranger").signature, "client's own key"),
        (own.model_copy(update={"sig": a_receipt().signature.sig}), "by its client does not"),
    ):
        found = document_of(also_signed(envelope))
        assert failed(found) == {"client signature"}
        assert reason in found.reason


def test_unreadable_document_fails_its_schema() -> None:
    assert verify_document(b"{}", Trust()).reason.startswith("schema: ")


def test_amounts_of_the_outcome_are_where_the_layout_says() -> None:
    leaf = PAID.outcome.leaf
    assert leaf[65:] == u64(0) + u64(300) + u64(0) + u64(0)
