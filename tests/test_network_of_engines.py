"""Networks of whole engines: money moves, nodes fall and come back, liars pay."""

from itertools import pairwise

import pytest

from chain.block import Block
from chain.certificate import check_certificate
from chain.events import (
    TransactionArrived,
)
from chain.exchange import ProtocolId
from chain.validation import verify_transaction
from tests.support.builders import (
    GENESIS_HASH,
    a_claim,
    a_receipt,
    a_reserve,
    a_transfer,
)
from tests.support.network_of_engines import EngineNetwork
from tests.support.running_network import a_running_network, balance, check_agreement

# Agreement.


def test_transfer_reservation_and_claim_become_final_on_every_node() -> None:
    network = a_running_network(observers=1)
    assert network.submit("v0", a_transfer(100, to="stranger")) is None
    reserve = a_reserve(nonce=1)
    assert network.submit("v0", reserve) is None
    network.run_for(1_000)
    receipt = a_receipt(reservation_id=reserve.id(GENESIS_HASH))
    assert network.submit("observer 0", a_claim(receipt), receipt) is None
    network.run_for(1_000)
    network.run_to(max(network.heights().values()))
    check_agreement(network)
    for name in network.nodes:
        assert balance(network, name, "miner") == 300
        assert balance(network, name, "client") == 1_000_000 - 400
        assert balance(network, name, "stranger") == 1_000_100


def test_one_validator_alone_makes_blocks_and_pays() -> None:
    network = a_running_network(validators=1)
    assert network.submit("v0", a_transfer(100)) is None
    network.run_to(5)
    check_agreement(network)
    assert balance(network, "v0", "miner") == 100


def test_healthy_validators_make_a_block_every_interval() -> None:
    network = a_running_network(height=20)
    assert network.now_ms - network.start_ms < 20 * 150


def test_last_commit_in_every_block_verifies() -> None:
    network = a_running_network(height=6)
    blocks = [Block.decode(data) for data, _ in network.nodes["v0"].store.blocks]
    for parent, block in pairwise(blocks):
        assert block.last_commit is not None
        assert block.last_commit.block_hash == parent.hash
        check_certificate(
            block.last_commit, validators=network.genesis.validators, genesis_hash=GENESIS_HASH
        )


def test_block_passes_though_others_lack_its_transactions() -> None:
    """Each validator knows one transfer that no other has; the parts are fetched."""
    network = a_running_network()
    people = ("client", "stranger")
    for name, person in zip(("v0", "v1"), people, strict=True):
        to = "stranger" if person == "client" else "client"
        data = a_transfer(7, by=person, to=to).encode()
        verified = verify_transaction(data, genesis_hash=GENESIS_HASH)
        network.nodes[name].handle(TransactionArrived(verified))
    height = max(network.heights().values())
    network.run_to(height + 6)
    check_agreement(network)
    blocks = [Block.decode(data) for data, _ in network.nodes["v3"].store.blocks]
    assert sum(len(block.transactions) for block in blocks) == 2
    assert any(ask.protocol is ProtocolId.FETCH for _, ask in network.asked)
    assert all(certificate.round == 0 for _, certificate in network.nodes["v3"].store.blocks)


# Falling behind and coming back.


def test_validator_that_was_down_catches_up_and_takes_part() -> None:
    network = a_running_network()
    network.stop("v2")
    network.run_to(30, "v0", "v1", "v3")
    assert network.nodes["v2"].store.height < 8
    network.start("v2")
    network.run_to(31, "v2", limit_ms=2_000)
    network.stop("v0")  # now the three others need v2 for every block
    network.run_to(network.nodes["v1"].store.height + 4, "v1", "v2", "v3")
    network.start("v0")
    network.run_to(network.nodes["v1"].store.height + 1, "v0")
    check_agreement(network)


def test_late_joiner_reads_the_chain_from_its_first_block() -> None:
    network = EngineNetwork(observers=1)
    network.start("v0", "v1", "v2", "v3")
    network.run_to(80)
    network.start("observer 0")
    network.run_to(network.nodes["v0"].store.height, "observer 0", limit_ms=3_000)
    check_agreement(network)
    ranges = [ask for name, ask in network.asked if name == "observer 0"]
    assert len(ranges) < 12


def test_unlinked_observer_follows_what_is_announced() -> None:
    network = a_running_network(unlinked=1)
    assert network.submit("v0", a_transfer(100)) is None
    network.run_to(10, "v0")
    network.run_to(10, "unlinked 0", limit_ms=1_000)
    check_agreement(network)
    assert balance(network, "unlinked 0", "miner") == 100


def test_two_of_four_down_halt_and_go_on_when_they_are_back() -> None:
    network = a_running_network()
    network.stop("v1", "v3")
    network.run_for(1_000)
    halted = max(network.heights().values())
    network.run_for(20_000)
    assert max(network.heights().values()) == halted
    network.start("v1", "v3")
    network.run_to(halted + 5)
    check_agreement(network)


@pytest.mark.parametrize("name", ["v0", "v1", "v2", "v3"])
def test_restart_in_the_middle_of_a_height_signs_nothing_twice(name: str) -> None:
    """Every few milliseconds one dies with what its disk holds; the network watches its key."""
    network = a_running_network()
    for pause_ms in range(3, 60, 4):
        network.run_for(pause_ms)
        network.stop(name)
        network.run_for(5)
        network.start(name)
    network.run_to(max(network.heights().values()) + 3)
    check_agreement(network)


def test_restarted_validator_proposes_its_logged_block_again() -> None:
    """All die after one has signed its proposal; its block is in its log and nowhere else."""
    network = EngineNetwork()
    first = network.genesis.validators.proposer_index(height=1, round_=0)
    name = f"v{first}"
    network.start()
    network.run_until(lambda: bool(network.nodes[name].store.logged))
    (block_hash,) = network.nodes[name].store.logged
    network.stop(*network.nodes)
    network.start()
    network.run_to(1)
    assert Block.decode(network.nodes[name].store.blocks[0][0]).hash == block_hash
    check_agreement(network)


# Liars.


def test_liar_about_its_height_does_not_keep_a_validator_from_signing() -> None:
    """It claims 2^60, lets each question wait, and claims again."""
    network = a_running_network()
    network.liars["v3"] = lambda _protocol, _payload: None
    for name in ("v0", "v1", "v2"):
        network.nodes[name].take_status("v3", 2**60)
    before, began_ms = network.nodes["v0"].store.height, network.now_ms
    while network.now_ms < began_ms + 3_000:
        network.run_for(100)
        for name in ("v0", "v1", "v2"):
            network.nodes[name].take_status("v3", 2**60)
    assert network.nodes["v0"].store.height >= before + 20
