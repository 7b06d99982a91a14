"""Framed links over Unix sockets: how the core and its edges talk.

Sending never blocks: frames queue in the socket's buffer. An edge that takes nothing for so long
that the buffer passes its bound is cut off, and so is one that sends what it should have refused;
the supervisor starts it anew.
"""

import asyncio
import os
import signal
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from chain.errors import ChainError
from node.clock import monotonic_ms
from p2p.frames import FrameDecoder, FrameMessage, Registry, pack, unpack

BUFFER_BYTES_MAX = 128 * 1024 * 1024
"""Bytes waiting for an edge; four of the largest frames."""

READ_BYTES = 1024 * 1024

log = structlog.get_logger()

Received = TypeVar("Received", bound=FrameMessage)


class Link(Generic[Received]):
    """One connection; what it receives is decoded by its registry."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        registry: Registry[Received],
    ) -> None:
        """Take over an open connection."""
        self._reader, self._writer, self._registry = reader, writer, registry
        self.last_heard_ms = monotonic_ms()
        self.peer_pid = _peer_pid(writer.get_extra_info("socket"))
        """Process id at the other end, as the kernel told it when the link was made."""

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._writer.is_closing()

    def send(self, message: FrameMessage) -> None:
        """Queue a message; a link that is closed or too far behind drops it and closes."""
        if self._writer.is_closing():
            return
        self._writer.write(pack(message))
        if self._writer.transport.get_write_buffer_size() > BUFFER_BYTES_MAX:
            self.abort()

    async def messages(self) -> AsyncIterator[Received]:
        """Yield what arrives until either side closes.

        Raises:
            MalformedMessage: the other side sends what is no frame of the registry.
        """
        decoder = FrameDecoder()
        while data := await self._read():
            self.last_heard_ms = monotonic_ms()
            for frame in decoder.feed(data):
                if self.is_closed:
                    return
                yield unpack(frame, self._registry)

    async def _read(self) -> bytes:
        try:
            return await self._reader.read(READ_BYTES)
        except ConnectionError:
            return b""

    def kill_peer(self) -> None:
        """Kill the process at the other end, if it is there and ours to kill, and close."""
        if self.peer_pid > 0:  # 0 is a process that the kernel does not show us, and means us all
            with suppress(ProcessLookupError, PermissionError):
                os.kill(self.peer_pid, signal.SIGKILL)
        self.abort()

    def abort(self) -> None:
        """Close at once; what waits is dropped."""
        self._writer.transport.abort()


def _peer_pid(channel: socket.socket) -> int:
    credentials = channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    pid: int = struct.unpack("3i", credentials)[0]
    return pid


async def connect(path: Path, registry: Registry[Received]) -> Link[Received]:
    """Connect to a process that listens on a Unix socket.

    Raises:
        OSError: nobody listens there.
    """
    reader, writer = await asyncio.open_unix_connection(path, limit=READ_BYTES)
    return Link(reader, writer, registry)


async def serve(
    path: Path,
    registry: Registry[Received],
    on_link: Callable[[Link[Received]], Awaitable[None]],
) -> asyncio.Server:
    """Listen on a Unix socket that only our user may open; one task for each connection."""
    path.unlink(missing_ok=True)  # noqa: ASYNC240 - once, at start

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(reader, writer, registry)
        try:
            await on_link(link)
        except ChainError as error:
            log.warning("link_refused", path=str(path), pid=link.peer_pid, reason=str(error))
        finally:
            link.abort()

    before = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(accept, path, limit=READ_BYTES)
    finally:
        os.umask(before)
