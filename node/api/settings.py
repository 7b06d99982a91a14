"""What an API edge is told when it starts, as one JSON file."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chain.errors import ConfigError
from chain.primitives import Hash


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Closed):
    """What one caller may ask of the edge.

    Attributes:
        body_bytes_max: of one HTTP request.
        batch_max: calls in one batch.
        reply_bytes_max: of one batch; calls after it are answered with an error.
        body_timeout_ms: for the whole body of a request to arrive.
        call_timeout_ms: for one call.
        keepalive_ms: that an idle connection stays open, and that headers may take.
        write_timeout_ms: for a caller to take a reply, or enough of it to write on.
        connections_max: open connections.
        connections_per_address_max: of one address, unless it is a loopback one.
        large_bodies_max: bodies above 64 KiB that arrive or are answered at once.
        requests_max: answered at once; others wait for ``body_timeout_ms`` at most.
        rate_per_s: cost of calls that one network may take a second, an IPv4 address or 64 bits of
            an IPv6 one; 0 for any.
        rate_local_per_s: the same for all callers on this machine together.
        rate_key_per_s: the same for an API key, beside what its network may.
        submissions_max: transactions handed to the core and not yet answered.
        sockets_max: open WebSocket connections.
        sockets_per_address_max: of one address, unless it is a loopback one.
        message_bytes_max: of one WebSocket message.
        subscriptions_max: of one WebSocket connection.
        streams_max: open streams of server-sent events.
        streams_per_address_max: of one address, unless it is a loopback one.
        ping_ms: between two looks whether the other end of a WebSocket connection is there.
        stall_ms: after which a WebSocket connection is closed that takes nothing of what waits.
    """

    body_bytes_max: Annotated[int, Field(ge=1_024)] = 2 * 1024 * 1024
    batch_max: Annotated[int, Field(ge=1)] = 100
    reply_bytes_max: Annotated[int, Field(ge=1_024)] = 10 * 1024 * 1024
    body_timeout_ms: Annotated[int, Field(ge=1)] = 10_000
    call_timeout_ms: Annotated[int, Field(ge=1)] = 10_000
    keepalive_ms: Annotated[int, Field(ge=1)] = 15_000
    write_timeout_ms: Annotated[int, Field(ge=1)] = 30_000
    connections_max: Annotated[int, Field(ge=1)] = 512
    connections_per_address_max: Annotated[int, Field(ge=1)] = 32
    large_bodies_max: Annotated[int, Field(ge=1)] = 32
    requests_max: Annotated[int, Field(ge=1)] = 64
    rate_per_s: Annotated[int, Field(ge=0, le=1_000_000)] = 100
    rate_local_per_s: Annotated[int, Field(ge=0, le=1_000_000)] = 20_000
    rate_key_per_s: Annotated[int, Field(ge=0, le=1_000_000)] = 100
    submissions_max: Annotated[int, Field(ge=1)] = 20_000
    sockets_max: Annotated[int, Field(ge=1)] = 128
    sockets_per_address_max: Annotated[int, Field(ge=1)] = 16
    message_bytes_max: Annotated[int, Field(ge=1_024)] = 1024 * 1024
    subscriptions_max: Annotated[int, Field(ge=1)] = 64
    streams_max: Annotated[int, Field(ge=1)] = 64
    streams_per_address_max: Annotated[int, Field(ge=1)] = 8
    ping_ms: Annotated[int, Field(ge=10)] = 20_000
    stall_ms: Annotated[int, Field(ge=10)] = 10_000


class ApiEdgeSettings(_Closed):
    """One edge; paths are relative to the working folder, which is the node's home.

    Attributes:
        chain_id: name of the chain.
        genesis_hash: 64 lower hexadecimal digits.
        genesis_file: the genesis document.
        database: the chain's database, opened for reading only.
        journal: what was answered under each Idempotency-Key.
        token: file of the operator's token for REST, made at the first start.
        core_socket: where the core listens for API edges.
        admin_socket: where the operator's methods are served; null for nowhere.
        host: address to listen on.
        port: 0 takes a free one.
        allowed_hosts: names that a Host header may carry beside loopback names and addresses.
        allowed_origins: web pages that may call, beside those of the same origin; ``*`` for all.
        eth_compat: whether the ``eth_`` view is served.
        lifeline_fd: the edge ends when this descriptor closes; null for none.
        metrics: whether ``/metrics`` is served.
        name: what the node calls itself in logs.
        log_level: the least important level written.
        log_form: ``text`` for people, ``json`` for machines.
        limits: what a caller may ask.
    """

    chain_id: str
    genesis_hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    genesis_file: Path = Path("genesis.json")
    database: Path = Path("data/chain.db")
    core_socket: Path = Path("run/api.sock")
    admin_socket: Path | None = None
    journal: Path = Path("data/api.db")
    token: Path = Path("run/api.token")
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8545
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    eth_compat: bool = True
    lifeline_fd: int | None = None
    metrics: bool = True
    name: str = "node"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_form: Literal["text", "json"] = "text"
    limits: Limits = Limits()

    @property
    def genesis(self) -> Hash:
        """The genesis hash's 32 bytes."""
        return Hash(bytes.fromhex(self.genesis_hash))


def read_edge_settings(path: Path) -> ApiEdgeSettings:
    """Read the file of an edge.

    Raises:
        ConfigError: it cannot be read, or a setting is unknown or outside its bounds.
    """
    try:
        return ApiEdgeSettings.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigError(detail=f"cannot read {path}: {error.strerror}") from None
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "file"
        raise ConfigError(detail=f"{path}: the setting {where}: {fault['msg']}") from None
