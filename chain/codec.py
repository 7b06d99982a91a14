"""The one byte form: fixed-width big-endian fields, so that each value has one encoding.

A decoder reads every byte or refuses; lengths come before what they count and have a bound.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from chain.errors import MalformedMessage
from chain.primitives import Hash

T = TypeVar("T")

TEXT_MAX = 255
"""Characters of a text whose length is one byte."""

_U16 = struct.Struct(">H")
_U32 = struct.Struct(">I")
_U64 = struct.Struct(">Q")


def u8(value: int) -> bytes:
    """Return one byte."""
    return bytes((value,))


def u16(value: int) -> bytes:
    """Return two bytes."""
    return _U16.pack(value)


def u32(value: int) -> bytes:
    """Return four bytes."""
    return _U32.pack(value)


def u64(value: int) -> bytes:
    """Return eight bytes."""
    return _U64.pack(value)


def text8(value: str) -> bytes:
    """Return a string of at most 255 printable ASCII characters after its length in one byte.

    Raises:
        MalformedMessage: it is longer, or holds another character; it would not read back.
    """
    if not (value.isascii() and value.isprintable()) or len(value) > TEXT_MAX:
        raise MalformedMessage(
            detail=f"a text is not of at most {TEXT_MAX} printable ASCII characters"
        )
    return u8(len(value)) + value.encode("ascii")


def bytes32(data: bytes) -> bytes:
    """Return bytes after their length in four bytes."""
    return u32(len(data)) + data


def sequence(items: Iterable[bytes]) -> bytes:
    """Return a count in four bytes, then each item after its own length in four bytes."""
    parts = [bytes32(item) for item in items]
    return u32(len(parts)) + b"".join(parts)


def join_sequences(sequences: Sequence[bytes]) -> bytes:
    """Return one sequence of all the items of several, each as :func:`sequence` wrote it."""
    count = sum(int.from_bytes(one[:4], "big") for one in sequences)
    return u32(count) + b"".join(one[4:] for one in sequences)


class Reader:
    """Reads fields off the front of a message; whatever is missing or left over is an error."""

    __slots__ = ("_data", "_offset")

    def __init__(self, data: bytes) -> None:
        """Start at the first byte."""
        self._data = data
        self._offset = 0

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes.

        Raises:
            MalformedMessage: fewer are left.
        """
        end = self._offset + count
        if end > len(self._data):
            raise MalformedMessage(detail="it ends too early")
        part = self._data[self._offset : end]
        self._offset = end
        return part

    def u8(self) -> int:
        """Return an integer of one byte."""
        return self.take(1)[0]

    def u16(self) -> int:
        """Return an integer of two bytes."""
        return int.from_bytes(self.take(2), "big")

    def u32(self) -> int:
        """Return an integer of four bytes."""
        return int.from_bytes(self.take(4), "big")

    def u64(self) -> int:
        """Return an integer of eight bytes."""
        return int.from_bytes(self.take(8), "big")

    def bounded(self, low: int, high: int) -> int:
        """Return an integer of eight bytes that is from ``low`` to ``high``.

        Raises:
            MalformedMessage: it is not.
        """
        value = self.u64()
        if not low <= value <= high:
            raise MalformedMessage(detail=f"a number is {value}; it must be {low} to {high}")
        return value

    def hash(self) -> Hash:
        """Return 32 bytes."""
        return Hash(self.take(32))

    def flag(self) -> bool:
        """Return a byte that is 0 or 1.

        Raises:
            MalformedMessage: it is another value.
        """
        value = self.u8()
        if value > 1:
            raise MalformedMessage(detail="a flag is neither 0 nor 1")
        return value == 1

    def text8(self, limit: int = TEXT_MAX) -> str:
        """Return printable ASCII text of at most ``limit`` characters.

        Raises:
            MalformedMessage: it is longer, or a character is not printable ASCII.
        """
        length = self.u8()
        if length > limit:
            raise MalformedMessage(detail=f"a text of {length} characters is above {limit}")
        data = self.take(length)
        text = data.decode("latin-1")
        if not (text.isascii() and text.isprintable()):
            raise MalformedMessage(detail="a text holds a character that is not printable ASCII")
        return text

    def bytes32(self, *, limit: int) -> bytes:
        """Return bytes that follow their length.

        Raises:
            MalformedMessage: the length is above ``limit`` or above what is left.
        """
        length = self.u32()
        if length > limit:
            raise MalformedMessage(detail=f"a field of {length} bytes is above {limit}")
        return self.take(length)

    def sequence(self, *, count_max: int, item_max: int) -> list[bytes]:
        """Return the items that :func:`sequence` wrote.

        Raises:
            MalformedMessage: there are more than ``count_max``, or one is above ``item_max`` bytes.
        """
        count = self.u32()
        if count > count_max:
            raise MalformedMessage(detail=f"{count} items are above {count_max}")
        return [self.bytes32(limit=item_max) for _ in range(count)]

    def end(self) -> None:
        """Check that nothing is left.

        Raises:
            MalformedMessage: bytes are left over.
        """
        if self._offset != len(self._data):
            left = len(self._data) - self._offset
            raise MalformedMessage(detail=f"{left} bytes are left over")


def decode_whole(data: bytes, read: Callable[[Reader], T]) -> T:
    """Decode ``data`` with ``read`` and check that nothing is left.

    Raises:
        MalformedMessage: the bytes do not decode, or some are left over.
    """
    reader = Reader(data)
    value = read(reader)
    reader.end()
    return value
