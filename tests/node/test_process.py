import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chain.errors import ConfigError
from node.process import is_running, kill_node, start_node
from tests.support.running import wait_for


@contextmanager
def stand_in(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process with a node's arguments, in a session of its own, that waits to be ended."""
    program = "import sys; print('up', flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        (sys.executable, "-c", program, *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        yield process
        process.kill()


NODE = ("node", "start", "--home", "/a home")


def test_node_is_known_by_its_command() -> None:
    with stand_in(*NODE) as process:
        assert is_running(process.pid)
        assert is_running(process.pid, Path("/a home"))


def test_process_that_has_another_nodes_id_is_not_it() -> None:
    with stand_in(*NODE) as process:
        assert not is_running(process.pid, Path("/a"))
        assert not is_running(process.pid, Path("/other"))


@pytest.mark.parametrize("pid", [0, 2**22 + 1, os.getpid()], ids=["none", "nobody", "us"])
def test_what_is_no_node_does_not_run(pid: int) -> None:
    assert not is_running(pid)


def test_dead_node_that_nobody_waited_for_does_not_run() -> None:
    with stand_in(*NODE) as process:
        process.kill()
        wait_for(lambda: not is_running(process.pid) or None, what="death", within_s=10)


def test_killing_ends_every_process_of_a_node() -> None:
    with stand_in(*NODE) as process:
        kill_node(process.pid)
        assert process.wait(timeout=10) == -signal.SIGKILL


@pytest.mark.parametrize("command", [(), ("node", "status"), ("node",)])
def test_killing_leaves_strangers_alone(command: tuple[str, ...]) -> None:
    with stand_in(*command) as process:
        kill_node(process.pid)
        assert process.poll() is None


def test_killing_node_0_does_not_kill_us() -> None:
    program = "from node.process import kill_node; kill_node(0); print('alive')"
    done = subprocess.run(
        (sys.executable, "-c", program), capture_output=True, start_new_session=True, check=False
    )
    assert done.stdout == b"alive\n"


def test_node_runs_from_the_moment_it_is_started(tmp_path: Path) -> None:
    for _ in range(5):
        pid = start_node(tmp_path)
        assert is_running(pid, tmp_path)
        assert not is_running(pid, tmp_path / "other")
        kill_node(pid)


def test_node_that_cannot_start_says_why_in_its_log(tmp_path: Path) -> None:
    home = tmp_path / "a home"
    home.mkdir()
    pid = start_node(home)
    wait_for(lambda: not is_running(pid, home) or None, what="end", within_s=20)
    assert (home / "node.log").read_text() == (
        f"aitbc: {home} is no node's home: it has no genesis.json; "
        "make one with 'aitbc node init'\n"
    )


def test_missing_home_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot write .*node\.log: No such file"):
        start_node(tmp_path / "gone")
