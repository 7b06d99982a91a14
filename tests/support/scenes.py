"""Scenes in which a wrong rule does harm that random runs seldom find.

Each asserts how it ends under the right rules.
"""

import pytest

from chain import events
from chain.consensus.events import Timer, TimerKind
from chain.consensus.messages import Vote, encode_message
from chain.consensus.sign_state import KeySigner
from chain.engine import Engine
from chain.errors import StoreError
from chain.fetch import SYNC_BLOCKS_MAX
from chain.primitives import Signature
from tests.support.builders import GENESIS_HASH, a_genesis, validator_keys
from tests.support.chain import Chain
from tests.support.engine_node import EngineNode
from tests.support.network_of_engines import EngineNetwork
from tests.support.simulation_plan import TIMING, Plan
from tests.support.subject import NIL, PRECOMMIT, PREVOTE, Subject, block


def locked_on_a() -> Subject:
    """Return a validator that has locked on A in round 0 and moved on to round 1."""
    subject = Subject(2).start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 1)
    subject.votes(PRECOMMIT, 0, NIL, 0, 3)
    subject.fire(TimerKind.PRECOMMIT)
    assert subject.said()[:2] == ["prevote 0 A", "precommit 0 A"]
    return subject


def nil_prevotes_after_a_decision() -> None:
    """A liar gathers nil prevotes after A was decided elsewhere, then proposes B.

    Validators 0, 2 and 3 are played: 0 is the liar, and 3 decided A in round 0 on the precommits
    of 1, 2 and 3, which 1 never heard of.
    """
    subject = Subject(1).start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 2, 3)
    subject.votes(PRECOMMIT, 0, NIL, 0)
    subject.votes(PRECOMMIT, 0, "A", 2)
    subject.fire(TimerKind.PRECOMMIT)
    assert subject.said()[:2] == ["prevote 0 A", "precommit 0 A"]
    subject.votes(PREVOTE, 4, NIL, 0, 2)
    subject.propose(4, "B")
    subject.votes(PREVOTE, 4, NIL, 3)
    subject.votes(PRECOMMIT, 4, NIL, 0, 2)
    subject.fire(TimerKind.PRECOMMIT)
    subject.votes(PREVOTE, 8, NIL, 2)
    subject.votes(PRECOMMIT, 8, "B", 0)
    subject.propose(8, "B")
    subject.votes(PREVOTE, 8, "B", 0, 2)
    subject.votes(PRECOMMIT, 8, "B", 2)
    assert subject.decided == []


def polka_that_nobody_saw() -> None:
    """Of seven validators 5 and 6 lie: 5 proposes B with a polka that never was.

    1 decided A on the precommits of 0, 1, 2 and the liars, who told 0 otherwise; 3 and 4 are not
    locked. All who believe in the polka make a quorum for B.
    """
    subject = Subject(0, count=7).start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 1, 2, 5, 6)
    subject.votes(PRECOMMIT, 0, NIL, 3, 4, 5, 6)
    subject.fire(TimerKind.PRECOMMIT)
    assert subject.said()[:2] == ["prevote 0 A", "precommit 0 A"]
    subject.propose(1, "B", 0)
    subject.votes(PREVOTE, 1, "B", 3, 4, 5, 6)
    subject.votes(PRECOMMIT, 1, "B", 3, 4, 5, 6)
    assert subject.decided == []


def restart_with_a_lock() -> None:
    """A locked validator dies, and another block is proposed to it."""
    subject = Subject(2).start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 1)
    subject.restart()
    subject.votes(PRECOMMIT, 1, NIL, 0, 3)
    subject.propose(1, "B")
    assert subject.said()[-1] == "prevote 1 nil"


def own_vote_that_makes_a_quorum() -> None:
    """A validator dies after its precommit; with those of two others there is a decision."""
    subject = Subject(1).start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 2)
    subject.restart()
    subject.votes(PRECOMMIT, 0, "A", 0, 2)
    subject.judge("A")
    assert subject.decided == ["A"]


def precommit_that_got_lost() -> None:
    """The precommit of round 0 that others lack for a decision is said again in round 1."""
    subject = locked_on_a()
    subject.fire(TimerKind.REBROADCAST)
    assert "precommit 0 A" in subject.said()


def others_in_a_later_round() -> None:
    """Two of four are in round 3, so one honest validator is: the others must join it."""
    subject = Subject(2).start()
    subject.votes(PREVOTE, 3, NIL, 0, 1)
    assert subject.round == 3


def forgery_that_comes_twice() -> None:
    """What did not verify must not verify when it comes again."""
    network = EngineNetwork()
    network.liars["v1"] = lambda _protocol, payload: payload
    node = network.nodes["v0"]
    node.start()
    forged = Vote(PREVOTE, 1, 0, block("A"), 1, Signature(bytes(64)))
    for _ in range(2):
        node.take_message("v1", encode_message(forged))
    assert network.punished == [("v0", "v1")] * 2


def validator_that_is_catching_up() -> None:
    """It has 32 blocks of more and its turn would come: it signs nothing, as others did."""
    others, own = (Chain(a_genesis(validators=4)) for _ in range(2))
    blocks = []
    for _ in range(SYNC_BLOCKS_MAX):
        executed = others.block()
        blocks.append((executed.verified, others.last_commit))
    signer = KeySigner(validator_keys(4)[(SYNC_BLOCKS_MAX + 1) % 4], GENESIS_HASH)
    engine = Engine(
        own.ledger, last_certificate=None, signer=signer, timing=TIMING, is_key_unique=False
    )
    now_ms = others.ledger.tip_time_ms
    engine.handle(events.Started(now_ms))
    engine.handle(events.TimerFired(Timer(TimerKind.LISTEN, 0, 0), now_ms))
    (ask,) = engine.handle(events.PeerStatus("p", 2 * SYNC_BLOCKS_MAX, now_ms))
    assert isinstance(ask, events.Ask)
    effects = engine.handle(events.BlocksReceived("p", tuple(blocks), ask.request, now_ms))
    while engine.ledger.height < SYNC_BLOCKS_MAX:
        effects = engine.handle(events.NextBlock())
    for timer in [one.timer for one in effects if isinstance(one, events.StartTimer)]:
        effects += engine.handle(events.TimerFired(timer, now_ms))
    assert not any(isinstance(one, events.SendConsensus) for one in effects)


def second_node_with_a_key() -> None:
    """A copy of a running validator starts: it must stop before it signs anything."""
    network = EngineNetwork(plan=Plan())
    network.start()
    network.run_to(3)
    network.nodes["copy"] = EngineNode(network, "copy", key=validator_keys(4)[1])
    network.start("copy")
    with pytest.raises(StoreError, match="another node runs with the same key"):
        network.run_for(5_000)
