"""Serving the operator: the same calls on a Unix socket, and the methods that are nowhere else."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from chain.errors import ConfigError
from node.api.admin import ADMIN_METHODS, DEVNET_ADMIN_METHODS
from node.api.conversation import Conversation
from node.api.jsonrpc import Method, Rpc
from node.api.openrpc import with_discovery
from node.api.server import RpcServer
from node.api.services import Services


@asynccontextmanager
async def operator_served(
    services: Services, methods: Sequence[Method[Services, Any]]
) -> AsyncIterator[None]:
    """Serve the operator while the context lasts, if the settings say where.

    Args:
        services: of the edge.
        methods: those of everybody.

    Raises:
        ConfigError: the socket cannot be made.
    """
    settings = services.settings
    if settings.admin_socket is None:
        yield
        return
    own = ADMIN_METHODS + (DEVNET_ADMIN_METHODS if services.is_devnet() else ())
    rpc = Rpc(with_discovery((*methods, *own)), services, limits=settings.limits)
    server = RpcServer(settings, answer=rpc.answer, converse=lambda: Conversation(rpc, services))
    try:
        await server.start_at(settings.admin_socket)
    except OSError as error:
        detail = f"cannot listen on {settings.admin_socket}: {error.strerror}"
        raise ConfigError(detail=detail) from None
    try:
        yield
    finally:
        await server.close()
