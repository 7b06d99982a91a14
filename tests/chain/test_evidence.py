"""What proves that a key contradicted itself, by itself, and what does not."""

from dataclasses import replace

import pytest

from chain.block import EVIDENCE_BYTES_MAX
from chain.crypto import SigningKind
from chain.errors import InvalidSignature, MalformedMessage
from chain.evidence import TAIL_BYTES, Evidence, Statement, check_evidence
from chain.primitives import HEIGHT_MAX, Hash, PublicKey, Signature
from tests.support.builders import GENESIS_HASH
from tests.support.evidence import an_evidence
from tests.support.seats import seat_key

KINDS = (SigningKind.PROPOSAL, SigningKind.PREVOTE, SigningKind.PRECOMMIT)


def check(evidence: Evidence) -> None:
    check_evidence(evidence, genesis_hash=GENESIS_HASH)


@pytest.mark.parametrize("kind", KINDS)
def test_two_statements_of_one_place_prove_it(kind: SigningKind) -> None:
    evidence = an_evidence(2, height=7, round_=3, kind=kind)
    check(evidence)
    assert Evidence.decode(evidence.encode()) == evidence
    assert len(evidence.encode()) == 45 + 2 * (TAIL_BYTES[kind] + 64) <= EVIDENCE_BYTES_MAX


def test_both_signatures_are_of_the_key_that_is_named() -> None:
    evidence = an_evidence(2)
    for name in ("first", "second"):
        statement = replace(getattr(evidence, name), signature=Signature(bytes(64)))
        with pytest.raises(InvalidSignature, match="prevote in evidence"):
            check(replace(evidence, **{name: statement}))
    with pytest.raises(InvalidSignature):
        check(replace(evidence, public_key=seat_key(3).public_key))


@pytest.mark.parametrize(
    "changes",
    [
        {"height": 2},
        {"round": 1},
        {"kind": SigningKind.PRECOMMIT},
        {"public_key": PublicKey(bytes(32))},
    ],
)
def test_signatures_bind_place_and_kind(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidSignature):
        check(replace(an_evidence(2), **changes))


def test_evidence_of_another_chain_counts_for_nothing() -> None:
    with pytest.raises(InvalidSignature):
        check_evidence(an_evidence(2), genesis_hash=Hash(bytes(32)))


def test_one_statement_twice_is_no_contradiction_and_a_pair_has_one_order() -> None:
    evidence = an_evidence(2)
    for first, second in (
        (evidence.first, evidence.first),
        (evidence.second, evidence.first),
        (evidence.first, Statement(evidence.first.tail, Signature(bytes(64)))),
    ):
        with pytest.raises(MalformedMessage, match="do not rise"):
            Evidence.decode(replace(evidence, first=first, second=second).encode())


@pytest.mark.parametrize(
    "kind", sorted({*SigningKind} - {*KINDS}), ids=lambda kind: kind.name.lower()
)
def test_nothing_else_that_keys_sign_is_evidence(kind: SigningKind) -> None:
    data = bytearray(an_evidence(2).encode())
    data[32] = kind
    with pytest.raises(MalformedMessage, match="no kind of vote"):
        Evidence.decode(bytes(data))


def test_decoder_takes_one_form_only() -> None:
    data = an_evidence(2).encode()
    for wrong in (b"", data[:-1], data + b"\0"):
        with pytest.raises(MalformedMessage):
            Evidence.decode(wrong)
    for height, round_ in ((0, 0), (HEIGHT_MAX + 1, 0), (1, 2**31)):
        with pytest.raises(MalformedMessage, match="out of its range"):
            Evidence.decode(replace(an_evidence(2), height=height, round=round_).encode())
