"""What the network edge is told when it starts: one JSON file, closed, every field checked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from chain.errors import ConfigError
from chain.primitives import HASH_BYTES, Hash

CONNECTIONS_MAX = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSettings:
    """Everything the edge needs to know.

    Attributes:
        genesis_hash: 32 bytes, in the file 64 hex digits; its start is in every protocol's name.
        listen: multiaddresses to listen on, such as ``/ip4/0.0.0.0/tcp/26656``.
        node_key: path of the node key; made when it does not exist.
        core_socket: path of the Unix socket that the core listens on; keep it relative to the
            working folder, for the system allows 107 bytes.
        gossip_counter: above every value given to this node key before, such as nanoseconds since
            1970; peers ignore what we gossip with a number they have seen.
        persistent_peers: addresses that end in ``/p2p/<peer id>``; always dialled, never banned.
        connections_max: connections in and out together.
        lifeline_fd: a file descriptor that stays open while the supervisor lives; None for none.
        checks: ``module:function``, called with ``checks_options``, which returns the ``Checks``;
            empty for checks of size alone.
        checks_options: text by name, for that function.
        log_level: of our own messages on stderr.
    """

    genesis_hash: Hash
    listen: tuple[str, ...]
    node_key: Path
    core_socket: str
    gossip_counter: int
    persistent_peers: tuple[str, ...] = ()
    connections_max: int = CONNECTIONS_MAX
    lifeline_fd: int | None = None
    checks: str = ""
    checks_options: Mapping[str, str] = field(default_factory=dict)
    log_level: str = "INFO"

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            ConfigError: it cannot be read, or a field is missing, unknown or wrong.
        """
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(detail=f"cannot read the edge's settings {path}: {error}") from error
        return cls.of(document)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Return the settings that a JSON document holds.

        Raises:
            ConfigError: a field is missing, unknown or wrong.
        """
        known = {one.name for one in fields(cls)}
        unknown = sorted(document.keys() - known)
        if unknown:
            raise ConfigError(detail=f"the edge's settings do not have: {', '.join(unknown)}")
        values = dict(document)
        try:
            values["genesis_hash"] = Hash(bytes.fromhex(values["genesis_hash"]))
            values["node_key"] = Path(values["node_key"])
            values["listen"] = tuple(values["listen"])
            values["persistent_peers"] = tuple(values.get("persistent_peers", ()))
            settings = cls(**values)
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(detail=f"the edge's settings are wrong: {error!r}") from error
        if len(settings.genesis_hash) != HASH_BYTES or not settings.listen:
            raise ConfigError(detail="the edge needs a genesis hash and an address to listen on")
        return settings

    def document(self) -> dict[str, Any]:
        """Return the JSON document that :meth:`of` reads."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        values["genesis_hash"] = self.genesis_hash.hex()
        values["node_key"] = str(self.node_key)
        return values
