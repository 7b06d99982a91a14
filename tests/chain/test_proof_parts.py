from dataclasses import replace

import pytest

from chain.errors import MalformedMessage
from chain.proof import ReceiptProof
from chain.proof_parts import open_proof
from tests.support.proofs import proven_chain

PROOF, _, SETTLED = proven_chain().proofs


def test_settlement_is_the_later_payment() -> None:
    parts = open_proof(SETTLED)
    assert parts.settlement is not None
    assert (parts.header.height, parts.settlement.header.height) == (2, 7)
    assert (parts.outcome.pending, parts.settlement.outcome.paid) == (300, 300)
    assert open_proof(PROOF).settlement is None


@pytest.mark.parametrize("part", ["receipt", "header", "certificate", "claim", "outcome"])
def test_part_that_does_not_decode_is_named(part: str) -> None:
    value = getattr(PROOF, part)
    cut = value[:-1] if isinstance(value, bytes) else replace(value, leaf=value.leaf[:-1])
    broken: ReceiptProof = replace(PROOF, **{part: cut})
    with pytest.raises(MalformedMessage, match=f"proof's {part}"):
        open_proof(broken)


def test_claim_of_another_kind_is_refused() -> None:
    transfer = proven_chain().parts.transactions[0]
    with pytest.raises(MalformedMessage, match="another kind"):
        open_proof(replace(PROOF, claim=replace(PROOF.claim, leaf=transfer)))


@pytest.mark.parametrize("part", ["header", "certificate", "outcome"])
def test_settlement_that_does_not_decode_is_named(part: str) -> None:
    assert SETTLED.settlement is not None
    value = getattr(SETTLED.settlement, part)
    cut = value[:-1] if isinstance(value, bytes) else replace(value, leaf=value.leaf[:-1])
    broken = replace(SETTLED, settlement=replace(SETTLED.settlement, **{part: cut}))
    with pytest.raises(MalformedMessage, match="proof's settlement"):
        open_proof(broken)
