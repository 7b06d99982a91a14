"""Two histories of one key, brought together: whatever either forbids stays forbidden."""

from dataclasses import replace
from itertools import permutations
from random import Random

import pytest

from chain.certificate import VoteKind
from chain.consensus.messages import NO_ROUND, UNSIGNED, Proposal, SignedMessage, Vote
from chain.consensus.sign_merge import merge_records
from chain.consensus.sign_state import OWN_ROUNDS_KEPT, KeySigner, Lock, SignRecord, SignState
from tests.support.consensus import GENESIS_HASH, keys_in_order
from tests.support.subject import PRECOMMIT, PREVOTE, a_polka, block

SIGNER = KeySigner(keys_in_order()[1], GENESIS_HASH)


def vote(kind: VoteKind, round_: int, letter: str, *, height: int = 4) -> Vote:
    return Vote(kind, height, round_, block(letter), 1, UNSIGNED)


def record_of(*messages: SignedMessage, locked: Lock | None = None) -> SignRecord:
    """Return the record after signing these, in their order."""
    state = SignState(SIGNER)
    for message in messages:
        assert state.sign(message) is not None
    polkas = (a_polka(locked.round, "A").certificate,) if locked else ()
    return state.take_record(locked=locked, valid=locked, polkas=polkas)


def a_life(dice: Random) -> list[SignRecord]:
    """Return the records of a history: of one key at heights 4 and 5, with two blocks to choose."""
    state, records = SignState(SIGNER), []
    for height in range(4, 4 + dice.randint(1, 2)):
        for round_ in range(dice.randint(1, 3)):
            letter = dice.choice("AB")
            wishes: list[SignedMessage] = [
                Proposal(height, round_, NO_ROUND, block(letter), 1, UNSIGNED),
                vote(PREVOTE, round_, letter, height=height),
                vote(PRECOMMIT, round_, letter, height=height),
            ]
            records += [
                state.take_record(locked=None, valid=None, polkas=())
                for wish in wishes
                if dice.random() < 0.7 and state.sign(wish) is not None
            ]
    return records or a_life(dice)


def check_nothing_new(merged: SignRecord, parts: list[SignRecord]) -> None:
    """Check that the key says nothing at or below any part's position that it did not say there."""
    state = SignState(SIGNER, SignRecord.decode(merged.encode()))
    for height in (3, 4, 5):
        for round_ in range(5):
            for wish in (vote(PREVOTE, round_, "C"), vote(PRECOMMIT, round_, "C")):
                asked = replace(wish, height=height)
                position = (height, round_, int(asked.signing_kind))
                if position <= max(part.position for part in parts):
                    signed = state.sign(asked)
                    said = [message for part in parts for message in part.messages]
                    assert signed is None or signed in said


@pytest.mark.parametrize("seed", range(60))
def test_merging_forbids_what_any_history_forbids_in_whatever_order(seed: int) -> None:
    dice = Random(f"merge {seed}")
    lives = [a_life(dice) for _ in range(2)]
    parts = [dice.choice(dice.choice(lives)) for _ in range(3)]
    if dice.random() < 0.2:
        parts[0] = SignRecord.floor(4)
    results = {
        merge_records(merge_records(one, two), three) for one, two, three in permutations(parts)
    }
    assert len(results) == 1, f"seed {seed}"
    (merged,) = results
    assert all(merge_records(merged, part) == merged for part in parts), f"seed {seed}"
    assert merged.position >= max(part.position for part in parts), f"seed {seed}"
    check_nothing_new(merged, parts)


def test_later_record_of_the_same_history_is_gone_on_with() -> None:
    first = [vote(PREVOTE, 0, "A"), vote(PRECOMMIT, 0, "A")]
    lock = Lock(0, block("A"))
    earlier = record_of(*first, locked=lock)
    later = record_of(*first, vote(PREVOTE, 1, "A"), locked=lock)
    assert merge_records(earlier, later) == merge_records(later, earlier) == later


def test_histories_that_parted_leave_the_floor_of_their_height() -> None:
    """Each may hold a lock that the other lacks."""
    one = record_of(vote(PREVOTE, 0, "A"), vote(PRECOMMIT, 0, "A"))
    other = record_of(vote(PREVOTE, 0, "A"), vote(PREVOTE, 1, "B"))
    assert merge_records(one, other) == SignRecord.floor(4)
    assert merge_records(one, SignRecord.floor(4)) == SignRecord.floor(4)


def test_same_votes_with_another_lock_are_another_history() -> None:
    votes = [vote(PREVOTE, 0, "A"), vote(PRECOMMIT, 0, "A")]
    locked, bare = record_of(*votes, locked=Lock(0, block("A"))), record_of(*votes)
    assert merge_records(locked, bare) == SignRecord.floor(4)


def test_higher_height_needs_nothing_of_the_lower() -> None:
    lower = record_of(vote(PRECOMMIT, 3, "A"))
    higher = record_of(vote(PREVOTE, 0, "B", height=5))
    assert merge_records(lower, higher) == merge_records(higher, lower) == higher
    assert merge_records(SignRecord.floor(4), higher) == higher
    assert merge_records(higher, SignRecord.floor(6)) == SignRecord.floor(6)


def test_record_too_far_ahead_to_show_that_it_goes_on_leaves_the_floor() -> None:
    earlier = [vote(PREVOTE, 0, "A")]
    later = [*earlier, *(vote(PREVOTE, round_, "A") for round_ in range(1, OWN_ROUNDS_KEPT + 2))]
    assert merge_records(record_of(*earlier), record_of(*later[:-1])) == record_of(*later[:-1])
    assert merge_records(record_of(*earlier), record_of(*later)) == SignRecord.floor(4)
