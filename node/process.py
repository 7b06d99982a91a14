"""Nodes as processes: started in sessions of their own, found and ended by process id."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}
"""Nodes that this very process started; the system keeps their exit codes until we ask."""


def start_node(home: Path) -> int:
    """Start a node in a session of its own and return its supervisor's process id."""
    log = (home / "node.log").open("ab")
    with log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            (sys.executable, "-m", "node", "node", "start", "--home", str(home)),
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _CHILDREN[process.pid] = process
    return process.pid


def is_running(pid: int) -> bool:
    """Tell whether a node's supervisor runs under this process id."""
    child = _CHILDREN.get(pid)
    if child is not None and child.poll() is not None:
        return False
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"\0node\0start\0" in command


def kill_node(pid: int) -> None:
    """Kill every process of a node at once, as a power cut would."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
