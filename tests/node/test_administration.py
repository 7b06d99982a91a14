import pytest

from chain.checked import checked_transaction
from chain.codec import text8
from chain.consensus.timing import Timing
from chain.engine import Engine
from chain.errors import MalformedMessage
from chain.events import Punish
from chain.primitives import Hash
from node.administration import Administration
from tests.support.builders import GENESIS_HASH, a_ledger, a_transfer


class TwoPeers:
    """The side of a core with two peers."""

    def __init__(self) -> None:
        self.peer_ids = ["alice", "bob"]
        self.punished: list[Punish] = []

    def perform(self, effect: Punish) -> None:
        self.punished.append(effect)


def an_administration() -> tuple[Administration, Engine, TwoPeers]:
    engine = Engine(a_ledger(), last_certificate=None, signer=None, timing=Timing())
    peers = TwoPeers()
    return Administration(engine, peers), engine, peers


def test_peers_are_told() -> None:
    assert an_administration()[0].peers() == {"peers": ["alice", "bob"]}


def test_peer_is_banned_and_a_stranger_is_not() -> None:
    administration, _, peers = an_administration()
    assert administration.ban(text8("bob")) == {"banned": True}
    assert administration.ban(text8("carol")) == {"banned": False}
    assert peers.punished == [Punish(peer="bob", weight=100)]


def test_waiting_transaction_is_dropped() -> None:
    administration, engine, _ = an_administration()
    verified = checked_transaction(a_transfer(1).encode(), genesis_hash=GENESIS_HASH)
    engine.mempool.add(verified)
    assert administration.evict(Hash(bytes(32))) == {"evicted": False}
    assert administration.evict(verified.id) == {"evicted": True}
    assert len(engine.mempool) == 0


@pytest.mark.parametrize("data", [b"", b"\x09verbose__", text8("verbose")])
def test_unknown_level_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        an_administration()[0].log_level(data)


def test_dropped_transaction_leaves_a_gap_that_can_be_filled() -> None:
    administration, engine, _ = an_administration()
    waiting = [
        checked_transaction(a_transfer(1, nonce=nonce).encode(), genesis_hash=GENESIS_HASH)
        for nonce in range(3)
    ]
    for one in waiting:
        engine.mempool.add(one)
    assert administration.evict(waiting[1].id) == {"evicted": True}
    assert administration.evict(waiting[1].id) == {"evicted": False}
    assert list(engine.mempool.candidates()) == waiting[:1]
    engine.mempool.add(waiting[1])
    assert list(engine.mempool.candidates()) == waiting
    assert engine.mempool.size_bytes == sum(len(one.data) for one in waiting)
