"""Our messages on streams, ``length (u32) | payload``, and the queue in front of a slow peer."""

from collections import deque

import trio

from chain.codec import u32
from chain.errors import MalformedMessage, PeerError
from p2p.network import PeerStream

LENGTH_BYTES = 4
MESSAGE_TIMEOUT_S = 30.0
"""A message whose first bytes have come must end within this time."""


class MessageReader:
    """Cuts what a stream brings into messages."""

    def __init__(self, stream: PeerStream, *, limit: int) -> None:
        """Refuse messages above ``limit`` bytes."""
        self._stream = stream
        self._limit = limit
        self._buffer = bytearray()

    async def next(self) -> bytes | None:
        """Return the next message, or None when the peer has closed its side between two.

        Raises:
            MalformedMessage: the message says that it is too large.
            PeerError: the message is too slow or cut short, or the stream failed.
        """
        if not self._buffer and not await self._fill():
            return None
        with trio.move_on_after(MESSAGE_TIMEOUT_S):
            while len(self._buffer) < LENGTH_BYTES:
                await self._fill_or_fail()
            length = int.from_bytes(self._buffer[:LENGTH_BYTES], "big")
            if length > self._limit:
                detail = f"a message of {length} bytes is above {self._limit}"
                raise MalformedMessage(detail=detail)
            end = LENGTH_BYTES + length
            while len(self._buffer) < end:
                await self._fill_or_fail()
            with memoryview(self._buffer) as view:
                message = bytes(view[LENGTH_BYTES:end])
            del self._buffer[:end]
            return message
        raise PeerError(detail=f"a message took more than {MESSAGE_TIMEOUT_S} s")

    async def _fill(self) -> bool:
        """Read some more; return whether there was any."""
        data = await self._stream.read()
        self._buffer += data
        return bool(data)

    async def _fill_or_fail(self) -> None:
        """Read some more.

        Raises:
            PeerError: the peer has closed its side.
        """
        if not await self._fill():
            raise PeerError(detail="a message is cut short")


async def write_message(stream: PeerStream, payload: bytes) -> None:
    """Write one message.

    Raises:
        PeerError: the stream failed.
    """
    await stream.write(u32(len(payload)) + payload)


class Outbox:
    """What waits for one peer, bounded by count and bytes.

    When there is too much the oldest goes, and is counted: what consensus said last matters most.
    """

    def __init__(self, *, count_max: int, bytes_max: int) -> None:
        """Start empty."""
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._count_max = count_max
        self._bytes_max = bytes_max
        self._filled = trio.Event()

    def put(self, message: bytes) -> int:
        """Queue a message; return how many older ones had to go."""
        self._waiting.append(message)
        self._bytes += len(message)
        self._filled.set()
        dropped = 0
        while len(self._waiting) > 1 and self._is_over():
            self._bytes -= len(self._waiting.popleft())
            dropped += 1
        return dropped

    def _is_over(self) -> bool:
        """Tell whether more waits than may."""
        return len(self._waiting) > self._count_max or self._bytes > self._bytes_max

    async def first(self) -> bytes:
        """Wait for a message and return the oldest, which stays until it is done."""
        while not self._waiting:
            self._filled = trio.Event()
            await self._filled.wait()
        return self._waiting[0]

    def done(self, message: bytes) -> None:
        """Take away the message that was sent, unless it had to go meanwhile."""
        if self._waiting and self._waiting[0] is message:
            self._bytes -= len(self._waiting.popleft())
