"""One engine: what peers and callers do to it, and what it answers."""

from dataclasses import replace

import pytest

from chain import events
from chain.consensus.messages import CertificateMessage, encode_message
from chain.consensus.sign_state import KeySigner
from chain.crypto import check_signature
from chain.engine import Engine
from chain.errors import MalformedMessage, StoreError, WrongNonce
from chain.events import (
    BlocksReceived,
    ConsensusReceived,
    PeerStatus,
    Started,
    TransactionArrived,
)
from chain.exchange import Topic
from chain.primitives import PublicKey, Signature
from chain.proposal import compact_block
from chain.validation import verify_transaction
from tests.support.builders import (
    GENESIS_HASH,
    GENESIS_TIME_MS,
    a_claim,
    a_receipt,
    a_transfer,
    validator_keys,
)
from tests.support.chain import Chain
from tests.support.network_of_engines import EngineNetwork
from tests.support.simulation_plan import TIMING

NOW_MS = GENESIS_TIME_MS + 5_000


def an_engine(chain: Chain | None = None, *, index: int | None = 0) -> Engine:
    """Return a started engine on a chain of four validators, or an observer's (index None)."""
    chain = chain or a_chain()
    signer = None if index is None else KeySigner(validator_keys(4)[index], GENESIS_HASH)
    engine = Engine(chain.ledger, last_certificate=chain.last_commit, signer=signer, timing=TIMING)
    engine.handle(Started(now_ms=NOW_MS))
    return engine


def a_chain() -> Chain:
    return Chain(EngineNetwork().genesis)


def test_malformed_message_costs_its_bringer_and_changes_nothing() -> None:
    engine = an_engine()
    effects = engine.handle(ConsensusReceived("p", b"\xff junk", NOW_MS))
    assert [one.peer for one in effects if isinstance(one, events.Punish)] == ["p"]
    assert engine.ledger.height == 0


def test_forged_certificate_costs_its_bringer_and_changes_nothing() -> None:
    chain = a_chain()
    certificate = chain.certify(chain.propose().hash)
    forged = replace(certificate, block_hash=GENESIS_HASH)
    engine = an_engine(chain, index=None)
    data = encode_message(CertificateMessage(forged))
    effects = engine.handle(ConsensusReceived("p", data, NOW_MS))
    assert [one.peer for one in effects if isinstance(one, events.Punish)] == ["p"]
    assert not any(isinstance(one, events.Ask) for one in effects)
    genuine = encode_message(CertificateMessage(certificate))
    effects = engine.handle(ConsensusReceived("p", genuine, NOW_MS))
    assert [one.peer for one in effects if isinstance(one, events.Ask)] == ["p"]


def test_forged_announcement_is_ignored_and_nobody_pays() -> None:
    """Gossip is passed on before it can be verified, so its bringer is not its maker."""
    chain = a_chain()
    executed = chain.propose()
    certificate = chain.certify(executed.hash, signers=2)
    engine = an_engine(chain, index=None)
    announced = events.BlockAnnounced("p", compact_block(executed.verified), certificate, NOW_MS)
    assert engine.handle(announced) == []
    far = replace(certificate, height=2**40)
    compact = compact_block(executed.verified)
    compact = replace(compact, header=replace(compact.header, height=2**40))
    assert engine.handle(events.BlockAnnounced("p", compact, far, NOW_MS)) == []
    assert engine.best == 0


def test_announced_block_is_final_at_once() -> None:
    chain, follower = a_chain(), a_chain()
    executed = chain.propose()
    announced = events.BlockAnnounced(
        "p", compact_block(executed.verified), chain.certify(executed.hash), NOW_MS
    )
    engine = an_engine(follower, index=None)
    effects = engine.handle(announced)
    assert any(isinstance(one, events.CommitBlock) for one in effects)
    assert engine.ledger.height == 1


