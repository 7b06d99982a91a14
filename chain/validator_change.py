"""Who joins the validators and who leaves them, two heights after the block that says so.

Block H changes the set of height H + 2: header H + 1 announces it, and votes of H + 2 are theirs.
A change that replaces a key, the old one removed and the new one added, takes one seat. Whoever
leaves is remembered while evidence against it can still come.
"""

from chain.due import due_key
from chain.errors import LimitExceeded, MalformedMessage
from chain.new_validators import NewValidators
from chain.primitives import ACCEPTANCE_HEIGHTS_MAX, EVIDENCE_HEIGHTS_MAX, PublicKey
from chain.records import VALIDATORS_KEY, former_key, tombstone_key
from chain.refusals import ApprovalRefused
from chain.state import State
from chain.validator_records import FormerRecord, ValidatorsRecord
from chain.validators import Validator, ValidatorSet


def coming_validators(state: State) -> ValidatorsRecord:
    """Return the set of the height after the next one, as the block under way leaves it so far."""
    record = state.find_as(VALIDATORS_KEY, ValidatorsRecord)
    assert record is not None
    return record


def seats_max(count: int) -> int:
    """Return how many of so many seats one block may change: fewer than a third, but one."""
    return max(1, (count - 1) // 3)


def change_validators(state: State, change: NewValidators) -> None:
    """Let validators join and leave.

    Raises:
        ApprovalRefused: the version does not follow, this block has changed them already, too
            many seats change, somebody cannot join or leave, or the set would be none.
    """
    coming = coming_validators(state)
    _check_first(state, coming)
    for accepted in change.added:
        key = accepted.validator.public_key
        if is_tombstoned(state, key):
            raise ApprovalRefused(detail=f"{key.hex()} contradicted itself and never joins again")
    validators = changed_set(coming, change, height=state.height)
    put_coming(state, ValidatorsRecord(change.version, validators))


def is_tombstoned(state: State, public_key: PublicKey) -> bool:
    """Tell whether a key was punished."""
    return state.find(tombstone_key(public_key)) is not None


def put_coming(state: State, record: ValidatorsRecord) -> None:
    """Set the validators to come, and remember who leaves; who comes back has not left."""
    before = {one.public_key for one in coming_validators(state).validators}
    after = {one.public_key for one in record.validators}
    state.put(VALIDATORS_KEY, record)
    for key in sorted(after - before):
        forget_former(state, key)
    for key in sorted(before - after):
        if not is_tombstoned(state, key):
            former = FormerRecord(until=state.height + 1 + EVIDENCE_HEIGHTS_MAX)
            state.put(former_key(key), former)
            state.schedule(state.forget, due_key(former.until, former_key(key)))


def forget_former(state: State, public_key: PublicKey) -> None:
    """Drop what is remembered of a key that has left, if anything is."""
    former = state.find_as(former_key(public_key), FormerRecord)
    if former is not None:
        state.put(former_key(public_key), None)
        state.unschedule(state.forget, due_key(former.until, former_key(public_key)))


def _check_first(state: State, coming: ValidatorsRecord) -> None:
    """Check that the block under way has not changed the validators yet.

    Raises:
        ApprovalRefused: it has.
    """
    before = state.ledger.records[VALIDATORS_KEY]
    assert isinstance(before, ValidatorsRecord)
    if coming.version != before.version:
        raise ApprovalRefused(detail="this block has changed the validators already")


def changed_set(coming: ValidatorsRecord, change: NewValidators, *, height: int) -> ValidatorSet:
    """Return the set that a change makes.

    Args:
        coming: what it changes.
        change: who joins and who leaves.
        height: of the block that holds the change.

    Raises:
        ApprovalRefused: the version does not follow, too many seats change, somebody cannot join
            or leave, or the set would be none. Whether a key was punished is the state's to say.
    """
    _check_version(coming, change)
    present = coming.validators
    for key in change.removed:
        if present.find_index(key) is None:
            raise ApprovalRefused(detail=f"{key.hex()} is no validator and cannot leave")
    for accepted in change.added:
        key = accepted.validator.public_key
        if present.find_index(key) is not None:
            raise ApprovalRefused(detail=f"{key.hex()} is a validator already")
        last = height + ACCEPTANCE_HEIGHTS_MAX
        if not height <= accepted.until <= last:
            detail = f"an acceptance holds until {accepted.until}; it must be {height} to {last}"
            raise ApprovalRefused(detail=detail)
    added = [accepted.validator for accepted in change.added]
    kept = [one for one in present if one.public_key not in change.removed]
    return _make_set([*kept, *added])


def _check_version(coming: ValidatorsRecord, change: NewValidators) -> None:
    """Check that a change is the next one, and is not too large.

    Raises:
        ApprovalRefused: it is not.
    """
    if change.version != coming.version + 1:
        raise ApprovalRefused(detail=f"the version must be {coming.version + 1}")
    seats, most = max(len(change.added), len(change.removed)), seats_max(len(coming.validators))
    if not 1 <= seats <= most:
        raise ApprovalRefused(detail=f"{seats} seats change; it must be 1 to {most} in a block")


def _make_set(validators: list[Validator]) -> ValidatorSet:
    """Return the set of these validators.

    Raises:
        ApprovalRefused: they make none, or two share a name.
    """
    if len({one.name for one in validators}) != len(validators):
        raise ApprovalRefused(detail="two validators would share a name")
    try:
        return ValidatorSet(validators)
    except (MalformedMessage, LimitExceeded) as error:
        raise ApprovalRefused(detail=str(error)) from None
