"""A validator whose disk is lost and whose sign state was saved takes part again."""

import pytest

from chain.consensus.sign_state import SignRecord
from chain.primitives import Hash
from tests.support.builders import validator_keys
from tests.support.engine_node import EngineNode
from tests.support.network_of_engines import EngineNetwork
from tests.support.simulation_plan import Plan


def a_network_stopped_in_mid_height(*, needed: bool, seed: int) -> EngineNetwork:
    """Run four validators until ``v1`` has signed at an undecided height, then stop it.

    Args:
        needed: whether ``v3`` is down as well, so that nothing is decided without ``v1``.
        seed: of the network.
    """
    network = EngineNetwork(plan=Plan(seed=seed, has_real_keys=True))
    network.start()
    network.run_to(3)
    if needed:
        network.stop("v3")
    store = network.nodes["v1"].store
    start = store.height + 2

    def has_signed() -> bool:
        return store.height >= start and record_of(network).height > store.height

    network.run_until(has_signed)
    network.stop("v1")
    return network


def record_of(network: EngineNetwork) -> SignRecord:
    record = network.nodes["v1"].store.record
    assert record is not None
    return SignRecord.decode(record)


def move(network: EngineNetwork, record: SignRecord, blocks: dict[Hash, bytes]) -> None:
    """Start ``v1`` on a machine that has nothing but the key and a sign state."""
    node = EngineNode(network, "v1", key=validator_keys(4)[1])
    node.store.record, node.store.logged = record.encode(), blocks
    network.nodes["v1"] = node
    node.start()


@pytest.mark.parametrize("seed", range(8))
def test_moved_with_all_that_it_signed_it_finishes_the_height_it_left(seed: int) -> None:
    network = a_network_stopped_in_mid_height(needed=True, seed=seed)
    record, blocks = record_of(network), dict(network.nodes["v1"].store.logged)
    network.run_for(3_000)
    move(network, record, blocks)
    network.run_to(record.height + 3)


@pytest.mark.parametrize("seed", range(8))
def test_moved_with_a_floor_it_signs_again_above_it(seed: int) -> None:
    network = a_network_stopped_in_mid_height(needed=False, seed=seed)
    height = record_of(network).height
    move(network, SignRecord.floor(height), {})
    network.run_to(height)
    assert record_of(network) == SignRecord.floor(height)
    network.run_to(height + 1)
    network.stop("v3")  # now nothing is decided without v1
    network.run_to(height + 4)
    assert record_of(network).height > height


def test_floor_above_the_chain_keeps_a_needed_validator_silent_up_to_it() -> None:
    """Whoever takes a floor that is too high has stopped the chain, not split it."""
    network = a_network_stopped_in_mid_height(needed=True, seed=0)
    height = record_of(network).height
    move(network, SignRecord.floor(height + 2), {})
    network.run_for(5_000)
    assert max(network.heights().values()) < height
    assert record_of(network) == SignRecord.floor(height + 2)
    network.start("v3")
    network.run_to(height + 5)
    assert record_of(network).height > height + 2
