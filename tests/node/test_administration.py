from collections.abc import Sequence

import pytest

from chain.checked import checked_transaction
from chain.codec import text8
from chain.consensus.timing import Timing
from chain.engine import Engine
from chain.errors import MalformedMessage
from chain.events import Punish
from chain.parameters import Parameters
from chain.primitives import Hash
from node.administration import Administration
from p2p.identity import peer_of_seed
from p2p.orders import Cut
from tests.support.builders import FREE, GENESIS_HASH, PRICED, a_ledger, a_transfer


class TwoPeers:
    """The side of a core with two peers."""

    def __init__(self) -> None:
        self.peer_ids = ["alice", "bob"]
        self.cut_peers: list[str] = []
        self.punished: list[Punish] = []

    def cut(self, peers: Sequence[str]) -> None:
        self.cut_peers = list(peers)

    def perform(self, effect: Punish) -> None:
        self.punished.append(effect)


def an_administration(
    parameters: Parameters = FREE,
) -> tuple[Administration, Engine, TwoPeers]:
    ledger = a_ledger(parameters=parameters)
    engine = Engine(ledger, last_certificate=None, signer=None, timing=Timing())
    peers = TwoPeers()
    return Administration(engine, peers), engine, peers


def test_peers_are_told() -> None:
    assert an_administration()[0].peers() == {"peers": ["alice", "bob"], "cut": []}


def test_peer_is_banned_and_a_stranger_is_not() -> None:
    administration, _, peers = an_administration()
    assert administration.ban(text8("bob")) == {"banned": True}
    assert administration.ban(text8("carol")) == {"banned": False}
    assert peers.punished == [Punish(peer="bob", weight=100)]


ONE, TWO = sorted(peer_of_seed(bytes([seed]) * 32) for seed in (1, 2))


def test_node_is_cut_off_until_it_is_healed() -> None:
    administration, _, peers = an_administration()
    assert administration.cut(Cut((TWO, ONE, ONE)).encode()) == {"cut": [ONE, TWO]}
    assert administration.peers() == {"peers": ["alice", "bob"], "cut": [ONE, TWO]}
    assert administration.cut(Cut(()).encode()) == {"cut": []}
    assert administration.peers()["cut"] == []
    assert peers.punished == []


@pytest.mark.parametrize(
    "data", [b"", b"\x01", Cut(("bob",)).encode(), Cut((ONE,)).encode() + b"\0", b"\xff" * 300]
)
def test_data_that_name_no_peers_cut_nobody_off(data: bytes) -> None:
    administration, _, peers = an_administration()
    with pytest.raises(MalformedMessage):
        administration.cut(data)
    assert peers.cut_peers == []


def test_node_of_a_chain_with_real_money_is_not_cut_off() -> None:
    administration, _, peers = an_administration(PRICED)
    with pytest.raises(MalformedMessage, match="only a node of a devnet"):
        administration.cut(Cut((ONE,)).encode())
    assert peers.cut_peers == []


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
