import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chain.errors import ConfigError
from node.cli.devnet import devnet
from node.devnet import Devnet
from node.process import is_running, kill_node
from tests.support.running import wait_for, wait_height
from tests.support.terminal import on_terminal


def run(*arguments: object) -> Result:
    """Run a command of the group."""
    return CliRunner().invoke(devnet, [str(one) for one in arguments])


@pytest.mark.parametrize("command", ["down", "show"])
def test_folder_without_a_devnet_is_refused(tmp_path: Path, command: str) -> None:
    done = run(command, "--home", tmp_path)
    assert isinstance(done.exception, ConfigError)
    assert "holds no devnet" in str(done.exception)


@pytest.mark.parametrize("count", ["0", "17", "many"])
def test_number_of_validators_has_bounds(tmp_path: Path, count: str) -> None:
    done = run("up", "--home", tmp_path / "net", "--validators", count)
    assert done.exit_code == 2
    assert not (tmp_path / "net").exists()


def test_show_prints_what_the_file_says(tmp_path: Path) -> None:
    net = Devnet(tmp_path / "net")
    net.make(validators=2)
    done = run("show", "--home", net.root)
    assert json.loads(done.output) == net.read()


def test_down_of_a_devnet_that_does_not_run_does_nothing(tmp_path: Path) -> None:
    net = Devnet(tmp_path / "net")
    net.make(validators=1)
    done = run("down", "--home", net.root)
    assert done.exit_code == 0
    assert "stopped the devnet" in done.output


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A folder for a devnet; whatever still runs there is killed."""
    root = tmp_path / "a net"
    yield root
    net = Devnet(root)
    if net.exists:
        for node in net.nodes():
            kill_node(node.pid)


UP = (sys.executable, "-m", "node", "devnet", "up", "--validators", "1")


@pytest.mark.network
@pytest.mark.slow
def test_detached_devnet_runs_on_until_it_is_taken_down(root: Path) -> None:
    command = (*UP, "--home", str(root), "--block-interval-ms", "100", "--detach")
    up = subprocess.run(command, capture_output=True, check=False, text=True, timeout=60)
    assert up.returncode == 0, up.stderr
    (node,) = Devnet(root).nodes()
    assert is_running(node.pid)
    assert "is final on 1 validators" in up.stdout
    assert node.rpc in up.stdout
    assert "These keys are public" in up.stdout
    assert run("down", "--home", root).exit_code == 0
    assert not is_running(node.pid)
    assert [node.pid for node in Devnet(root).nodes()] == [0]


@pytest.mark.network
@pytest.mark.slow
def test_interrupt_stops_the_devnet(root: Path, tmp_path: Path) -> None:
    said = tmp_path / "said"
    command = (*UP, "--home", str(root), "--block-interval-ms", "100")
    with said.open("wb") as out:
        up = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | {"COLUMNS": "80"})
    try:
        wait_for(lambda: "Ctrl-C stops it" in said.read_text() or None, what="devnet", within_s=60)
        up.send_signal(signal.SIGINT)
        assert up.wait(timeout=30) == 0
    finally:
        up.kill()
    assert "Traceback" not in said.read_text()
    assert not any(is_running(node.pid) for node in Devnet(root).nodes())


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"],
        ["env"],
        *[[name, "0"] for name in ("logs", "kill", "start", "snapshot", "revert")],
    ],
)
def test_command_without_a_devnet_is_refused(tmp_path: Path, arguments: list[str]) -> None:
    done = run(*arguments, "--home", tmp_path)
    assert isinstance(done.exception, ConfigError)
    assert "holds no devnet" in str(done.exception)


def test_env_is_what_a_shell_takes_in(tmp_path: Path) -> None:
    net = Devnet(tmp_path / "a net")
    net.make(validators=1)
    done = run("env", "--home", net.root)
    shell = 'eval "$1"; printf %s "$AITBC_RPC_URL $GENESIS $CLIENT_0"'
    shown = subprocess.run(
        ["bash", "-c", shell, "-", done.output], capture_output=True, text=True, check=True
    )
    document = net.read()
    url, address = document["nodes"][0]["rpc"], document["accounts"][0]["address"]
    assert shown.stdout == f"{url} {net.root / 'genesis.json'} {address}"


def test_validator_that_is_not_there_is_refused(tmp_path: Path) -> None:
    net = Devnet(tmp_path / "net")
    net.make(validators=2)
    for command in ("logs", "kill", "start"):
        assert "there are 0 to 1" in str(run(command, "2", "--home", net.root).exception)
    assert "does not run" in str(run("kill", "0", "--home", net.root).exception)
    assert "no snapshot one; there are: none" in str(
        run("revert", "one", "--home", net.root).exception
    )


def test_stopped_devnet_is_halted(tmp_path: Path) -> None:
    net = Devnet(tmp_path / "net")
    net.make(validators=2)
    done = run("status", "--home", net.root)
    assert done.exit_code == 1
    assert "HALTED: 0 of 2 validators are there, 2 must agree on a block" in done.output
    shown = json.loads(run("status", "--home", net.root, "--json").output)
    assert [one["state"] for one in shown["nodes"]] == ["stopped", "stopped"]


@pytest.mark.network
@pytest.mark.slow
def test_devnet_is_killed_and_started_from_the_keyboard(tmp_path: Path) -> None:
    net = Devnet(tmp_path / "net")
    with on_terminal("devnet", "up", "--home", str(net.root), "-n", "4") as terminal:
        terminal.wait("FINAL: 4 of 4")
        terminal.press("p3")
        terminal.wait("part 3      1 of 4: halted, as it must")
        terminal.press("pp")
        terminal.wait("HALTED: cut in parts of 2 and 2")
        terminal.press("f0")
        terminal.wait("10 AITBC to client-0 are on their way")
        terminal.press("h")
        terminal.wait("10 AITBC to client-0, final")
        terminal.press("k3")
        terminal.wait("FINAL: 3 of 4 validators vote, 3 are enough; none may fail")
        terminal.press("k2")
        terminal.wait("HALTED: 2 of 4")
        terminal.press("s2")
        terminal.wait("FINAL: 3 of 4")
        terminal.press("q")
        terminal.wait("stopping")
        assert terminal.exit_code() == 0
    assert not any(is_running(node.pid, node.home) for node in net.nodes())


def is_fine(home: Path) -> bool:
    """Return whether the only node of a devnet is in step, and blocks come."""
    done = run("status", "--home", home, "--json")
    (state,) = json.loads(done.output)["nodes"]
    return (done.exit_code, state["state"]) == (0, "ok")


@pytest.mark.network
@pytest.mark.slow
def test_chain_goes_back_to_its_snapshot_and_on_from_there(tmp_path: Path) -> None:
    home = tmp_path / "net"
    try:
        up = run("up", "--home", home, "-n", "1", "--detach", "--json")
        assert json.loads(up.stdout) == Devnet(home).read()
        assert run("snapshot", "one", "--home", home).exit_code == 0
        (node,) = Devnet(home).nodes()
        wait_height(node, 8, within_s=60)
        assert run("kill", "0", "--home", home).exit_code == 0
        started = run("start", "0", "--home", home)
        assert started.output.endswith(
            "FINAL: 1 of 1 validators vote, 1 are enough; none may fail\n"
        )
        given = run("faucet", f"0x{'ab' * 20}", "2.5", "--home", home)
        assert given.output.startswith("2.5")
        assert ", final: 0x" in given.output
        given = run("faucet", f"0x{'ab' * 20}", "--home", home, "--json")
        assert json.loads(given.stdout)["isFinal"] is True
        assert run("revert", "one", "--home", home).exit_code == 0
        wait_for(lambda: is_fine(home), what="a node that is fine", within_s=60)
        assert "went back" not in run("logs", "0", "--home", home).output
    finally:
        down = run("down", "--home", home, "--json")
    assert json.loads(down.stdout) == {"stopped": str(home)}
