"""What a set of validators is, and the numbers that follow from its size."""

import pytest

from chain import codec
from chain.errors import ChainError, LimitExceeded, MalformedMessage
from chain.primitives import LABEL_MAX, VALIDATORS_MAX, Address, PublicKey
from chain.validators import Validator, ValidatorSet
from tests.support.consensus import a_key, a_validator, a_validator_set


def test_set_is_ordered_by_public_key_however_it_was_given() -> None:
    rising = ValidatorSet(a_validator(number) for number in range(5))
    falling = ValidatorSet(a_validator(number) for number in reversed(range(5)))
    assert [one.public_key for one in rising] == sorted(one.public_key for one in falling)
    assert rising == falling
    assert hash(rising) == hash(falling)
    assert rising.hash == falling.hash


def test_sets_with_other_members_have_other_hashes() -> None:
    assert a_validator_set(4).hash != a_validator_set(5).hash
    assert a_validator_set(4) != a_validator_set(5)


def test_set_is_not_equal_to_something_else() -> None:
    assert a_validator_set(1) != [a_validator(0)]


@pytest.mark.parametrize(
    ("count", "quorum", "skip"),
    [(1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 3, 2), (5, 4, 2), (6, 5, 2), (7, 5, 3), (10, 7, 4)],
)
def test_quorum_is_above_two_thirds_and_skip_threshold_above_one_third(
    count: int, quorum: int, skip: int
) -> None:
    validators = a_validator_set(count)
    assert len(validators) == count
    assert validators.quorum == quorum
    assert validators.skip_threshold == skip


def test_two_quorums_always_share_more_validators_than_may_lie() -> None:
    for count in range(1, 20):
        validators = a_validator_set(count)
        assert 2 * validators.quorum - count >= validators.skip_threshold


def test_proposer_moves_on_with_each_round_and_each_height() -> None:
    validators = a_validator_set(4)
    assert [validators.proposer_index(height=6, round_=round_) for round_ in range(4)] == [
        2,
        3,
        0,
        1,
    ]
    assert validators.proposer_index(height=7, round_=0) == 3


def test_finds_the_index_of_a_member_and_of_nobody_else() -> None:
    validators = a_validator_set(4)
    for index, validator in enumerate(validators):
        assert validators.find_index(validator.public_key) == index
    assert validators[2] is list(validators)[2]
    assert validators.find_index(a_key(9).public_key) is None


def test_encoding_of_a_set_reads_back() -> None:
    validators = a_validator_set(7)
    assert ValidatorSet.decode(validators.encode()) == validators


def test_encoding_of_a_validator_reads_back() -> None:
    validator = a_validator(3)
    assert Validator.decode(validator.encode()) == validator


def test_refuses_an_empty_set() -> None:
    with pytest.raises(MalformedMessage):
        ValidatorSet([])


def test_takes_the_greatest_set_and_refuses_one_more() -> None:
    assert len(a_validator_set(VALIDATORS_MAX)) == VALIDATORS_MAX
    with pytest.raises(LimitExceeded):
        ValidatorSet(a_validator(number) for number in range(VALIDATORS_MAX + 1))


def test_refuses_two_validators_with_one_key() -> None:
    twin = Validator(a_key(0).public_key, "twin", a_key(1).address)
    with pytest.raises(MalformedMessage):
        ValidatorSet([a_validator(0), twin])


KEY = a_key(0).public_key
PAYEE = a_key(0).address


@pytest.mark.parametrize(
    "validator",
    [
        Validator(PublicKey(bytes(32)), "zero", PAYEE),
        Validator(PublicKey(b"\x01" + bytes(31)), "identity", PAYEE),
        Validator(PublicKey(KEY[:31]), "short key", PAYEE),
        Validator(KEY, "", PAYEE),
        Validator(KEY, "x" * (LABEL_MAX + 1), PAYEE),
        Validator(KEY, "line\nbreak", PAYEE),
        Validator(KEY, "é", PAYEE),
        Validator(KEY, "short payee", Address(PAYEE[:19])),
    ],
    ids=lambda validator: repr(validator.name),
)
def test_refuses_a_member_with_a_wrong_field(validator: Validator) -> None:
    with pytest.raises(ChainError):
        ValidatorSet([validator])


def test_decoder_refuses_keys_that_do_not_rise() -> None:
    first, second = a_validator_set(2)
    with pytest.raises(MalformedMessage):
        ValidatorSet.decode(codec.u16(2) + second.encode() + first.encode())


def test_decoder_refuses_a_count_above_the_limit_before_reading_on() -> None:
    with pytest.raises(LimitExceeded):
        ValidatorSet.decode(codec.u16(VALIDATORS_MAX + 1))


def test_decoder_refuses_bytes_that_end_early_or_are_left_over() -> None:
    data = a_validator_set(2).encode()
    for wrong in (data[:-1], data + b"\0", b""):
        with pytest.raises(MalformedMessage):
            ValidatorSet.decode(wrong)
