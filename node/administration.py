"""What an operator may do to a running core; asked by an API edge on the operator's socket."""

from collections.abc import Sequence
from typing import Protocol

from chain.codec import Reader, decode_whole
from chain.engine import Engine
from chain.errors import MalformedMessage
from chain.events import Punish
from node.logs import LEVELS, set_level
from p2p.orders import Cut
from p2p.protocols import is_node_peer
from p2p.scores import BAN_POINTS

Facts = dict[str, object]


class Peers(Protocol):
    """The side of the core that knows peers."""

    @property
    def peer_ids(self) -> list[str]:
        """Return who speaks consensus with us."""

    @property
    def cut_peers(self) -> list[str]:
        """Return whom we are cut off from."""

    def cut(self, peers: Sequence[str]) -> None:
        """Be cut off from exactly these peers."""

    def perform(self, effect: Punish) -> None:
        """Lower a peer's score."""


class Administration:
    """What can be asked and done."""

    def __init__(self, engine: Engine, peers: Peers) -> None:
        """Act on these."""
        self._engine, self._peers = engine, peers

    def peers(self) -> Facts:
        """Return the peers that speak consensus with us, and those we are cut off from."""
        return {"peers": self._peers.peer_ids, "cut": self._peers.cut_peers}

    def ban(self, data: bytes) -> Facts:
        """Ban a peer by its id; whether it was connected.

        Raises:
            MalformedMessage: the data hold no text.
        """
        peer = decode_whole(data, Reader.text8)
        is_here = peer in self._peers.peer_ids
        if is_here:
            self._peers.perform(Punish(peer=peer, weight=int(BAN_POINTS)))
        return {"banned": is_here}

    def cut(self, data: bytes) -> Facts:
        """Be cut off from exactly these peers; none heals. On a devnet alone.

        Raises:
            MalformedMessage: the data name too many peers, or what is none, or this is no devnet.
        """
        if not self._engine.ledger.parameters.devnet:
            raise MalformedMessage(detail="only a node of a devnet lets itself be cut off")
        peers = sorted(set(Cut.decode(data).peers))
        if not all(map(is_node_peer, peers)):
            raise MalformedMessage(detail="what to be cut off from is no peer's id")
        self._peers.cut(peers)
        return {"cut": peers}

    def evict(self, data: bytes) -> Facts:
        """Drop a waiting transaction by its id; whether it was there.

        Raises:
            MalformedMessage: the data hold no hash.
        """
        return {"evicted": self._engine.mempool.evict(decode_whole(data, Reader.hash))}

    def log_level(self, data: bytes) -> Facts:
        """Log more or less from now on.

        Raises:
            MalformedMessage: the data name no level.
        """
        name = decode_whole(data, Reader.text8)
        level = next((one for one in LEVELS if one == name), None)
        if level is None:
            raise MalformedMessage(detail="there is no such log level")
        set_level(level)
        return {"level": level}
