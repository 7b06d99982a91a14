"""What a change of the validators says and may do before anybody hands it in."""

from pathlib import Path

import pytest

from chain.address import format_address
from chain.errors import ConfigError
from chain.new_validators import NewValidators, check_validator_acceptance
from chain.primitives import ACCEPTANCE_HEIGHTS_MAX, Hash, PublicKey
from chain.validators import Validator, ValidatorSet
from genesis.document import canonical_bytes, read_genesis
from node.home import SUPERVISOR_LOCK, Home, HomeLock
from node.init import init_home
from node.private_file import write_private
from node.sealed_key import Cost, seal
from node.seats import Seats
from node.validator_change import (
    Member,
    accept,
    approve,
    check_change,
    describe,
    find_worry,
    open_member,
    propose,
)
from tests.support.builders import GENESIS_HASH
from tests.support.consensus import OTHER_GENESIS_HASH
from tests.support.proofs import a_genesis_document
from tests.support.seats import a_validator, an_acceptance, new_validators, numbers_of, seat_key

PAYEE = format_address(a_validator(9).payee)


def set_of(*numbers: int) -> ValidatorSet:
    return ValidatorSet(a_validator(number) for number in numbers)


def a_seats(
    *numbers: int,
    coming: tuple[int, ...] = (),
    height: int = 10,
    version: int = 2,
    genesis_hash: Hash = GENESIS_HASH,
    is_following: bool = True,
) -> Seats:
    """Return a chain with these validators, and others from the height after the next one on."""
    present = set_of(*(numbers or (0, 1, 2, 3)))
    sets = [(1, present), *([(height + 2, set_of(*coming))] if coming else [])]
    return Seats(genesis_hash, height, is_following, version, tuple(sets), since={})


def member(number: int) -> Member:
    return Member(seat_key(number), GENESIS_HASH)


def refusal(action: object, *arguments: object, **named: object) -> str:
    with pytest.raises(ConfigError) as refused:
        action(*arguments, **named)  # type: ignore[operator]  # it is called as the test says
    assert "\n" not in str(refused.value)
    return str(refused.value)


# Accepting.


def test_acceptance_holds_as_long_as_the_rule_allows() -> None:
    accepted = accept(member(9), a_seats(), name="ada", payee=PAYEE)
    check_validator_acceptance(accepted, genesis_hash=GENESIS_HASH)
    key = seat_key(9).public_key
    assert accepted.validator == Validator(key, "ada", a_validator(9).payee)
    assert accepted.until == 10 + ACCEPTANCE_HEIGHTS_MAX
    change = propose(a_seats(), add=[accepted], remove=[])
    assert isinstance(change.decision, NewValidators)


@pytest.mark.parametrize(
    ("number", "name", "payee", "said"),
    [
        (1, "ada", PAYEE, "is a validator's already"),
        (5, "ada", PAYEE, "is a validator's already"),
        (9, "", PAYEE, "the name cannot be: a validator's name is not 1 to 64 characters"),
        (9, "a\nb", PAYEE, "the name cannot be: a validator's name is not printable ASCII"),
        (9, "ada", "ait1x", "the payee is no address"),
        (9, "ada", "0x" + "00" * 20, "zero address"),
    ],
)
def test_acceptance_that_no_change_could_use_is_refused(
    number: int, name: str, payee: str, said: str
) -> None:
    seats = a_seats(coming=(0, 1, 2, 3, 5))
    assert said in refusal(accept, member(number), seats, name=name, payee=payee)


def a_home(folder: Path, *, seed: bytes | None = None) -> Home:
    genesis = folder / "genesis.json"
    genesis.write_bytes(canonical_bytes(a_genesis_document()))
    home = Home(folder / "home")
    init_home(home, genesis=genesis, validator=seed is not None, seed=seed)
    return home


def test_home_of_another_chain_or_without_a_key_is_no_member(tmp_path: Path) -> None:
    home = a_home(tmp_path, seed=bytes(range(32)))
    genesis_hash = read_genesis(home.genesis).hash
    assert open_member(home, a_seats(genesis_hash=genesis_hash)).genesis_hash == genesis_hash
    said = refusal(open_member, home, a_seats(genesis_hash=OTHER_GENESIS_HASH))
    assert "is of another chain than" in said
    home.validator_key.unlink()
    write_private(home.validator_key, seal(bytes(32), "correct horse", cost=Cost.DEVNET))
    seats = a_seats(genesis_hash=genesis_hash)
    assert open_member(home, seats, lambda: "correct horse").key.sign(b"") is not None
    assert "is sealed" in refusal(open_member, home, seats)
    home.validator_key.unlink()
    assert "has no consensus key" in refusal(open_member, home, a_seats(genesis_hash=genesis_hash))
    assert "no node's home" in refusal(open_member, Home(tmp_path / "none"), a_seats())


