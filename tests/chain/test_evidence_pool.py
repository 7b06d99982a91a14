"""Evidence that waits: what is kept, what is passed on, and what is dropped."""

from dataclasses import replace

import pytest

from chain import evidence_pool
from chain.consensus.evidence import encode_evidence_message
from chain.crypto import check_signature
from chain.errors import InvalidSignature
from chain.events import Report, SendConsensus
from chain.evidence_pool import EvidencePool
from chain.primitives import EVIDENCE_HEIGHTS_MAX, Signature
from tests.support.builders import a_genesis
from tests.support.chain import Chain
from tests.support.evidence import an_evidence
from tests.support.seats import a_change, seat_key


def a_pool(chain: Chain) -> EvidencePool:
    return EvidencePool(chain.ledger, check_signature)


@pytest.fixture
def chain() -> Chain:
    return Chain(a_genesis(validators=4))


def test_first_piece_about_a_key_is_kept_reported_and_passed_on(chain: Chain) -> None:
    pool, evidence = a_pool(chain), an_evidence(2, round_=4)
    validators = chain.ledger.validators
    index = validators.find_index(evidence.public_key)
    assert index is not None
    fields = (
        ("validator", validators[index].name),
        ("public_key", seat_key(2).public_key.hex()),
        *(("height", 1), ("round", 4), ("kind", "prevote")),
    )
    assert pool.learn(evidence) == [
        Report("equivocation", fields),
        SendConsensus(None, encode_evidence_message(evidence)),
    ]
    assert pool.learn(evidence) == pool.learn(an_evidence(2, round_=5)) == []
    assert pool.pieces == (evidence,)


def test_forged_piece_is_its_bringers_fault(chain: Chain) -> None:
    pool, evidence = a_pool(chain), an_evidence(2)
    forged = replace(evidence, second=replace(evidence.second, signature=Signature(bytes(64))))
    with pytest.raises(InvalidSignature):
        pool.learn(forged)
    assert pool.pieces == ()
    assert pool.learn(evidence)


def test_our_own_machine_forges_nothing(chain: Chain) -> None:
    pool, evidence = a_pool(chain), an_evidence(2)
    assert len(pool.found(evidence)) == 2
    forged = replace(an_evidence(3), height=2)
    with pytest.raises(AssertionError):
        pool.found(forged)


def test_piece_of_no_use_is_dropped_without_a_look_at_its_signatures(chain: Chain) -> None:
    chain.block(evidence=[an_evidence(3)])
    pool = a_pool(chain)
    bad = Signature(bytes(64))
    for evidence in (an_evidence(3), an_evidence(9), an_evidence(2, height=4)):
        forged = replace(evidence, first=replace(evidence.first, signature=bad))
        assert pool.learn(evidence) == pool.learn(forged) == []


def test_heights_that_messages_are_about_are_listened_to(chain: Chain) -> None:
    chain.ledger.height = 200_000
    oldest = 200_001 - EVIDENCE_HEIGHTS_MAX
    heights = (oldest - 1, oldest, 200_001, 200_002, 200_003)
    kept = [bool(a_pool(chain).learn(an_evidence(2, height=height))) for height in heights]
    assert kept == [False, True, True, True, False]


def test_pool_has_a_largest_size(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_pool, "PIECES_MAX", 2)
    pool = a_pool(chain)
    assert [bool(pool.learn(an_evidence(number))) for number in range(3)] == [True, True, False]


def test_peer_that_connects_gets_what_waits(chain: Chain) -> None:
    pool = a_pool(chain)
    pieces = [an_evidence(number) for number in (2, 0)]
    for one in pieces:
        pool.learn(one)
    assert pool.greet("p") == [SendConsensus("p", encode_evidence_message(one)) for one in pieces]


def test_committed_piece_is_dropped_and_said(chain: Chain) -> None:
    pool = a_pool(chain)
    pool.learn(an_evidence(2))
    pool.learn(an_evidence(3))
    executed = chain.block(evidence=[an_evidence(2, round_=7)])
    (report,) = pool.settle(executed)
    assert isinstance(report, Report)
    assert report.event == "validator_tombstoned"
    assert dict(report.fields)["public_key"] == seat_key(2).public_key.hex()
    assert dict(report.fields)["round"] == 7
    assert dict(report.fields)["validator"] is not None
    assert pool.pieces == (an_evidence(3),)
    assert pool.learn(an_evidence(2)) == []


def test_piece_that_nobody_committed_in_time_is_dropped(chain: Chain) -> None:
    pool = a_pool(chain)
    pool.learn(an_evidence(2))
    chain.skip_to(EVIDENCE_HEIGHTS_MAX)
    chain.block()
    assert pool.settle(chain.blocks[-1]) == []
    assert pool.pieces == ()


def test_former_validator_of_long_ago_has_no_name(chain: Chain) -> None:
    chain.block(a_change(chain.ledger, chain.validators, leave=[2]))
    chain.blocks_until(5)
    (report, _) = a_pool(chain).learn(an_evidence(2))
    assert isinstance(report, Report)
    assert dict(report.fields)["validator"] is None
