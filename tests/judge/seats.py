"""Validators who join, who leave, and who fall.

Read from the code and taken as the rule, where PROTOCOL.md says nothing of it:

* The version is one above the number of changes so far, one change a block. Who joins is not in the
  set that is changed, never fell, has a strong key, a name of 1 to 64 characters that nobody else
  of the new set has, and an acceptance that ends at this height or up to 3,600 above it. Who leaves
  is in it. As many as join or leave, whichever is more: 1 at least, and at most a third of all but
  one, rounded down, or 1. The new set has 1 to 64.
* Evidence comes before transactions. It is of this height or an earlier one, at most 100,000 ago;
  its key never fell, and is of a set that votes now or will, or last voted at most 100,000 ago. The
  seat to come is lost, save the last one. A fall is no approved change and leaves their count.
* Whoever leaves with block H votes last at H + 1, and is forgotten when 100,000 more have passed,
  in one queue with all that is stale.
"""

from chain.crypto import is_strong_key
from chain.evidence import Evidence
from chain.new_validators import NewValidators
from chain.primitives import PublicKey
from chain.validator_records import TombstoneRecord
from chain.validators import Validator
from tests.judge.refused import demand
from tests.judge.state import Holdings


def change_seats(held: Holdings, wish: NewValidators) -> None:
    """Let validators join and leave, or refuse."""
    coming = held.seats[2]
    seated = {one.public_key: one for one in coming}
    moved = max(len(wish.added), len(wish.removed))
    in_order = not held.seats_changed and wish.version == held.seats_version + 1
    demand("approval_refused", holds=in_order and 1 <= moved <= max((len(coming) - 1) // 3, 1))
    demand("approval_refused", holds=all(key in seated for key in wish.removed))
    for one in wish.added:
        key = one.validator.public_key
        is_new = key not in seated and key not in held.fallen
        soon = held.height <= one.until <= held.height + 3_600
        demand("approval_refused", holds=is_new and soon)
    for key in wish.removed:
        del seated[key]
    seated |= {one.validator.public_key: one.validator for one in wish.added}
    names = [one.name for one in seated.values()]
    fits = (
        1 <= len(seated) <= 64
        and len(set(names)) == len(names)
        and all(1 <= len(name) <= 64 for name in names)
        and all(is_strong_key(key) for key in seated)
    )
    demand("approval_refused", holds=fits)
    _seat(held, tuple(seated.values()))
    held.seats_version, held.seats_changed = wish.version, True


def _seat(held: Holdings, coming: tuple[Validator, ...]) -> None:
    """Set who votes two heights later; note the last vote of whoever does not any more."""
    now, after, before = held.seats
    held.seats = (now, after, coming)
    seated = {one.public_key for one in coming}
    for one in before:
        if one.public_key not in seated and one.public_key not in held.fallen:
            held.last_votes[one.public_key] = held.height + 1
    for key in seated:
        held.last_votes.pop(key, None)


def punish(held: Holdings, evidence: Evidence) -> None:
    """Let a validator fall, or refuse."""
    key, heights = evidence.public_key, held.limits.evidence_heights
    is_near = 0 <= held.height - evidence.height <= heights
    counts = is_near and key not in held.fallen and _voted_lately(held, key)
    demand("invalid_block", holds=counts)
    held.fallen[key] = TombstoneRecord(held.height, evidence.height, evidence.round, evidence.kind)
    held.last_votes.pop(key, None)
    left = tuple(one for one in held.seats[2] if one.public_key != key)
    if left:
        _seat(held, left)


def _voted_lately(held: Holdings, key: PublicKey) -> bool:
    if any(one.public_key == key for seats in held.seats for one in seats):
        return True
    last = held.last_votes.get(key)
    return last is not None and held.height - last <= held.limits.evidence_heights
