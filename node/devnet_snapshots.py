"""Snapshots of a stopped devnet: all its validators' data, put aside and put back together.

Going back takes what the validators have signed back as well, which on any other chain would let
them contradict themselves. Here all of them go back at once, and nobody else holds their votes.
"""

import re
import shutil
from pathlib import Path

from chain.errors import ConfigError
from node.devnet import Devnet
from node.process import is_running

KEPT = ("data", "validator")
"""Folders of a home that are its past; the rest is keys, settings and what a running node has."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


def snapshot_names(net: Devnet) -> list[str]:
    """Return the names of a devnet's snapshots, sorted.

    Raises:
        ConfigError: there is no devnet.
    """
    net.read()
    folder = net.root / "snapshots"
    return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []


def take_snapshot(net: Devnet, name: str) -> None:
    """Put the data of a stopped devnet aside.

    Raises:
        ConfigError: it runs, the name has no good form or is taken, or a file cannot be written.
    """
    target = free_place(net, name)
    _check_stopped(net)
    draft = target.with_name(f".{name}.draft")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        for node in net.nodes():
            for part in KEPT:
                if (node.home / part).is_dir():
                    shutil.copytree(node.home / part, draft / node.name / part)
        draft.rename(target)
    except OSError as error:
        raise ConfigError(detail=f"cannot write the snapshot: {error.strerror}") from None


def go_back(net: Devnet, name: str) -> None:
    """Put the data of a snapshot back; what came after it is gone.

    Raises:
        ConfigError: the devnet runs, there is no such snapshot, or a file cannot be written.
    """
    source = known_place(net, name)
    _check_stopped(net)
    try:
        for node in net.nodes():
            for part in KEPT:
                shutil.rmtree(node.home / part, ignore_errors=True)
                if (source / node.name / part).is_dir():
                    shutil.copytree(source / node.name / part, node.home / part)
    except OSError as error:
        raise ConfigError(detail=f"cannot put the snapshot back: {error.strerror}") from None


def free_place(net: Devnet, name: str) -> Path:
    """Return where a new snapshot will lie.

    Raises:
        ConfigError: its name has no good form or is taken.
    """
    folder = _folder(net, name)
    if folder.exists():
        raise ConfigError(detail=f"there is a snapshot {name} already; choose another name")
    return folder


def known_place(net: Devnet, name: str) -> Path:
    """Return where a snapshot lies.

    Raises:
        ConfigError: there is none of this name.
    """
    folder = _folder(net, name)
    if not folder.is_dir():
        known = ", ".join(snapshot_names(net)) or "none"
        raise ConfigError(detail=f"there is no snapshot {name}; there are: {known}")
    return folder


def _folder(net: Devnet, name: str) -> Path:
    if not _NAME.fullmatch(name) or name.startswith("."):
        form = "letters, digits, dots, dashes and underscores, 64 at most, no dot in front"
        raise ConfigError(detail=f"a snapshot's name is made of {form}")
    return net.root / "snapshots" / name


def _check_stopped(net: Devnet) -> None:
    running = [node.name for node in net.nodes() if is_running(node.pid, node.home)]
    if running:
        detail = f"{', '.join(running)} still run; stop the devnet first: aitbc devnet down"
        raise ConfigError(detail=detail)
