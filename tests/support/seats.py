"""Validators by number, and the changes that let them join and leave."""

from collections.abc import Iterable, Sequence
from random import Random

from chain.approval import ApprovedTransaction, approve
from chain.crypto import SecretKey
from chain.new_validators import AcceptedValidator, NewValidators, accept_validator
from chain.primitives import Hash, PublicKey
from chain.records import VALIDATORS_KEY, Table
from chain.state import Ledger
from chain.validator_records import ValidatorsRecord
from chain.validators import Validator
from tests.support.builders import GENESIS_HASH, key_of, payee_of


def seat_key(number: int) -> SecretKey:
    """Return the consensus key of a validator by its number."""
    return key_of(f"validator {number}")


def a_validator(number: int, *, name: str | None = None) -> Validator:
    """Return a validator who is to join; its name is ``validator-N`` unless it is given."""
    key = seat_key(number)
    label = f"validator-{number}" if name is None else name
    return Validator(public_key=key.public_key, name=label, payee=payee_of(key))


def an_acceptance(
    number: int, *, until: int, name: str | None = None, genesis_hash: Hash = GENESIS_HASH
) -> AcceptedValidator:
    """Return a validator with the acceptance of its key."""
    validator = a_validator(number, name=name)
    return accept_validator(validator, until=until, key=seat_key(number), genesis_hash=genesis_hash)


def new_validators(
    version: int,
    *,
    join: Iterable[int] = (),
    leave: Iterable[int] = (),
    until: int = 100,
    genesis_hash: Hash = GENESIS_HASH,
) -> NewValidators:
    """Return a change by the numbers of those who join and leave."""
    added = [an_acceptance(number, until=until, genesis_hash=genesis_hash) for number in join]
    return NewValidators(
        version=version,
        added=tuple(sorted(added, key=lambda one: one.validator.public_key)),
        removed=tuple(sorted(seat_key(number).public_key for number in leave)),
    )


def a_change(
    ledger: Ledger,
    keys: Sequence[SecretKey],
    *,
    join: Iterable[int] = (),
    leave: Iterable[int] = (),
    until: int | None = None,
) -> ApprovedTransaction:
    """Return the next change of a ledger's validators, approved by these keys."""
    last = ledger.height + 100 if until is None else until
    decision = new_validators(
        coming(ledger).version + 1,
        join=join,
        leave=leave,
        until=last,
        genesis_hash=ledger.genesis_hash,
    )
    return approve(decision, keys=keys, genesis_hash=ledger.genesis_hash)


def random_change(dice: Random, ledger: Ledger) -> NewValidators:
    """Return a change by which a few of twenty join or leave: perhaps too many, or nobody."""
    present = numbers_of(ledger.next_validators)
    absent = sorted(set(range(20)) - set(present))
    return new_validators(
        coming(ledger).version + dice.choice((0, 1, 1, 1)),
        join=dice.sample(absent, min(len(absent), dice.choice((0, 1, 1, 2)))),
        leave=dice.sample(present, min(len(present), dice.choice((0, 0, 1, 1, 2)))),
        until=ledger.height + dice.choice((0, 1, 9)),
    )


def coming(ledger: Ledger) -> ValidatorsRecord:
    """Return what a ledger's state says of the validators to come."""
    record = ledger.records[VALIDATORS_KEY]
    assert isinstance(record, ValidatorsRecord)
    return record


def numbers_of(validators: Iterable[Validator]) -> list[int]:
    """Return the numbers of validators, in rising order."""
    return sorted(number_of(one.public_key) for one in validators)


def tombs(ledger: Ledger) -> list[int]:
    """Return the numbers of the validators that were punished, in rising order."""
    keys = [key[1:] for key in ledger.records if key[0] == Table.TOMBSTONE]
    return sorted(number_of(PublicKey(key)) for key in keys)


def number_of(public_key: PublicKey) -> int:
    """Return a validator's number."""
    return next(n for n in range(100) if seat_key(n).public_key == public_key)
