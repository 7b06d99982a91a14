"""Networks of engines that run, and what must hold of all their disks."""

from chain.block import Block
from tests.support.chain import Chain, check_invariants
from tests.support.network_of_engines import EngineNetwork


def a_running_network(*, height: int = 2, **network: object) -> EngineNetwork:
    """Return a network that has a height; ``network`` goes to its constructor."""
    running = EngineNetwork(**network)  # type: ignore[arg-type]
    running.start()
    running.run_to(height)
    return running


def check_agreement(network: EngineNetwork) -> None:
    """Check that all disks hold one chain whose state is sound and whose honest nodes were fair."""
    lowest = min(node.store.height for node in network.nodes.values())
    chains = {
        tuple(block for block, _ in node.store.blocks[:lowest]) for node in network.nodes.values()
    }
    assert len(chains) == 1
    for node in network.nodes.values():
        ledger = node.store.load_ledger()
        check_invariants(ledger)
        if node.store.blocks:
            last = Block.decode(node.store.blocks[-1][0]).header
            assert ledger.commitment.root == last.state_root
    assert network.punished == []


def balance(network: EngineNetwork, name: str, person: str) -> int:
    """Return base units of a person by what a node's disk holds."""
    chain = Chain(network.genesis)
    chain.ledger = network.nodes[name].store.load_ledger()
    return chain.balance(person)
