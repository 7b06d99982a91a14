"""Bringing together what one key has signed on two machines, so that both histories bind it.

A record replaces another of its height only if it visibly goes on from it. Where two histories
parted, each may hold a lock that the other does not know, so nothing of either can be gone on with:
what is left is the floor of that height.
"""

from chain.certificate import VoteKind
from chain.consensus.messages import SignedMessage, Vote, check_message_signature
from chain.consensus.sign_state import OWN_ROUNDS_KEPT, SignRecord
from chain.errors import MalformedMessage
from chain.primitives import Hash, PublicKey


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


def check_record(record: SignRecord, *, public_key: PublicKey, genesis_hash: Hash) -> None:
    """Check a record that came from elsewhere before anything is built on it.

    Whether its polkas are real depends on the validators of its height, which are not known here.

    Raises:
        InvalidSignature: a message was not signed by this key for this chain.
        MalformedMessage: it lacks the lock of a block that it precommitted.
    """
    for message in record.messages:
        check_message_signature(message, public_key=public_key, genesis_hash=genesis_hash)
    for vote in record.messages:
        if not isinstance(vote, Vote) or vote.kind is not VoteKind.PRECOMMIT or vote.is_nil:
            continue
        locked = record.locked
        if locked is None or locked.round < vote.round:
            raise MalformedMessage(detail="a sign record lacks the lock of its own precommit")
        if locked.round == vote.round and locked.block_hash != vote.block_hash:
            raise MalformedMessage(detail="a sign record is locked on what it did not precommit")
