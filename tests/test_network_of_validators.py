"""Networks of whole engines whose validators change: they join, leave, restart and fall."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from chain.block import Block
from chain.consensus.evidence import encode_evidence_message
from chain.evidence import Evidence
from chain.state import Ledger
from tests.support.builders import a_transfer, find_validator_key, validator_keys
from tests.support.database_store import DatabaseStore
from tests.support.engine_node import EngineNode
from tests.support.evidence import evidence_against
from tests.support.network_of_engines import EngineNetwork
from tests.support.running_network import a_running_network, balance, check_agreement
from tests.support.seats import a_change, coming, number_of, numbers_of, seat_key
from tests.support.simulation_plan import Plan


def with_newcomers(network: EngineNetwork, *numbers: int) -> EngineNetwork:
    """Add nodes whose keys are no validators' yet; they follow until they are."""
    for number in numbers:
        name = f"n{number}"
        network.nodes[name] = EngineNode(network, name, key=seat_key(number))
    return network


def ledger_of(network: EngineNetwork, name: str) -> Ledger:
    return network.nodes[name].store.load_ledger()


def seat(network: EngineNetwork, join: Sequence[int], leave: Sequence[int]) -> int:
    """Have the validators approve a change; return the height from which it holds everywhere."""
    name = next(iter(network.nodes))
    ledger = ledger_of(network, name)
    keys = [find_validator_key(one.public_key) for one in ledger.validators]
    version = coming(ledger).version + 1
    assert network.submit(name, a_change(ledger, keys, join=join, leave=leave)) is None
    network.run_until(
        lambda: all(coming(ledger_of(network, one)).version == version for one in network.nodes)
    )
    height = max(network.heights().values()) + 2
    network.run_to(height)
    return height


def test_network_grows_from_one_to_seven_and_shrinks_to_four() -> None:
    network = with_newcomers(EngineNetwork(validators=1), *range(1, 7))
    network.start()
    network.run_to(2)
    changes: list[tuple[list[int], list[int]]] = [([number], []) for number in range(1, 7)]
    changes += [([], [number]) for number in (0, 3, 6)]
    sent = 0
    for join, leave in changes:
        for name in list(network.nodes)[:2]:
            transfer = a_transfer(10 + sent, to="stranger", nonce=sent)
            assert network.submit(name, transfer) is None
            sent += 1
            network.run_for(50)
        seat(network, join, leave)
    network.run_to(max(network.heights().values()) + 4)
    check_agreement(network)
    for name in network.nodes:
        assert numbers_of(ledger_of(network, name).validators) == [1, 2, 4, 5]
        assert balance(network, name, "stranger") == 1_000_000 + sum(range(10, 10 + sent))
    signers = {
        number_of(Block.decode(data).header.proposer)
        for data, _ in network.nodes["v0"].store.blocks[-4:]
    }
    assert signers == {1, 2, 4, 5}


def test_key_is_replaced_while_the_chain_goes_on() -> None:
    network = with_newcomers(EngineNetwork(validators=1), 1)
    network.start()
    network.run_to(2)
    height = seat(network, [1], [0])
    network.stop("v0")
    network.run_to(height + 5, "n1")
    network.start("v0")
    network.run_to(height + 5, "v0")
    check_agreement(network)


@pytest.mark.parametrize("kind", ["memory", "database"])
def test_nodes_restart_at_every_height_around_a_change(kind: str, tmp_path: Path) -> None:
    network = with_newcomers(EngineNetwork(validators=4), 4)
    if kind == "database":
        for name, node in network.nodes.items():
            node.store = DatabaseStore(network.genesis, tmp_path / f"{name}.db")
    network.start()
    network.run_to(2)
    ledger = ledger_of(network, "v0")
    keys = [find_validator_key(one.public_key) for one in ledger.validators]
    assert network.submit("v1", a_change(ledger, keys, join=[4], leave=[0])) is None
    for name in [*network.nodes] * 2:
        network.stop(name)
        network.run_for(20)
        network.start(name)
        network.run_to(max(network.heights().values()) + 1, *(set(network.nodes) - {name}))
    network.run_to(max(network.heights().values()) + 3)
    check_agreement(network)
    for name in network.nodes:
        assert numbers_of(ledger_of(network, name).validators) == [1, 2, 3, 4]


def committed_evidence(network: EngineNetwork, name: str) -> list[tuple[int, Evidence]]:
    """Return the evidence in a node's blocks, each with the height that holds it."""
    return [
        (height, Evidence.decode(piece))
        for height, (data, _) in enumerate(network.nodes[name].store.blocks, 1)
        for piece in Block.decode(data).evidence
    ]


def test_twin_is_out_two_heights_after_its_contradiction_is_in_a_block() -> None:
    network = EngineNetwork(plan=Plan(twins=frozenset({2}), observers=1, has_real_keys=True))
    twin = validator_keys(4)[2].public_key
    network.start()
    network.run_until(lambda: bool(committed_evidence(network, "v0")))
    ((height, evidence),) = committed_evidence(network, "v0")
    assert evidence.public_key == twin
    assert height <= evidence.height + 4
    network.run_to(height + 8)
    for name, node in network.nodes.items():
        assert committed_evidence(network, name) == [(height, evidence)]
        blocks = [Block.decode(data).header for data, _ in node.store.blocks]
        out = network.judge.sets[height + 2]
        assert out.find_index(twin) is None
        assert [one.validators_hash == out.hash for one in blocks[height - 1 : height + 7]] == [
            *([False] * 2),
            *([True] * 6),
        ]
    check_agreement(network)
    said = [(name, report.event) for name, report in network.reports]
    for name in network.nodes:
        assert said.count((name, "equivocation")) <= 1
        assert said.count((name, "validator_tombstoned")) == 1
    honest = {name for name in network.nodes if "v2" not in name}
    assert {name for name, event in said if event == "equivocation"} >= honest


def test_evidence_that_one_node_holds_comes_to_whoever_connects() -> None:
    network = a_running_network()
    evidence = evidence_against(validator_keys(4)[3])
    network.judge.byzantine = frozenset({evidence.public_key})
    others = ("v1", "v2", "v3")
    network.stop(*others)
    network.nodes["v0"].take_message("v3", encode_evidence_message(evidence))
    network.start(*others)
    network.run_until(lambda: all(committed_evidence(network, name) for name in others))
    said = {name for name, report in network.reports if report.event == "equivocation"}
    assert said == set(network.nodes)
    check_agreement(network)


def test_forged_evidence_costs_its_bringer() -> None:
    network = a_running_network()
    forged = replace(evidence_against(validator_keys(4)[3]), height=2)
    network.liars["v1"] = lambda _protocol, payload: payload
    network.nodes["v0"].take_message("v1", encode_evidence_message(forged))
    assert network.punished == [("v0", "v1")]
    network.nodes["v0"].take_message("v1", b"\x05rubbish")
    assert network.punished == [("v0", "v1")] * 2
    network.punished.clear()
    network.run_to(6)
    assert committed_evidence(network, "v0") == []
