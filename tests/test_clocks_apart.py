"""Networks in virtual time whose clocks are wrong, drift and jump: the chain goes on."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from chain.block import Block
from tests.support.network_of_engines import EngineNetwork
from tests.test_network_of_engines import check_agreement

FAR_MS = 600_000
HEIGHTS = 24
WRONG = "v2"
OTHERS = ("v0", "v1", "v3")

Clock = Callable[[int], int]


def shifted(by_ms: int) -> Clock:
    return lambda now_ms: now_ms + by_ms


def run_with(clock: Clock, *names: str, heights: int = HEIGHTS) -> EngineNetwork:
    """Run four validators, of which these have another clock, for some heights."""
    network = EngineNetwork()
    for name in names:
        network.nodes[name].clock = clock
    network.start()
    network.run_to(heights, *OTHERS)
    network.run_to(heights, limit_ms=2_000)
    return network


def rounds(network: EngineNetwork) -> list[int]:
    return [certificate.round for _, certificate in network.nodes["v0"].store.blocks]


def proposers(network: EngineNetwork) -> set[str]:
    """Return who made the chain's blocks."""
    validators = network.genesis.validators
    headers = [Block.decode(data).header for data, _ in network.nodes["v0"].store.blocks]
    return {f"v{validators.find_index(header.proposer)}" for header in headers}


def said(network: EngineNetwork, name: str) -> list[str]:
    """Return what a node's log says of clocks."""
    reports = [report for who, report in network.reports if who == name]
    return [str(dict(one.fields).get("detail")) for one in reports if "clock" in one.event]


def test_validator_ten_minutes_ahead_costs_a_round_in_four_and_is_told() -> None:
    network = run_with(shifted(FAR_MS), WRONG)
    assert max(rounds(network)) == 1
    assert sum(rounds(network)) <= len(rounds(network)) // 4 + 1
    assert proposers(network) == set(OTHERS)
    (own,) = said(network, WRONG)
    assert own.startswith("this node's clock is about 600 s ahead of the other validators' clocks")
    for name in OTHERS:
        (sentence,) = said(network, name)
        assert "come from the future: its clock is about 600 s ahead" in sentence
    check_agreement(network)


def test_validator_ten_minutes_behind_costs_nothing_and_is_told() -> None:
    """Its blocks bear the least time they may, which the others believe."""
    network = run_with(shifted(-FAR_MS), WRONG)
    assert max(rounds(network)) == 0
    assert proposers(network) == {*OTHERS, WRONG}
    (own,) = said(network, WRONG)
    assert own.startswith("this node's clock is about 600 s behind the other validators' clocks")
    assert [said(network, name) for name in OTHERS] == [[], [], []]
    check_agreement(network)


def test_clock_that_drifts_is_noticed_when_it_matters() -> None:
    network = EngineNetwork()
    start_ms = network.now_ms
    network.nodes[WRONG].clock = lambda now_ms: now_ms + (now_ms - start_ms) // 2
    network.start()
    network.run_to(60)
    assert rounds(network)[:8] == [0] * 8
    assert max(rounds(network)) == 1
    assert any("ahead of the other" in sentence for sentence in said(network, WRONG))
    check_agreement(network)


@pytest.mark.parametrize("by_ms", [FAR_MS, -FAR_MS])
def test_one_clock_that_jumps_and_jumps_back_takes_effect_at_once(by_ms: int) -> None:
    network = run_with(shifted(0), heights=8)
    node = network.nodes[WRONG]
    node.clock = shifted(by_ms)
    network.run_to(24)
    assert any("this node's clock is about 600 s" in one for one in said(network, WRONG))
    node.clock = shifted(0)
    before = network.now_ms
    network.run_to(48)
    assert network.now_ms - before < 24 * 100 + 2_500
    assert said(network, WRONG)[-1] == "this node's clock is right again"
    assert rounds(network)[-16:] == [0] * 16
    assert proposers(network) == {*OTHERS, WRONG}
    check_agreement(network)


@pytest.mark.parametrize(("before_ms", "after_ms"), [(-FAR_MS, 0), (0, -FAR_MS)])
def test_chain_whose_clocks_all_jump_goes_on(before_ms: int, after_ms: int) -> None:
    """Set back, they are behind the chain's time for ten minutes; nobody waits for that."""
    network = EngineNetwork()
    for node in network.nodes.values():
        node.clock = shifted(before_ms)
    network.start()
    network.run_to(8)
    for node in network.nodes.values():
        node.clock = shifted(after_ms)
    jumped_ms = network.now_ms
    network.run_to(40)
    assert network.now_ms - jumped_ms < 32 * 100 + 2_500
    assert sum(rounds(network)[8:]) <= 2
    headers = [Block.decode(data).header for data, _ in network.nodes["v0"].store.blocks]
    assert all(one.time_ms < other.time_ms for one, other in pairwise(headers))
    assert all(said(network, name) == [] for name in network.nodes)
    check_agreement(network)
