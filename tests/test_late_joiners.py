"""Nodes that come hundreds of blocks late, while the chain runs on and peers lie."""

from copy import deepcopy
from functools import cache, partial

import pytest

from chain.catch_up import REQUESTS_PER_PEER_MAX
from chain.consensus.sign_state import SignRecord
from chain.errors import StoreError
from tests.support.builders import a_transfer, validator_keys
from tests.support.engine_node import EngineNode
from tests.support.network_of_engines import EngineNetwork
from tests.support.sync_lies import LIES, UNPROVEN, tell
from tests.test_network_of_engines import check_agreement

BEHIND = 300
VALIDATORS = ("v0", "v1", "v2", "v3")
LATE = "observer 0"


@cache
def a_long_chain() -> EngineNetwork:
    """Return a network of four validators that have stopped far above the first block."""
    network = EngineNetwork(observers=2)
    network.start(*VALIDATORS)
    for nonce in range(BEHIND // 10):
        assert network.submit("v0", a_transfer(1, nonce=nonce, valid_until=BEHIND)) is None
        network.run_to(10 * (nonce + 1), *VALIDATORS)
    network.stop(*VALIDATORS)
    return network


def a_network(*, without: str | None = None) -> EngineNetwork:
    """Return the long chain's network with its validators at work; one may have missed it all."""
    network = EngineNetwork(observers=2)
    network.now_ms = network.start_ms = a_long_chain().now_ms + 1_000
    network.judge.sets |= a_long_chain().judge.sets
    for name in VALIDATORS:
        if name != without:
            network.nodes[name].store = deepcopy(a_long_chain().nodes[name].store)
    network.start(*(name for name in VALIDATORS if name != without))
    network.run_to(BEHIND + 2, *(name for name in VALIDATORS if name != without))
    return network


def claim_absurd_heights(network: EngineNetwork, liars: tuple[str, ...], late: str) -> None:
    """Let liars tell the late node of blocks that nobody can have, again and again."""
    for liar in liars:
        network.nodes[late].take_status(liar, 2**40)
    network.later(200, partial(claim_absurd_heights, network, liars, late))


def test_late_node_asks_several_peers_at_once_and_follows_the_running_chain() -> None:
    network = a_network()
    began_ms = network.now_ms
    network.start(LATE)
    for name in VALIDATORS:
        network.nodes[LATE].take_status(name, network.nodes[name].store.height)
    most, peers = 0, set[str]()

    def is_there() -> bool:
        nonlocal most, peers
        engine = network.nodes[LATE].engine
        assert engine is not None
        asked = [one.peer for one in engine.catch_up.open.values()]
        most = max(most, len(set(asked)))
        peers |= set(asked)
        assert max(map(asked.count, asked), default=0) <= REQUESTS_PER_PEER_MAX
        return network.nodes[LATE].store.height >= network.nodes["v0"].store.height

    network.run_until(is_there, limit_ms=3_000)
    assert most == 4
    assert peers == set(VALIDATORS)
    assert network.now_ms - began_ms < 1_000
    network.run_to(network.nodes["v0"].store.height + 5, LATE, limit_ms=2_000)
    network.start("observer 1")
    network.run_to(network.nodes["v0"].store.height, "observer 1", limit_ms=3_000)
    check_agreement(network)


@pytest.mark.parametrize("lie", LIES)
def test_one_honest_peer_is_enough_among_liars(lie: str) -> None:
    network, liars = a_network(), ("v0", "v1", "v2")
    for name in liars:
        network.liars[name] = tell(lie)
    network.start(LATE)
    claim_absurd_heights(network, liars, LATE)
    network.run_to(BEHIND, LATE, limit_ms=20_000)
    network.run_to(network.nodes["v3"].store.height, LATE, limit_ms=5_000)
    if lie in UNPROVEN:
        assert network.punished == []
    else:
        assert {by for by, _ in network.punished} == {LATE}
        assert {liar for _, liar in network.punished} <= set(liars)
    network.punished.clear()
    network.stop("observer 1")
    network.nodes["observer 1"].store = network.nodes[LATE].store
    check_agreement(network)


def test_liars_of_different_kinds_do_not_help_each_other() -> None:
    network = a_network()
    kinds = ("silence", "one forged in the middle", "one block at a time")
    for name, kind in zip(VALIDATORS, kinds, strict=False):
        network.liars[name] = tell(kind)
    network.start(LATE)
    claim_absurd_heights(network, VALIDATORS[:3], LATE)
    network.run_to(BEHIND, LATE, limit_ms=20_000)
    assert {liar for _, liar in network.punished} == {"v1"}


def test_absurd_claims_do_not_show() -> None:
    network = a_network()
    for name in VALIDATORS:
        network.liars[name] = tell("silence")
    network.start(LATE)
    claim_absurd_heights(network, VALIDATORS, LATE)
    for _ in range(10):
        network.run_for(100)
        engine = network.nodes[LATE].engine
        assert engine is not None
        assert engine.best <= network.nodes["v0"].store.height + 30


def test_validator_that_lost_its_chain_signs_nothing_before_it_is_there() -> None:
    """It has its sign log, is asked for votes all the time, and signs at the tip only."""
    network = a_network(without="v1")
    store, kept = network.nodes["v1"].store, a_long_chain().nodes["v1"].store
    store.record, store.logged = kept.record, dict(kept.logged)
    network.start("v1")
    network.run_until(lambda: store.record != kept.record, limit_ms=5_000)
    assert store.record is not None
    assert SignRecord.decode(store.record).height == store.height + 1 > BEHIND
    network.stop("v0")  # now the others need the one that came late
    network.run_to(network.nodes["v2"].store.height + 4, "v1", "v2", "v3")
    assert network.punished == []


def test_validator_that_lost_its_sign_log_too_stops_at_its_first_forgotten_signature() -> None:
    """Certificates of the chain show what its key has signed."""
    network = a_network(without="v1")
    network.start("v1")
    with pytest.raises(StoreError, match="another node runs with the same key"):
        network.run_for(5_000)
    assert network.nodes["v1"].store.record is None


def test_second_node_with_a_validators_key_stops_before_it_signs() -> None:
    """The first one runs on; the second has a copy of its disk, old or new."""
    network = a_network()
    twin = EngineNode(network, "twin", key=validator_keys(4)[1])
    twin.store = deepcopy(a_long_chain().nodes["v1"].store)
    before = twin.store.record
    network.nodes["twin"] = twin
    network.start("twin")
    with pytest.raises(StoreError, match="another node runs with the same key"):
        network.run_for(5_000)
    assert twin.store.record == before
    twin.stop()
    network.run_to(network.nodes["v1"].store.height + 4, *VALIDATORS)
