"""Bringing together what one key has signed on two machines, so that both histories bind it.

A record replaces another of its height only if it visibly goes on from it. Where two histories
parted, each may hold a lock that the other does not know, so nothing of either can be gone on with:
what is left is the floor of that height.
"""

from chain.consensus.messages import SignedMessage
from chain.consensus.sign_state import OWN_ROUNDS_KEPT, SignRecord


def merge_records(first: SignRecord, second: SignRecord) -> SignRecord:
    """Return the record that forbids whatever either forbids; their order does not matter."""
    earlier, later = sorted((first, second), key=lambda record: record.position)
    if earlier.height < later.height or later.is_floor or _goes_on(later, earlier):
        return later
    return SignRecord.floor(later.height)


def _goes_on(later: SignRecord, earlier: SignRecord) -> bool:
    """Tell whether a record is what the other of its height has become by more signatures."""
    if later.position == earlier.position:
        return later == earlier
    oldest = later.round - OWN_ROUNDS_KEPT
    kept = [each for each in earlier.messages if each.round >= oldest]
    seen = [each for each in later.messages if _position(each) <= earlier.position[1:]]
    return bool(kept) and kept == seen


def _position(message: SignedMessage) -> tuple[int, int]:
    return message.round, int(message.signing_kind)
