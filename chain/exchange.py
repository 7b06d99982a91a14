"""What peers exchange beside votes: the questions they ask and the topics they gossip on.

The numbers are those of the frames between core and network edge.
"""

from enum import IntEnum


class ProtocolId(IntEnum):
    """The two kinds of question."""

    SYNC = 1
    """Final blocks from a height on."""

    FETCH = 2
    """Parts, or the whole, of a block that is being agreed on."""


class Topic(IntEnum):
    """What is gossiped."""

    TX = 1
    """Transactions that travel alone."""

    RECEIPT = 2
    """Claims with their receipt documents."""

    BLOCK = 3
    """Final blocks by the names of their parts."""
