"""What may be wrong with a node, looked at from its home, each finding with what to do about it.

Nothing is changed, and a running node is not disturbed. A start refuses most of this as well; here
all of it is said at once, and before.
"""

import shutil
import socket
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from chain.errors import ConfigError, PeerError, StoreError
from chain.genesis import Genesis
from chain.primitives import PublicKey
from chain.store.queries import ChainReader
from genesis.document import read_genesis
from node.clock import now_ms
from node.config import NodeSettings, load_settings
from node.home import Home, is_file, is_running
from node.keystore import read_public_key
from node.operator import operator_url
from node.private_file import check_private_folder
from node.rpc_client import call

ROOM_BYTES = 1024 * 1024 * 1024
"""Room that a disk should have beside that for a second database, which a rebuild needs."""

AHEAD_MS = 10_000
"""A last block from so far ahead of our clock means that our clock is wrong."""

STALE_MS = 10_000
STALE_INTERVALS = 5
"""A chain stands still once both have passed since the last block."""

ASK_S = 5.0

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing is.

    Attributes:
        name: of the thing.
        state: ``ok``, ``note`` for what an operator should know, or ``wrong``.
        said: a sentence.
        advice: what to do; "" where there is nothing.
    """

    name: str
    state: State
    said: str
    advice: str = ""


def check_home(home: Home) -> Iterator[Finding]:
    """Yield how the things of a home are; what depends on something wrong is left out.

    Args:
        home: of a node that runs or not.
    """
    try:
        home.check()
    except ConfigError as error:
        yield Finding("home", "wrong", str(error))
        return
    yield _folder(home)
    settings = yield from _settings(home)
    genesis = yield from _genesis(home)
    key = yield from _keys(home, settings)
    yield _disk(home)
    if genesis is not None:
        yield from _database(home, genesis)
    if settings is None:
        return
    if is_running(home):
        yield from _running_node(home, key)
    else:
        yield Finding("node", "note", "not running", f"aitbc node start --home {home.root}")
        yield from _ports(settings)


def _folder(home: Home) -> Finding:
    try:
        check_private_folder(home.root)
    except ConfigError as error:
        return Finding("home", "wrong", str(error))
    return Finding("home", "ok", f"{home.root} is its owner's alone")


def _settings(home: Home) -> Generator[Finding, None, NodeSettings | None]:
    try:
        settings = load_settings(home)
    except ConfigError as error:
        yield Finding("settings", "wrong", str(error), "aitbc config --help")
        return None
    yield Finding("settings", "ok", f"{home.config} can work")
    host = settings.rpc.host
    if settings.rpc.enabled and host not in ("127.0.0.1", "::1", "localhost"):
        said = f"JSON-RPC listens on {host}, where strangers may reach it"
        yield Finding("settings", "note", said, "put a proxy with TLS in front of it")
    return settings


def _genesis(home: Home) -> Generator[Finding, None, Genesis | None]:
    try:
        genesis = read_genesis(home.genesis)
    except ConfigError as error:
        yield Finding("genesis", "wrong", str(error), "put the chain's own document there")
        return None
    yield Finding("genesis", "ok", f"{genesis.chain_id}, hash {genesis.hash.hex()}")
    return genesis


def _keys(home: Home, settings: NodeSettings | None) -> Generator[Finding, None, PublicKey | None]:
    """Look at the consensus key, and return its public half."""
    if not is_file(home.validator_key):
        signer = "" if settings is None else settings.validator.signer
        yield Finding("key", "ok", f"with the signer {signer}" if signer else "none: it follows")
        return None
    try:
        key = read_public_key(home.validator_key)
    except ConfigError as error:
        yield Finding("key", "wrong", str(error))
        return None
    yield Finding("key", "ok", f"validator {key.hex()}")
    return key


def _disk(home: Home) -> Finding:
    free_bytes = shutil.disk_usage(home.root).free
    size_bytes = home.database.stat().st_size if is_file(home.database) else 0
    free, wanted = free_bytes // 2**20, (size_bytes + ROOM_BYTES) // 2**20
    if free >= wanted:
        return Finding(
            "disk", "ok", f"{free:,} MiB are free, the chain has {size_bytes >> 20:,} MiB"
        )
    said = f"{free:,} MiB are free, {wanted:,} should be"
    return Finding("disk", "wrong", said, "free room, or move the home to a larger disk")


def _database(home: Home, genesis: Genesis) -> Iterator[Finding]:
    if not is_file(home.database):
        yield Finding("chain", "note", "no block yet: its first start makes the database")
        return
    try:
        reader = ChainReader.open(home.database)
        try:
            first, tip = reader.find_block(0), reader.tip()
        finally:
            reader.close()
    except StoreError as error:
        yield Finding("chain", "wrong", str(error))
        return
    if first is None or first.hash != genesis.hash:
        said = f"{home.database} is of another genesis than genesis.json"
        yield Finding("chain", "wrong", said, "move one of them away")
        return
    yield Finding("chain", "ok", f"{tip.height:,} blocks")
    ahead_ms = tip.time_ms - now_ms()
    if ahead_ms > AHEAD_MS:
        said = f"the last block is {ahead_ms // 1_000} s ahead of this machine's clock"
        yield Finding("clock", "wrong", said, "set the clock; a validator needs it, use NTP")


def _ports(settings: NodeSettings) -> Iterator[Finding]:
    """Look whether a start could listen where the settings say."""
    if settings.rpc.enabled:
        yield _port("rpc", settings.rpc.host, settings.rpc.port)
    match settings.p2p.listen.split("/"):
        case ["", "ip4" | "ip6", host, "tcp", port, *_] if port.isdecimal():
            yield _port("p2p", host, int(port))


def _port(name: str, host: str, port: int) -> Finding:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        said = f"cannot listen on {host} port {port}: {(error.strerror or str(error)).lower()}"
        advice = f"aitbc config set {'rpc.port' if name == 'rpc' else 'p2p.listen'} ..."
        return Finding(name, "wrong", said, advice)
    return Finding(name, "ok", f"{host} port {port} is free")


def _running_node(home: Home, key: PublicKey | None) -> Iterator[Finding]:
    try:
        url = operator_url(home)
        status: dict[str, Any] = call(url, "ait_status", timeout_s=ASK_S)
        seats: dict[str, Any] = call(url, "ait_getValidators", timeout_s=ASK_S)
        interval_ms = read_genesis(home.genesis).parameters.block_interval_ms
    except (ConfigError, PeerError) as error:
        yield Finding("node", "wrong", str(error), f"aitbc node logs --home {home.root}")
        return
    yield Finding("node", "ok", f"running, called {status['name']}")
    yield from _movement(status, interval_ms=interval_ms)
    if status["peers"] is None:
        return
    names = {one["publicKey"].removeprefix("0x"): one["name"] for one in seats["validators"]}
    if not status["peers"] and len(names) > 1:
        yield Finding(
            "peers", "wrong", "linked with nobody", f"aitbc node peers --home {home.root}"
        )
    elif len(names) > 1:
        yield Finding("peers", "ok", f"linked with {status['peers']}")
    if key is not None:
        name = names.get(key.hex())
        advice = "" if name else "aitbc validator accept --help"
        said = f"votes as {name}" if name else "the key has no seat: it votes for nothing"
        yield Finding("seat", "ok" if name else "note", said, advice)


def _movement(status: dict[str, Any], *, interval_ms: int) -> Iterator[Finding]:
    """Look whether a running node has the whole chain, and whether that goes on."""
    if not status["coreConnected"] or status["catchingUp"] is None:
        advice = "look again; where it stays so, read the node's log"
        yield Finding("core", "wrong", "it has not answered yet; it may be starting", advice)
        return
    if status["catchingUp"]:
        said = f"at {status['height']:,} of {status['best']:,} blocks"
        yield Finding("sync", "note", said, "wait; aitbc node status --watch shows how it goes")
        return
    age_ms = now_ms() - status["timeMs"]
    if age_ms > max(STALE_MS, STALE_INTERVALS * interval_ms):
        said = f"no block for {age_ms // 1_000} s, in round {status['round']}"
        advice = "where others go on, look at the peers and the clock; else a quorum is away"
        yield Finding("sync", "wrong", said, advice)
        return
    yield Finding("sync", "ok", f"has the whole chain, {status['height']:,} blocks")
