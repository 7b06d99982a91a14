"""Builders for validators, votes and certificates; the keys are made from small numbers."""

from collections.abc import Iterable
from functools import cache

from chain.certificate import Certificate, VoteKind, vote_signing_bytes
from chain.crypto import SecretKey, sha256
from chain.primitives import Address, Hash
from chain.validators import Validator, ValidatorSet

GENESIS_HASH = sha256(b"genesis of the tests")
OTHER_GENESIS_HASH = sha256(b"another genesis")
BLOCK_HASH = sha256(b"a block")


@cache
def a_key(number: int = 0) -> SecretKey:
    """Return the key made from ``number``."""
    return SecretKey(sha256(b"validator %d" % number))


def a_validator(number: int = 0) -> Validator:
    """Return the validator of :func:`a_key`."""
    key = a_key(number)
    return Validator(public_key=key.public_key, name=f"v{number}", payee=Address(key.address))


@cache
def a_validator_set(count: int = 4) -> ValidatorSet:
    """Return the set of the first ``count`` validators."""
    return ValidatorSet(a_validator(number) for number in range(count))


@cache
def keys_in_order(count: int = 4) -> tuple[SecretKey, ...]:
    """Return the keys of :func:`a_validator_set`, the key of index 0 first."""
    return tuple(sorted(map(a_key, range(count)), key=lambda key: key.public_key))


def a_certificate(
    *,
    kind: VoteKind = VoteKind.PRECOMMIT,
    height: int = 7,
    round_: int = 0,
    block_hash: Hash = BLOCK_HASH,
    count: int = 4,
    signers: Iterable[int] = (0, 1, 2),
) -> Certificate:
    """Return a certificate that ``signers`` of ``count`` validators signed."""
    message = vote_signing_bytes(
        kind, GENESIS_HASH, height=height, round_=round_, block_hash=block_hash
    )
    keys = keys_in_order(count)
    signatures = tuple((index, keys[index].sign(message)) for index in signers)
    validators_hash = a_validator_set(count).hash
    return Certificate(kind, height, round_, block_hash, validators_hash, signatures)
