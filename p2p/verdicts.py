"""What the edge asks about a stranger's bytes, and what the answer does.

The one who hands the bytes over declares what it needs: ``Checks``. The program implements it with
the rules of ``chain/validation.py`` and a read-only store; none of it may need the state.
"""

from enum import IntEnum
from typing import Protocol

from chain.exchange import ProtocolId, Topic
from p2p.topics import TOPIC_BYTES_MAX


class Verdict(IntEnum):
    """What happens to a payload, and to who sent it."""

    ACCEPT = 0
    """Handed to the core; gossip is passed on."""

    IGNORE = 1
    """Dropped in silence: known already, too early, too late, or not verifiable yet."""

    REJECT = 2
    """Dropped, and the sender pays: forged or malformed, which an honest node never passes on."""


class Checks(Protocol):
    """The stateless checks; they must not block, and they may not raise for what a peer sent."""

    def check_gossip(self, topic: Topic, payload: bytes) -> Verdict:
        """Judge a gossiped payload before it is handed to the core and passed on."""
        ...

    def check_response(self, protocol: ProtocolId, payload: bytes) -> Verdict:
        """Judge a peer's answer before it is handed to the core."""
        ...

    def serve(self, protocol: ProtocolId, peer: str, payload: bytes) -> bytes | None:
        """Answer a peer's question, or return None to hand it to the core.

        Called in a worker thread, one question at a time, so it may read a database; a connection
        must not be tied to the thread that opened it.

        Raises:
            ChainError: the question is malformed; the peer pays.
        """
        ...


class SizeChecks:
    """Accepts what is neither empty nor too large, and leaves every question to the core."""

    def check_gossip(self, topic: Topic, payload: bytes) -> Verdict:
        """Judge by size only."""
        return Verdict.ACCEPT if 0 < len(payload) <= TOPIC_BYTES_MAX[topic] else Verdict.REJECT

    def check_response(self, protocol: ProtocolId, payload: bytes) -> Verdict:  # noqa: ARG002 # interface
        """Accept; the stream has refused what is too large."""
        return Verdict.ACCEPT

    def serve(self, protocol: ProtocolId, peer: str, payload: bytes) -> None:
        """Leave it to the core."""
