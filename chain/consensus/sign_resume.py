"""Reading the record that a program starts with, and going on from nothing that it cannot prove.

A record may have come with the key from another machine, in a file that anybody could write. What
is signed with the key is checked as it is taken in; what others must have signed can be checked
only here, where the validators of its height are known.
"""

from chain.certificate import SignatureCheck, VoteKind, check_certificate
from chain.consensus.height_state import HeightState
from chain.consensus.sign_state import SignRecord
from chain.errors import ChainError, MalformedMessage, StoreError
from chain.primitives import Hash


def read_record(data: bytes) -> SignRecord:
    """Return the record that a sign log held.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        return SignRecord.decode(data)
    except MalformedMessage as error:
        raise StoreError(
            detail=f"the sign record cannot be read ({error}); restore the sign log from a "
            "copy made after this key last signed, or give the validator a new key"
        ) from error


def check_resumable(
    record: SignRecord, state: HeightState, *, genesis_hash: Hash, check: SignatureCheck
) -> None:
    """Check what a record of this height says that the validators have done.

    Args:
        record: of the state's height; its own messages are signed with our key.
        state: of which the validators and our index count.
        genesis_hash: 32 bytes, in every signed message.
        check: the signature check.

    Raises:
        StoreError: its messages are not of our seat, or a polka is none of this height.
    """
    try:
        _check_messages(record, state)
        for polka in record.polkas:
            if polka.height != record.height:
                raise MalformedMessage(detail=f"a polka is of height {polka.height}")
            check_certificate(
                polka,
                validators=state.validators,
                genesis_hash=genesis_hash,
                kind=VoteKind.PREVOTE,
                check=check,
            )
    except ChainError as error:
        raise StoreError(
            detail=f"the sign record of height {record.height} holds what the validators never "
            f"signed ({error}): it came in with a signing history that is forged; take in the same "
            "history once more, without its record, and the height stays unsigned"
        ) from error


def _check_messages(record: SignRecord, state: HeightState) -> None:
    """Check whose messages a record says are ours: the seat is named beside the signed bytes.

    Raises:
        MalformedMessage: they are another validator's.
    """
    if any(message.index != state.index for message in record.messages):
        raise MalformedMessage(detail="a message is of another validator's seat")
