"""What an API edge asks the core that no database knows: one class for each kind of frame; no IO.

A question has a topic and its data, an answer is JSON text. Both are bounded; an edge asks few at
a time, and the core answers each at once.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Self

from chain import codec
from chain.errors import MalformedMessage
from chain.primitives import TRANSACTION_BYTES_MAX

KIND_ANSWER = 67
KIND_QUESTION = 98

ANSWER_BYTES_MAX = 1024 * 1024
"""Bytes of an answer; the longest names a few hundred things."""


class Topic(StrEnum):
    """What may be asked, and what the question's data are."""

    CONSENSUS = "consensus"
    """Nothing."""
    MEMPOOL = "mempool"
    """How many of the next transactions to name, u16."""
    SIMULATE = "simulate"
    """A transaction's stored form; its signature need not be one."""
    PEERS = "peers"
    """Nothing."""
    BAN = "ban"
    """A peer's id, text."""
    CUT = "cut"
    """Peers' ids, as the body of the network edge's CUT."""
    EVICT = "evict"
    """A transaction id, 32 bytes."""
    LOG_LEVEL = "log_level"
    """Its name, text."""


@dataclass(frozen=True, slots=True)
class Question:
    """Asks the core; exactly one ANSWER of the same ticket follows.

    Attributes:
        ticket: chosen by the edge, below 2^32, not in use on this connection.
        topic: what is asked.
        data: as the topic says.
    """

    KIND: ClassVar[int] = KIND_QUESTION

    ticket: int
    topic: Topic
    data: bytes = b""

    def encode(self) -> bytes:
        """Return the body."""
        return codec.u32(self.ticket) + codec.text8(self.topic) + codec.bytes32(self.data)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body.

        Raises:
            MalformedMessage: it is none, or of an unknown topic.
        """
        return codec.decode_whole(
            body,
            lambda read: cls(
                read.u32(), _topic(read.text8()), read.bytes32(limit=TRANSACTION_BYTES_MAX)
            ),
        )


def _topic(name: str) -> Topic:
    try:
        return Topic(name)
    except ValueError:
        raise MalformedMessage(detail="a question of an unknown topic") from None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the core says to a QUESTION.

    Attributes:
        ticket: of the QUESTION.
        content: JSON text.
    """

    KIND: ClassVar[int] = KIND_ANSWER

    ticket: int
    content: bytes

    def encode(self) -> bytes:
        """Return the body."""
        return codec.u32(self.ticket) + codec.bytes32(self.content)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(
            body, lambda read: cls(read.u32(), read.bytes32(limit=ANSWER_BYTES_MAX))
        )
