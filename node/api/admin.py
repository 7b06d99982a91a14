"""The methods of the operator: served on the Unix socket in the home's ``run`` folder alone.

Only the user that runs the node may open it. There is no way to them by the network.
"""

import asyncio
from typing import Annotated, Any, Final, Literal

import structlog
from pydantic import Field, StringConstraints

from chain.codec import text8
from chain.store.backup import write_backup
from node.api import forms, problems
from node.api.jsonrpc import Method
from node.api.services import Services
from node.api.words import Json
from node.api_questions import Topic
from node.logs import set_level
from p2p.orders import Cut
from p2p.protocols import CUT_PEERS_MAX, PEER_PATTERN

BACKUP_MS_MAX: Final = 10 * 60 * 1_000
"""Milliseconds for a copy; one that takes longer goes on and is there when it is done."""

_HASH: Final = "0x" + "00" * 32

log = structlog.get_logger()


class PeerParams(forms.Closed):
    """Which peer.

    Attributes:
        peer: its id, as ``admin_getPeers`` shows it.
    """

    peer: Annotated[str, StringConstraints(pattern="^[1-9A-HJ-NP-Za-km-z]{1,64}$")]


class CutParams(forms.Closed):
    """Whom to be cut off from.

    Attributes:
        peers: their ids; those that are not named, be it all, are let in again.
    """

    peers: Annotated[
        list[Annotated[str, StringConstraints(pattern=PEER_PATTERN)]],
        Field(max_length=CUT_PEERS_MAX),
    ]


class LevelParams(forms.Closed):
    """How much is logged.

    Attributes:
        level: the least important level written.
    """

    level: Literal["debug", "info", "warning", "error"]


class BackupParams(forms.Closed):
    """Where a copy goes.

    Attributes:
        name: of the file in ``data/backups`` of the home, without ``.db``.
    """

    name: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


async def get_peers(services: Services, _: forms.Nothing) -> Json:
    """The peers that speak consensus with this node, and those it is cut off from."""
    return await services.core.ask(Topic.PEERS)


async def ban_peer(services: Services, params: PeerParams) -> Json:
    """Ban a peer for ten minutes; one that the settings name is slowed down for a minute."""
    log.warning("admin_bans", peer=params.peer)
    return await services.core.ask(Topic.BAN, text8(params.peer))


async def cut_peers(services: Services, params: CutParams) -> Json:
    """Be cut off from exactly these peers until the next such call, or the next start."""
    return await services.core.ask(Topic.CUT, Cut(tuple(params.peers)).encode())


async def evict_transaction(services: Services, params: forms.TransactionParams) -> Json:
    """Drop a transaction from this node's mempool; others may keep it and bring it back."""
    return await services.core.ask(Topic.EVICT, forms.bytes_of(params.transaction_id))


async def set_log_level(services: Services, params: LevelParams) -> Json:
    """Log more or less from now on, in the core and in this process, until the next start."""
    answer = await services.core.ask(Topic.LOG_LEVEL, text8(params.level))
    set_level(params.level)
    return answer


async def backup(services: Services, params: BackupParams) -> Json:
    """Write a copy of the database into a file of the home, while the node goes on."""
    database = services.settings.database
    target = database.parent / "backups" / f"{params.name}.db"
    try:
        size_bytes = await asyncio.to_thread(write_backup, database, target)
    except FileExistsError:
        raise problems.invalid_param(path="name", msg="there is such a copy already") from None
    log.info("admin_backup", file=str(target), size_bytes=size_bytes)
    return {"file": str(target), "bytes": size_bytes}


ADMIN_METHODS: Final[tuple[Method[Services, Any], ...]] = (
    Method("admin_getPeers", forms.Nothing, get_peers, {}),
    Method("admin_banPeer", PeerParams, ban_peer, {"peer": "12D3KooW"}),
    Method(
        "admin_evictTransaction",
        forms.TransactionParams,
        evict_transaction,
        {"transactionId": _HASH},
    ),
    Method("admin_setLogLevel", LevelParams, set_log_level, {"level": "debug"}),
    Method("admin_backup", BackupParams, backup, {"name": "monday"}, timeout_ms=BACKUP_MS_MAX),
)
"""None of them is on the network."""

DEVNET_ADMIN_METHODS: Final[tuple[Method[Services, Any], ...]] = (
    Method("admin_cutPeers", CutParams, cut_peers, {"peers": []}),
)
"""Offered where the genesis document says devnet, and nowhere else: a validator that money depends
on must have no switch that cuts it off from the others."""