def test_seat_of_a_node_that_is_away_or_behind_is_a_worry(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    worry = find_worry(home, a_seats())
    assert worry is not None
    assert "no node runs in" in worry
    lock = HomeLock(home, name=SUPERVISOR_LOCK)
    assert find_worry(home, a_seats()) is None
    worry = find_worry(home, a_seats(is_following=False))
    assert worry is not None
    assert "does not follow the chain yet, it is at height 10" in worry
    lock.release()


# Proposing.


def test_proposal_is_the_next_change_of_the_set_to_come() -> None:
    seats = a_seats(coming=(1, 2, 3, 4), version=6)
    accepted = an_acceptance(5, until=500)
    proposed = propose(seats, add=[accepted], remove=["validator-4"])
    change = proposed.decision
    assert isinstance(change, NewValidators)
    assert (change.version, change.added, proposed.approvals) == (7, (accepted,), ())
    assert change.removed == (seat_key(4).public_key,)
    assert numbers_of(check_change(change, seats)) == [1, 2, 3, 5]


@pytest.mark.parametrize("spelt", [str.upper, lambda digits: f"0x{digits}", str])
def test_validator_is_removed_by_any_spelling_of_its_key(spelt: object) -> None:
    key = seat_key(2).public_key
    proposed = propose(a_seats(), add=[], remove=[spelt(key.hex())])  # type: ignore[operator]  # one of three
    assert isinstance(proposed.decision, NewValidators)
    assert proposed.decision.removed == (key,)


@pytest.mark.parametrize(
    ("join", "leave", "said"),
    [
        ([], ["bob"], "bob is no validator; there are validator-0, validator-"),
        ([], ["validator-0", "validator-1"], "2 seats change; it must be 1 to 1 in a block"),
        ([an_acceptance(1, until=20)], [], "is a validator already"),
        ([an_acceptance(5, until=10)], [], "an acceptance holds until 10; it must be 11 to"),
        ([an_acceptance(5, until=9_999)], [], "an acceptance holds until 9999; it must be 11 to"),
        ([an_acceptance(5, until=20, name="validator-1")], [], "would share a name"),
        ([], [], "0 seats change"),
    ],
)
def test_change_that_the_rule_refuses_is_not_proposed(
    join: list[object], leave: list[str], said: str
) -> None:
    sentence = refusal(propose, a_seats(), add=join, remove=leave)
    assert said in sentence


def test_last_validator_cannot_leave() -> None:
    said = refusal(propose, a_seats(0), add=[], remove=["validator-0"])
    assert (
        said
        == "the change is not allowed now: the message is malformed: a set of validators is empty"
    )


# Saying and approving.


def test_change_is_told_in_words() -> None:
    seats = a_seats()
    proposed = propose(seats, add=[an_acceptance(5, until=500)], remove=["validator-2"])
    keys = [seat_key(number).public_key.hex() for number in (5, 2)]
    payee = format_address(a_validator(5).payee)
    assert describe(approve(proposed, member(3), seats), seats) == [
        f"joins       validator-5 {keys[0]}, paid to {payee}; accepted until height 500",
        f"leaves      validator-2 {keys[1]}",
        "validators  4 -> 4, quorum 3 -> 3",
        "tolerates   1 of 4 being away",
        "votes from  height 13 at the earliest, two heights after its block",
        "approved    by 1 of 4 (validator-3); it takes 3",
    ]


@pytest.mark.parametrize(("count", "away"), [(1, 0), (2, 0), (3, 0), (4, 1), (7, 2)])
def test_words_say_how_many_may_be_away(count: int, away: int) -> None:
    seats = a_seats(*range(count + 1)) if count > 1 else a_seats(0, 1)
    leaving = propose(seats, add=[], remove=["validator-0"])
    assert f"tolerates   {away} of {count} being away" in describe(leaving, seats)


def test_approvals_add_up_and_twice_is_once() -> None:
    seats = a_seats()
    approved = propose(seats, add=[an_acceptance(5, until=500)], remove=[])
    for number in (3, 0, 3):
        approved = approve(approved, member(number), seats)
    keys: list[PublicKey] = [one.public_key for one in approved.approvals]
    assert keys == sorted([seat_key(0).public_key, seat_key(3).public_key])


def test_whoever_has_no_vote_on_the_next_block_cannot_approve() -> None:
    seats = a_seats(0, 1, 2, 3, coming=(1, 2, 3, 4))
    proposed = propose(seats, add=[an_acceptance(5, until=500)], remove=[])
    assert len(approve(proposed, member(0), seats).approvals) == 1
    said = refusal(approve, proposed, member(4), seats)
    assert "of this home is no validator's at height 11, and cannot approve" in said


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (2, "was made as change 2 of the validators, and change 2 is done; propose it anew"),
        (4, "the change is not allowed now: the version must be 3"),
    ],
)
def test_change_of_another_time_is_neither_told_nor_approved(version: int, said: str) -> None:
    change = new_validators(version, join=[5])
    proposed = propose(a_seats(version=version - 1), add=change.added, remove=[])
    assert said in refusal(approve, proposed, member(0), a_seats())
    assert said in refusal(describe, proposed, a_seats())
    assert said in refusal(check_change, change, a_seats())
