"""Nodes as processes: started in sessions of their own, found and ended by process id."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from chain.errors import ConfigError
from node.home import Home

_CHILDREN: dict[int, tuple[subprocess.Popen[bytes], Path]] = {}
"""Nodes that this very process started, and their homes; the system keeps their exit codes until
we ask."""


def start_node(home: Path) -> int:
    """Start a node in a session of its own and return its supervisor's process id.

    Raises:
        ConfigError: the home's log cannot be written.
    """
    with _open_log(Home(home).log) as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            (sys.executable, "-m", "node", "node", "start", "--home", str(home)),
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={
                name: value for name, value in os.environ.items() if not name.startswith("AITBC_")
            },
        )
    _CHILDREN[process.pid] = process, home
    return process.pid


def _open_log(path: Path) -> BinaryIO:
    try:
        return path.open("ab")
    except OSError as error:
        raise ConfigError(detail=f"cannot write {path}: {error.strerror}") from None


def is_running(pid: int, home: Path | None = None) -> bool:
    """Tell whether a node's supervisor runs under this process id.

    Args:
        pid: 0 runs nowhere.
        home: whose node it must be; any when None. After the machine has started anew, one node
            may have another's old process id.
    """
    if pid in _CHILDREN:
        # For a moment after its start the system does not show a program's arguments yet.
        child, its_home = _CHILDREN[pid]
        return child.poll() is None and home in (None, its_home)
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    wanted = b"" if home is None else b"--home\0%s\0" % os.fsencode(home)
    return b"\0node\0start\0" + wanted in command


def kill_node(pid: int) -> None:
    """Kill every process of a node at once, as a power cut would.

    What is not a running node's supervisor is left alone: 0 would mean our own processes, and a
    process id of yesterday may be a stranger's today.
    """
    if is_running(pid):
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        if pid in _CHILDREN:
            _CHILDREN[pid][0].wait()
