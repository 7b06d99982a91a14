"""The frames between the core and its edges: ``length (u32) | kind (u8) | body``; no IO here.

The length counts the kind and the body. Both sides use this module, the core under asyncio and
the network edge under trio, so it knows neither. Each kind has a frozen dataclass that encodes and
decodes its body: what the core tells the network edge is in ``p2p/orders.py``, what the edge tells
the core in ``p2p/reports.py``. A registry maps kinds to classes; another edge brings its own
registry with kinds from ``KIND_API_MIN`` on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import ClassVar, Protocol, Self, TypeVar

from chain import codec
from chain.errors import MalformedMessage

Choice = TypeVar("Choice", bound=IntEnum)

FRAME_BYTES_MAX = 32 * 1024 * 1024
"""Bytes of one frame after its length: twice the largest answer."""

LENGTH_BYTES = 4

KIND_API_MIN = 64
"""Kinds from here on belong to the API edge."""


@unique
class FrameKind(IntEnum):
    """The kinds between the core and the network edge."""

    # core -> network edge
    BROADCAST = 1
    SEND = 2
    PUBLISH = 3
    STATUS = 4
    REQUEST = 5
    ANSWER = 6
    PUNISH = 7
    CUT = 8
    # network edge -> core
    READY = 32
    PEER_UP = 33
    PEER_DOWN = 34
    CONSENSUS = 35
    GOSSIP = 36
    PEER_STATUS = 37
    RESPONSE = 38
    INCOMING = 39
    BEAT = 40


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame off the wire.

    Attributes:
        kind: 0 to 255; a registry says what it means.
        body: the rest, not decoded yet.
    """

    kind: int
    body: bytes


class FrameMessage(Protocol):
    """What every kind of frame can do."""

    KIND: ClassVar[int]

    def encode(self) -> bytes:
        """Return the body."""
        ...

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body.

        Raises:
            MalformedMessage: it is not the body of this kind.
        """
        ...


Message = TypeVar("Message", bound=FrameMessage)

Registry = Mapping[int, type[Message]]
"""The class of each kind that one side may receive."""


def encode_frame(kind: int, body: bytes) -> bytes:
    """Return one frame.

    Raises:
        MalformedMessage: the body is too large for a frame.
    """
    length = len(body) + 1
    if length > FRAME_BYTES_MAX:
        raise MalformedMessage(detail=f"a frame of {length} bytes is above {FRAME_BYTES_MAX}")
    return b"".join((codec.u32(length), codec.u8(kind), body))


def pack(message: FrameMessage) -> bytes:
    """Return the whole frame of a message.

    Raises:
        MalformedMessage: its body is too large for a frame.
    """
    return encode_frame(message.KIND, message.encode())


def unpack(frame: Frame, registry: Registry[Message]) -> Message:
    """Return the message of a frame.

    Raises:
        MalformedMessage: the registry does not know the kind, or the body is not one of it.
    """
    message_class = registry.get(frame.kind)
    if message_class is None:
        raise MalformedMessage(detail=f"frames of kind {frame.kind} are unknown here")
    return message_class.decode(frame.body)


def registry_of(classes: Iterable[type[Message]]) -> Registry[Message]:
    """Return the registry of these kinds."""
    return {message_class.KIND: message_class for message_class in classes}


class FrameDecoder:
    """Cuts a stream of bytes into frames, however the pieces arrive."""

    def __init__(self, *, frame_bytes_max: int = FRAME_BYTES_MAX) -> None:
        """Start with nothing read; frames above ``frame_bytes_max`` are refused."""
        self._buffer = bytearray()
        self._frame_bytes_max = frame_bytes_max

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that these bytes complete, in order.

        Raises:
            MalformedMessage: a frame is empty or above the limit; nothing after it can be read.
        """
        self._buffer += data
        frames: list[Frame] = []
        start = 0
        while len(self._buffer) - start >= LENGTH_BYTES:
            body = start + LENGTH_BYTES
            length = int.from_bytes(self._buffer[start:body], "big")
            if not 1 <= length <= self._frame_bytes_max:
                raise MalformedMessage(detail=f"a frame says it has {length} bytes")
            if len(self._buffer) - body < length:
                break
            start = body + length
            with memoryview(self._buffer) as view:
                frames.append(Frame(kind=view[body], body=bytes(view[body + 1 : start])))
        if start:
            del self._buffer[:start]
        return frames


def read_choice(reader: codec.Reader, choices: type[Choice]) -> Choice:
    """Return the member of an enumeration that the next byte names.

    Raises:
        MalformedMessage: no member has this number.
    """
    value = reader.u8()
    try:
        return choices(value)
    except ValueError as error:
        raise MalformedMessage(detail=f"{value} is no {choices.__name__}") from error
