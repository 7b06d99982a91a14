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
from tests.support.running import wait_for


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
