"""What happens to a validator that contradicts itself: out two heights later, and never again.

A key is punished once, whatever it did: it is all that can be done to it, and so no offence needs
to be remembered but the first. Who is no validator any more is tombstoned too, for as long as
evidence counts: its key may not come back.
"""

from chain.errors import InvalidBlock
from chain.evidence import Evidence
from chain.primitives import EVIDENCE_HEIGHTS_MAX, PublicKey
from chain.records import former_key, tombstone_key
from chain.state import State
from chain.validator_change import coming_validators, forget_former, is_tombstoned, put_coming
from chain.validator_records import FormerRecord, TombstoneRecord, ValidatorsRecord
from chain.validators import ValidatorSet


def can_be_punished(state: State, public_key: PublicKey) -> bool:
    """Tell whether a key is, or lately was, a validator's, and was not punished yet.

    Whoever left the set to come is remembered as a former validator, so these two say it of the
    sets of this height and the next as well.
    """
    if is_tombstoned(state, public_key):
        return False
    if coming_validators(state).validators.find_index(public_key) is not None:
        return True
    former = state.find_as(former_key(public_key), FormerRecord)
    return former is not None and state.height <= former.until


def find_fault(state: State, evidence: Evidence) -> str | None:
    """Return why a block of this height may not hold evidence, in words, or None."""
    if evidence.height > state.height:
        return f"it is of height {evidence.height}, which has not come"
    if evidence.height < state.height - EVIDENCE_HEIGHTS_MAX:
        return f"it is of height {evidence.height}, more than {EVIDENCE_HEIGHTS_MAX} ago"
    if is_tombstoned(state, evidence.public_key):
        return "its key was punished already"
    if not can_be_punished(state, evidence.public_key):
        return "its key is no validator's and was none lately"
    return None


def punish(state: State, evidence: Evidence) -> None:
    """Tombstone the key that evidence is about, and take its seat.

    The last validator keeps its seat, for a chain without one ends; it may be replaced.

    Raises:
        InvalidBlock: the evidence does not count here, or not any more.
    """
    fault = find_fault(state, evidence)
    if fault is not None:
        raise InvalidBlock(detail=f"its evidence does not count: {fault}")
    key, coming = evidence.public_key, coming_validators(state)
    tombstone = TombstoneRecord(state.height, evidence.height, evidence.round, evidence.kind)
    state.put(tombstone_key(key), tombstone)
    forget_former(state, key)
    kept = [one for one in coming.validators if one.public_key != key]
    if kept and len(kept) < len(coming.validators):
        put_coming(state, ValidatorsRecord(coming.version, ValidatorSet(kept)))