def test_sync_answer_with_parts_that_are_not_the_headers_is_refused() -> None:
    """The edges check this; should one fail to, the node must not doubt its own rules."""
    chain, follower = a_chain(), a_chain()
    executed = chain.propose(a_transfer())
    certificate = chain.certify(executed.hash)
    stripped = replace(executed.verified.block, transactions=())
    verified = replace(executed.verified, block=stripped, transactions=())
    engine = an_engine(follower, index=None)
    (ask,) = engine.handle(PeerStatus("p", 5, NOW_MS))
    assert isinstance(ask, events.Ask)
    effects = engine.handle(BlocksReceived("p", ((verified, certificate),), ask.request, NOW_MS))
    assert [one.peer for one in effects if isinstance(one, events.Punish)] == ["p"]
    assert engine.ledger.height == 0


def test_decided_block_that_this_node_finds_invalid_stops_it() -> None:
    """Blaming the peers for what their validators decided would leave it alone in the dark."""
    chain, follower = a_chain(), a_chain()
    executed = chain.propose()
    wrong = replace(
        executed.verified.block,
        header=replace(executed.verified.block.header, state_root=GENESIS_HASH),
    )
    certificate = chain.certify(wrong.hash)
    engine = an_engine(follower, index=None)
    (ask,) = engine.handle(PeerStatus("p", 5, NOW_MS))
    assert isinstance(ask, events.Ask)
    blocks = ((replace(executed.verified, block=wrong), certificate),)
    with pytest.raises(StoreError):
        engine.handle(BlocksReceived("p", blocks, ask.request, NOW_MS))


# Callers.


def arrives(
    transaction: object, receipt: object = None, *, ticket: int | None = 1
) -> TransactionArrived:
    verified = verify_transaction(transaction.encode(), genesis_hash=GENESIS_HASH)  # type: ignore[attr-defined]
    receipts = () if receipt is None else (receipt,)
    return TransactionArrived(verified, receipts, ticket)  # type: ignore[arg-type]


def test_caller_is_answered_and_its_transaction_gossiped() -> None:
    engine = an_engine()
    gossip, reply = engine.handle(arrives(a_transfer()))
    assert isinstance(gossip, events.Gossip)
    assert gossip.topic is Topic.TX
    assert isinstance(reply, events.Reply)
    assert reply.error is None
    (reply,) = engine.handle(arrives(a_transfer(nonce=40)))
    assert isinstance(reply, events.Reply)
    assert isinstance(reply.error, WrongNonce)


def test_gossiped_transaction_is_kept_in_silence() -> None:
    engine = an_engine()
    assert engine.handle(arrives(a_transfer(), ticket=None)) == []
    assert len(engine.mempool) == 1


def test_claim_without_its_document_is_refused_and_stops_nothing() -> None:
    engine = an_engine()
    assert engine.handle(arrives(a_claim(), ticket=None)) == []
    (reply,) = engine.handle(arrives(a_claim()))
    assert isinstance(reply, events.Reply)
    assert isinstance(reply.error, MalformedMessage)
    (reply,) = engine.handle(arrives(a_transfer(), a_receipt()))
    assert isinstance(reply, events.Reply)
    assert isinstance(reply.error, MalformedMessage)


def test_fetch_request_that_is_none_costs_its_sender() -> None:
    punish, answer = an_engine().handle(events.FetchAsked("p", 7, b"\x09"))
    assert isinstance(punish, events.Punish)
    assert answer == events.Answer(request=7, payload=b"")


def test_votes_of_a_decided_block_are_not_checked_again_in_the_next_one() -> None:
    checked: list[Signature] = []

    def check(*, public_key: PublicKey, message: bytes, signature: Signature, what: str) -> None:
        checked.append(signature)
        check_signature(public_key=public_key, message=message, signature=signature, what=what)

    chain, follower = a_chain(), a_chain()
    engine = Engine(follower.ledger, last_certificate=None, signer=None, timing=TIMING, check=check)
    engine.handle(Started(now_ms=NOW_MS))
    for _ in range(2):
        executed = chain.block()
        assert chain.last_commit is not None
        compact = compact_block(executed.verified)
        engine.handle(events.BlockAnnounced("p", compact, chain.last_commit, NOW_MS))
    assert engine.ledger.height == 2
    assert len(checked) == len(set(checked)) > 0
