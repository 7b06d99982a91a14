"""Four real validators on this machine: they agree, survive what is done to them, and pay."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from node.cli.devnet import devnet
from node.cli.node_status import peers as node_peers
from node.config import NodeSettings, P2pSettings, RpcSettings
from node.devnet import Devnet, DevnetNode
from node.home import Home
from node.init import init_home
from node.ports import free_ports
from node.process import is_running, kill_node, start_node
from tests.support.running import (
    block,
    find_height,
    running_devnet,
    stays_at_its_height,
    wait_for,
    wait_height,
)

pytestmark = [pytest.mark.network, pytest.mark.slow]

RESUME_S = 30.0
"""Seconds from the start of stopped validators to the next block, on a machine that is busy."""


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    """One devnet for all tests of this file; each leaves it running."""
    with running_devnet(tmp_path_factory.mktemp("net") / "devnet") as running:
        yield running


def restart(net: Devnet, *killed: DevnetNode) -> list[DevnetNode]:
    """Start killed nodes again and return them with their new process ids."""
    net.start()
    names = {node.name for node in killed}
    return [node for node in net.nodes() if node.name in names]


def no_equivocation(net: Devnet) -> bool:
    """Tell whether no node ever saw a validator sign two different messages for one place."""
    return all(b"equivocation" not in (node.home / "node.log").read_bytes() for node in net.nodes())


def test_four_validators_make_the_same_blocks(net: Devnet) -> None:
    for node in net.nodes():
        wait_height(node, 3, within_s=20)
    hashes = {block(node, 3)["hash"] for node in net.nodes()}
    assert len(hashes) == 1


def test_one_killed_validator_does_not_stop_finality(net: Devnet) -> None:
    first, *_, last = net.nodes()
    kill_node(last.pid)
    wait_height(first, (find_height(first) or 0) + 5, within_s=30)
    (again,) = restart(net, last)
    wait_height(again, find_height(first) or 0, within_s=30)
    assert no_equivocation(net)


def test_two_killed_validators_halt_the_chain_until_they_are_back(net: Devnet) -> None:
    first, _, third, last = net.nodes()
    kill_node(third.pid)
    kill_node(last.pid)
    assert stays_at_its_height(first, for_s=4)
    halted = find_height(first) or 0
    assert b"chain_waits" in (first.home / "node.log").read_bytes()
    again = restart(net, third, last)
    wait_height(first, halted + 1, within_s=RESUME_S)
    for node in again:
        wait_height(node, halted + 1, within_s=RESUME_S)
    assert block(again[0], halted + 1)["hash"] == block(first, halted + 1)["hash"]
    assert no_equivocation(net)


def test_late_node_with_an_empty_home_has_the_same_state(net: Devnet, tmp_path: Path) -> None:
    home = Home(tmp_path / "late")
    rpc_port, p2p_port = free_ports(2, near=str(tmp_path))
    settings = NodeSettings(
        name="late",
        rpc=RpcSettings(port=rpc_port),
        p2p=P2pSettings(
            listen=f"/ip4/127.0.0.1/tcp/{p2p_port}", peers=tuple(node.p2p for node in net.nodes())
        ),
    )
    init_home(home, genesis=net.root / "genesis.json", settings=settings)
    target = find_height(net.nodes()[0]) or 0
    late = DevnetNode("late", f"http://127.0.0.1:{rpc_port}", home.root, start_node(home.root), "")
    try:
        wait_height(late, target, within_s=30)
        expected = block(net.nodes()[0], target)
        assert block(late, target)["stateRoot"] == expected["stateRoot"]
        assert block(late, target)["hash"] == expected["hash"]
        wait_height(late, target + 3, within_s=30)
    finally:
        kill_node(late.pid)


def test_random_bytes_to_both_ports_cost_the_sender_alone(net: Devnet) -> None:
    seed = 20_260_101
    dice = random.Random(seed)
    node = net.nodes()[0]
    before = find_height(node) or 0
    ports = [urlsplit(node.rpc).port, int(node.p2p.split("/")[4])]
    for _ in range(40):
        for port in ports:
            place = ("127.0.0.1", port)
            with suppress(OSError), socket.create_connection(place, timeout=5) as stranger:
                stranger.sendall(dice.randbytes(dice.randrange(1, 4_096)))
    wait_height(node, before + 4, within_s=30)
    assert b"Traceback" not in (node.home / "node.log").read_bytes(), f"seed {seed}"


def test_stopped_devnet_leaves_no_process_and_goes_on(net: Devnet) -> None:
    before = find_height(net.nodes()[0]) or 0
    groups = [node.pid for node in net.nodes()]
    net.stop()
    assert not any(_group_lives(pid) for pid in groups)
    net.start()
    assert net.wait_ready() > before


def _group_lives(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_ctrl_c_ends_a_foreground_devnet_and_all_its_processes(tmp_path: Path) -> None:
    home = tmp_path / "devnet"
    command = (sys.executable, "-m", "node", "devnet", "up", "--home", str(home), "-n", "1")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("Ctrl-C" in line for line in process.stderr)
        (node,) = Devnet(home).nodes()
        assert is_running(node.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    wait_for(lambda: not _group_lives(node.pid), what="end of the node", within_s=5)


def waits(node: DevnetNode) -> int:
    """Return how often a node has said that its chain stands still."""
    return (node.home / "node.log").read_bytes().count(b"chain_waits")


def command(net: Devnet, *arguments: str) -> dict[str, Any]:
    """Return what a command of ``aitbc devnet`` answers."""
    done = CliRunner().invoke(devnet, [*arguments, "--home", str(net.root), "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def test_three_of_four_go_on_and_the_lone_one_catches_up_when_healed(net: Devnet) -> None:
    *others, lone = net.nodes()
    whole = [{"validators": [0, 1, 2, 3], "awake": 4, "decides": True}]
    assert command(net, "partition", "3")["parts"] == [
        {"validators": [0, 1, 2], "awake": 3, "decides": True},
        {"validators": [3], "awake": 1, "decides": False},
    ]
    height = find_height(lone) or 0
    for node in others:
        wait_height(node, height + 5, within_s=RESUME_S)
    assert (find_height(lone) or 0) <= height + 1  # one may have been on its way
    shown = command(net, "status")
    assert [one["state"] for one in shown["nodes"]] == ["ok", "ok", "ok", "halted"]
    assert shown["verdict"].startswith("FINAL: 3 of 4")
    peers = CliRunner().invoke(node_peers, ["--home", str(lone.home), "--json"])
    assert [one["isCutOff"] for one in json.loads(peers.output)["peers"]] == [True] * 3
    assert command(net, "heal")["parts"] == whole
    wait_height(lone, height + 5, within_s=RESUME_S)
    assert len({block(node, height + 5)["hash"] for node in net.nodes()}) == 1
    assert no_equivocation(net)


def test_two_halves_halt_and_go_on_as_one_chain_when_healed(net: Devnet) -> None:
    nodes = net.nodes()
    shown = command(net, "partition", "0,1", "2,3")
    assert [one["decides"] for one in shown["parts"]] == [False, False]
    heights = [find_height(node) or 0 for node in nodes]
    before = [waits(node) for node in nodes]
    for node, count in zip(nodes, before, strict=True):
        wait_for(lambda: waits(node) > count, what="halt", within_s=RESUME_S)  # noqa: B023 - called at once
    halted = max(find_height(node) or 0 for node in nodes)
    assert halted <= min(heights) + 1
    assert command(net, "status")["verdict"].startswith("HALTED: cut in parts of 2 and 2")
    command(net, "heal")
    for node in nodes:
        wait_height(node, halted + 3, within_s=RESUME_S)
    assert len({block(node, halted + 1)["hash"] for node in nodes}) == 1
    assert no_equivocation(net)


def test_validator_that_is_killed_while_it_is_apart_comes_back_apart_until_the_devnet_is_brought_up(
    net: Devnet,
) -> None:
    *others, lone = net.nodes()
    command(net, "partition", "3")
    kill_node(lone.pid)
    height = find_height(others[0]) or 0
    (again,) = restart(net, lone)
    wait_for(lambda: find_height(again), what="answer", within_s=RESUME_S)
    wait_height(others[0], height + 3, within_s=RESUME_S)
    parts = command(net, "status")["parts"]
    assert [one["validators"] for one in parts] == [[0, 1, 2], [3]]
    up = CliRunner().invoke(devnet, ["up", "--detach", "--home", str(net.root)])
    assert "it is cut in parts; linking them again" in up.output
    assert command(net, "status")["verdict"].startswith("FINAL: 4 of 4")
    wait_height(again, height + 3, within_s=RESUME_S)
    assert no_equivocation(net)
