import json
import os
import stat
from pathlib import Path

import pytest

from chain.errors import ConfigError
from genesis.document import read_genesis
from genesis.make import development_key
from node.config import load_settings
from node.devnet import Devnet
from node.home import Home
from node.keystore import read_key
from p2p.identity import peer_of_seed


@pytest.fixture
def net(tmp_path: Path) -> Devnet:
    """A devnet of two validators that do not run."""
    net = Devnet(tmp_path / "a net")
    net.make(validators=2, block_interval_ms=100)
    return net


def test_every_validator_has_a_home_with_its_key(net: Devnet) -> None:
    for node in net.nodes():
        home = Home(node.home)
        home.check()
        assert read_key(home.validator_key).public_key == development_key(node.name).public_key
        assert read_genesis(home.genesis).hash.hex() == net.read()["genesis_hash"]


def test_every_validator_dials_all_others(net: Devnet) -> None:
    nodes = net.nodes()
    for node in nodes:
        settings = load_settings(Home(node.home))
        assert settings.name == node.name
        assert node.p2p.startswith(f"{settings.p2p.listen}/p2p/")
        assert set(settings.p2p.peers) == {other.p2p for other in nodes} - {node.p2p}
        assert node.rpc == f"http://127.0.0.1:{settings.rpc.port}"


def test_peer_id_is_that_of_the_node_key(net: Devnet) -> None:
    for node in net.nodes():
        seed = bytes.fromhex(Home(node.home).node_key.read_text())
        assert node.p2p.endswith(f"/p2p/{peer_of_seed(seed)}")


def test_file_says_all_that_a_program_needs(net: Devnet) -> None:
    document = json.loads((net.root / "devnet.json").read_text())
    assert document["chain_id"] == "aitbc-devnet"
    assert [node["name"] for node in document["nodes"]] == ["validator-0", "validator-1"]
    assert {account["role"] for account in document["accounts"]} == {"client", "miner"}
    for account in document["accounts"]:
        seed = bytes.fromhex(account["private_key"])
        assert len(seed) == 32
        assert int(account["balance"]) > 0


def test_homes_are_closed_to_others(net: Devnet) -> None:
    for node in net.nodes():
        assert stat.S_IMODE(node.home.stat().st_mode) == 0o700


def test_chain_of_each_devnet_is_its_own(tmp_path: Path, net: Devnet) -> None:
    other = Devnet(tmp_path / "other")
    other.make(validators=2, block_interval_ms=100)
    assert other.read()["genesis_hash"] != net.read()["genesis_hash"]
    used = {node.rpc for node in net.nodes()} | {node.p2p for node in net.nodes()}
    assert used.isdisjoint({node.rpc for node in other.nodes()})


def test_ports_and_names_do_not_collide(net: Devnet) -> None:
    ports = [node.rpc.rpartition(":")[2] for node in net.nodes()]
    ports += [node.p2p.split("/")[4] for node in net.nodes()]
    assert len(set(ports)) == 4


def test_folder_without_a_devnet_says_so(tmp_path: Path) -> None:
    assert not Devnet(tmp_path).exists
    with pytest.raises(ConfigError, match=r"holds no devnet: there is no devnet\.json"):
        Devnet(tmp_path).nodes()


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"nodes": [{}]}', '{"nodes": 3}'])
def test_file_that_describes_no_devnet_says_so(net: Devnet, text: str) -> None:
    net.file.write_text(text)
    with pytest.raises(ConfigError, match=r"devnet\.json does not describe a devnet"):
        net.nodes()


def test_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "genesis.json").write_text("mine")
    with pytest.raises(ConfigError, match="holds something that is no devnet"):
        Devnet(tmp_path).make(validators=1)
    assert (tmp_path / "genesis.json").read_text() == "mine"


def test_moved_folder_knows_its_nodes(net: Devnet, tmp_path: Path) -> None:
    moved = net.root.rename(tmp_path / "moved")
    assert {node.home.parent for node in Devnet(moved).nodes()} == {moved}


def test_stopping_leaves_strangers_alone(net: Devnet) -> None:
    document = net.read()
    document["nodes"][0]["pid"] = os.getpid()
    document["nodes"][1]["pid"] = 2**22 + 1
    net.file.write_text(json.dumps(document))
    net.stop()
    assert [node.pid for node in net.nodes()] == [0, 0]


def test_asking_to_stop_ends_the_waiting(net: Devnet) -> None:
    assert net.wait_ready(is_asked_to_stop=lambda: True) == 0


def test_waiting_for_a_node_that_ended_names_its_log(net: Devnet) -> None:
    with pytest.raises(ConfigError, match=r"validator-0 ended; read .*validator-0/node\.log"):
        net.wait_ready()
