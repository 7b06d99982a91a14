"""Yamux with limits: how much a peer may make us hold, and how often we answer it.

The library does not enforce its own windows, accepts streams without end, polls while it waits for
a window, gives up after five seconds, and sends a window update for every read. One peer could
fill the memory with a few hundred megabytes, and an honest busy one lose its stream.
"""

import logging
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import trio
from libp2p.abc import ISecureConn

from p2p.compat import ID, WINDOW_BYTES_MAX, MuxedStreamError, Yamux, YamuxStream, install_muxer

STREAMS_INBOUND_MAX = 64
"""Streams that a peer may have open with us at once; ours use about six."""

STREAMS_REFUSED_MAX = 256
"""Streams refused above the limit before the connection is closed."""

HELD_BYTES_MAX = 4 * WINDOW_BYTES_MAX
"""Bytes received and not yet read, over all streams of a connection. An honest peer stays within
the windows of the few streams that we are slow to read."""

STALL_S = 30.0
"""A write gives up when the peer's window stays shut this long."""

STALL_STEP_S = 0.5
"""How often a waiting write looks whether its stream has ended, which no event tells."""

_HEADER = struct.Struct("!BBHII")  # version, type, flags, stream, length
_DATA = 0
_NOISE_BYTES_MAX = 65_519  # one Noise message holds this much; a byte more costs a second one
_CHUNK_BYTES = _NOISE_BYTES_MAX - _HEADER.size

log = logging.getLogger(__name__)


class Stalled(MuxedStreamError):
    """The peer took nothing for ``STALL_S``."""


class StreamEnded(MuxedStreamError):
    """The stream was closed or reset while something was to be written."""


class HeldTooMuch(trio.TooSlowError):
    """A peer sends more than its windows allow; the library ends a connection at its parent."""


class BoundedStream(YamuxStream):
    """A stream whose writer waits on an event, and whose reader reports half windows."""

    def __init__(self, stream_id: int, conn: Yamux, is_initiator: bool) -> None:  # noqa: FBT001 # theirs
        """Start with the windows of the specification."""
        self._credit = 0
        self._credit_came = trio.Event()
        self._unreported = 0
        super().__init__(stream_id, conn, is_initiator)

    @property
    def send_window(self) -> int:
        """Bytes that the peer still accepts."""
        return self._credit

    @send_window.setter
    def send_window(self, value: int) -> None:
        """Take a new value; wake the writer when there is room."""
        self._credit = value
        if value > 0:
            self._credit_came.set()

    async def write(self, data: bytes) -> None:
        """Write all of ``data``, in chunks that fill one encrypted message each.

        Raises:
            StreamEnded: it was closed or reset.
            Stalled: its window stayed shut for ``STALL_S``.
        """
        view = memoryview(data)
        while view:
            size = min(await self._wait_for_credit(), len(view), _CHUNK_BYTES)
            self._credit -= size
            header = _HEADER.pack(0, _DATA, 0, self.stream_id, size)
            await self.conn._write_frame(header + view[:size])  # noqa: SLF001 # no other way out
            view = view[size:]

    async def _wait_for_credit(self) -> int:
        """Return the open part of the peer's window, above 0."""
        deadline = trio.current_time() + STALL_S
        while not (self.send_closed or self.closed):
            if self._credit > 0:
                return self._credit
            if trio.current_time() > deadline:
                raise Stalled
            self._credit_came = trio.Event()
            with trio.move_on_after(STALL_STEP_S):
                await self._credit_came.wait()
        raise StreamEnded

    async def _auto_tune_and_send_window_update(self, *, bytes_read: int = 0) -> None:
        """Give the peer new credit once half the window was read, and double the window."""
        self._unreported += bytes_read
        if self._unreported * 2 < self.target_recv_window:
            return
        target = min(self.target_recv_window * 2, WINDOW_BYTES_MAX)
        credit = self._unreported + target - self.target_recv_window
        self.target_recv_window = target
        self._unreported = 0
        self.recv_window += credit
        await self.send_window_update(credit)


class BoundedYamux(Yamux):
    """A connection that limits streams and unread bytes."""

    def __init__(
        self,
        secured_conn: ISecureConn,
        peer_id: ID,
        is_initiator: bool | None = None,  # noqa: FBT001 # the library's signature
        on_close: Callable[[], Awaitable[Any]] | None = None,
    ) -> None:
        """Start with no stream refused."""
        super().__init__(secured_conn, peer_id, is_initiator, on_close)
        self._refused = 0

    async def accept_stream(self) -> YamuxStream:
        """Return the next stream that is within the limit; reset those above it."""
        while True:
            stream = await super().accept_stream()
            assert isinstance(stream, YamuxStream)
            inbound = sum(not other.is_initiator for other in self.streams.values())
            if inbound <= STREAMS_INBOUND_MAX:
                return stream
            await stream.reset()
            self._refused += 1
            if self._refused > STREAMS_REFUSED_MAX:
                log.info("%s opens too many streams and is disconnected", self.peer_id)
                await self.close()

    async def _read_data_body(self, length: int) -> bytes:
        """Read the bytes of a frame, if we may hold that many more.

        Raises:
            HeldTooMuch: we may not.
        """
        held = sum(len(buffer) for buffer in self.stream_buffers.values())
        if held + length > HELD_BYTES_MAX:
            log.info("%s ignores its windows and is disconnected", self.peer_id)
            raise HeldTooMuch
        return await super()._read_data_body(length)


install_muxer(BoundedYamux, BoundedStream)
