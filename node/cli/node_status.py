"""``aitbc node status`` and ``peers``: how a running node is, and whom it is linked with."""

from pathlib import Path
from typing import Any

import click

from node.cli.asking import ask, understanding
from node.cli.options import HOME, JSON, LINES, RPC
from node.cli.screen import print_fields, print_json, print_line, print_table, printable

WATCH_S = 1.0
"""Seconds between two looks of ``--watch``."""

SIGNED_OF = 50
"""Blocks whose signatures are counted."""

_ROLES = {True: "validator", False: "follower", None: None}


@click.command()
@click.option(
    "--home",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    help="The folder of a node on this machine, instead of its URL.",
)
@RPC
@click.option("--watch", "-f", is_flag=True, help="Print a line each second, until Ctrl-C.")
@JSON
@LINES
def status(home: Path | None, rpc: str, *, watch: bool, as_json: bool, as_lines: bool) -> None:
    """Show how a node is; exit code 1 where it is behind the chain or linked with nobody.

    Example: aitbc node status --home ~/aitbc
    """
    url = rpc if home is None else _url_of(home)
    if watch:
        _watch(url, as_lines=as_lines or as_json)
    found = _look(url)
    if as_lines:
        print_line(found)
    elif as_json:
        print_json(found)
    else:
        with understanding(url):
            print_fields(_fields(found))
    with understanding(url):
        raise SystemExit(0 if _is_well(found) else 1)


def _url_of(home: Path) -> str:
    from node.home import Home
    from node.operator import operator_url

    return operator_url(Home(home))


def _look(url: str) -> dict[str, Any]:
    """Return what a node says of itself, and how many of the last blocks each validator signed."""
    found = ask(url, "ait_status")
    signing = ask(url, "ait_getSigning", {"limit": SIGNED_OF})
    with understanding(url):
        names = [one["name"] for one in signing["validators"]]
        counts = {name: {"name": name, "signed": 0, "of": 0} for name in names}
        for block in signing["items"]:
            for place in block["members"]:
                counts[names[place]]["of"] += 1
                counts[names[place]]["signed"] += place in block["signed"]
        return {**found, "signing": list(counts.values())}


def _is_well(found: dict[str, Any]) -> bool:
    is_alone = found["peers"] == 0 and len(found["signing"]) > 1
    return found["coreConnected"] is True and found["catchingUp"] is False and not is_alone


def _state(found: dict[str, Any]) -> str:
    """Return in a few words whether a node has the whole chain."""
    if not found["coreConnected"] or found["catchingUp"] is None:
        return "starting: its core has not answered yet"
    if not found["catchingUp"]:
        return "following the chain" if _is_well(found) else "linked with nobody"
    height, best = found["height"], found["best"]
    share = f"catching up, {height * 100 // max(best, 1)} %: {height:,} of {best:,} blocks"
    pace, left = found["blocksPerS"], found["remainingS"]
    return share if pace is None or left is None else f"{share}, {pace:,} a second, ~{left} s left"


def _fields(found: dict[str, Any]) -> list[tuple[str, object]]:
    from node.cli.words import age_of
    from node.clock import now_ms

    age = age_of(found["timeMs"], now_ms=now_ms())
    absent = [one for one in found["signing"] if one["signed"] == 0]
    cut = found["cutPeers"]
    said = [f"{one['name']} signed none of {one['of']} blocks" for one in absent]
    return [
        ("chain", found["chainId"]),
        ("genesis", found["genesisHash"]),
        ("node", found["name"]),
        ("version", found["version"]),
        ("role", _ROLES[found["validator"]]),
        ("state", _state(found)),
        ("height", f"{found['height']:,}, final {age} ago" if age != "now" else found["height"]),
        ("round", found["round"]),
        ("peers", found["peers"]),
        ("apart", f"cut off by the operator from peers: {cut}" if cut else None),
        ("waiting", None if found["mempool"] is None else f"{found['mempool']} transactions"),
        ("absent", ", ".join(said) or None),
    ]


def _watch(url: str, *, as_lines: bool) -> None:
    from node.clock import pause

    while True:
        found = _look(url)
        with understanding(url):
            if as_lines:
                print_line(found)
            else:
                click.echo(_line(found))
        pause(WATCH_S)


def _line(found: dict[str, Any]) -> str:
    from node.cli.words import age_of
    from node.clock import now_ms

    return printable(
        f"#{found['height']}  {age_of(found['timeMs'], now_ms=now_ms())}  round {found['round']}  "
        f"peers {found['peers']}  waiting {found['mempool']}  {_state(found)}"
    )


@click.command()
@HOME
@JSON
def peers(home: Path, *, as_json: bool) -> None:
    """List the peers of a running node, and those of its settings that it is not linked with.

    Example: aitbc node peers --home ~/aitbc
    """
    from node.config import load_settings
    from node.home import Home

    url = _url_of(home)
    wanted = dict(_named(one) for one in load_settings(Home(home)).p2p.peers)
    answer = ask(url, "admin_getPeers")
    with understanding(url):
        linked = [str(one) for one in answer["peers"]]
        cut = frozenset(map(str, answer["cut"]))
    away = [one for one in wanted if one not in linked]
    items = [
        {
            "peer": peer,
            "address": wanted.get(peer),
            "isLinked": peer in linked,
            "isCutOff": peer in cut,
        }
        for peer in (*linked, *away)
    ]
    if as_json:
        print_json({"peers": items})
        return
    rows = [(one["peer"], _word_of(one), one["address"]) for one in items]
    print_table(("peer", "state", "in the settings as"), rows)


def _word_of(peer: dict[str, Any]) -> str:
    """Return in words how a node stands with a peer."""
    if peer["isCutOff"]:
        return "cut off"
    return "linked" if peer["isLinked"] else "away"


def _named(address: str) -> tuple[str, str]:
    """Return the peer id of a multiaddress, and the address."""
    return address.rpartition("/p2p/")[2], address
