"""The validators of one height: who may vote, how many are enough, whose turn it is.

Every validator has equal power. The order is the order of their public keys, so a set has one
encoding and one hash however it was put together, and an index means the same to everybody.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from chain import codec
from chain.crypto import is_strong_key, tagged_hash
from chain.errors import LimitExceeded, MalformedMessage
from chain.primitives import (
    ADDRESS_BYTES,
    LABEL_MAX,
    PUBLIC_KEY_BYTES,
    VALIDATORS_MAX,
    Address,
    Hash,
    PublicKey,
)


@dataclass(frozen=True, slots=True)
class Validator:
    """One validator."""

    public_key: PublicKey
    """32 bytes, the Ed25519 key that signs its proposals and votes."""

    name: str
    """For people: 1 to ``LABEL_MAX`` printable ASCII characters."""

    payee: Address
    """20 bytes, the account that gets the proposer's half of the fees."""

    def encode(self) -> bytes:
        """Return ``public_key (32) | name (length in one byte, text) | payee (20)``."""
        return self.public_key + codec.text8(self.name) + self.payee

    @classmethod
    def decode(cls, data: bytes) -> "Validator":
        """Read what :meth:`encode` wrote.

        Raises:
            MalformedMessage: the bytes do not decode, or some are left over.
        """
        return codec.decode_whole(data, cls.read)

    @classmethod
    def read(cls, reader: codec.Reader) -> "Validator":
        """Read one validator off the front of a message.

        Raises:
            MalformedMessage: the bytes do not decode.
        """
        return cls(
            public_key=PublicKey(reader.take(PUBLIC_KEY_BYTES)),
            name=reader.text8(),
            payee=Address(reader.take(ADDRESS_BYTES)),
        )


def _check_validator(validator: Validator) -> None:
    """Check the fields of one validator as it enters a set.

    Raises:
        MalformedMessage: the key is weak, or the name or the payee has a wrong form.
    """
    if not is_strong_key(validator.public_key):
        raise MalformedMessage(detail="a validator's key is not a canonical point of the curve")
    if not 1 <= len(validator.name) <= LABEL_MAX:
        raise MalformedMessage(detail=f"a validator's name is not 1 to {LABEL_MAX} characters")
    if not all(" " <= character <= "~" for character in validator.name):
        raise MalformedMessage(detail="a validator's name is not printable ASCII")
    if len(validator.payee) != ADDRESS_BYTES:
        raise MalformedMessage(detail=f"a validator's payee is not {ADDRESS_BYTES} bytes")


class ValidatorSet:
    """1 to ``VALIDATORS_MAX`` validators in the order of their public keys; it never changes."""

    def __init__(self, validators: Iterable[Validator]) -> None:
        """Sort and check the validators.

        Raises:
            MalformedMessage: there is none, two share a key, or a field has a wrong form.
            LimitExceeded: there are more than ``VALIDATORS_MAX``.
        """
        self._validators = tuple(sorted(validators, key=lambda one: one.public_key))
        count = len(self._validators)
        if count == 0:
            raise MalformedMessage(detail="a set of validators is empty")
        if count > VALIDATORS_MAX:
            raise LimitExceeded(what="the number of validators", got=count, limit=VALIDATORS_MAX)
        for validator in self._validators:
            _check_validator(validator)
        self._index = {one.public_key: index for index, one in enumerate(self._validators)}
        if len(self._index) != count:
            raise MalformedMessage(detail="two validators share a key")

    def __len__(self) -> int:
        """Return the number of validators, n."""
        return len(self._validators)

    def __iter__(self) -> Iterator[Validator]:
        """Go through the validators in the order of their index."""
        return iter(self._validators)

    def __getitem__(self, index: int) -> Validator:
        """Return the validator at ``index``, 0 to n - 1."""
        return self._validators[index]

    def __eq__(self, other: object) -> bool:
        """Tell whether both hold the same validators."""
        return isinstance(other, ValidatorSet) and self._validators == other._validators

    def __hash__(self) -> int:
        """Agree with equality."""
        return hash(self._validators)

    @property
    def quorum(self) -> int:
        """Return how many voters are more than two thirds: floor(2n / 3) + 1."""
        return 2 * len(self._validators) // 3 + 1

    @property
    def skip_threshold(self) -> int:
        """Return how many voters must include an honest one: floor((n - 1) / 3) + 1."""
        return (len(self._validators) - 1) // 3 + 1

    def proposer_index(self, *, height: int, round_: int) -> int:
        """Return whose turn it is: (height + round) mod n."""
        return (height + round_) % len(self._validators)

    def find_index(self, public_key: PublicKey) -> int | None:
        """Return the index of the validator with this key, or None."""
        return self._index.get(public_key)

    @cached_property
    def hash(self) -> Hash:
        """Return the 32-byte tagged hash of the encoding, as headers and certificates name it."""
        return tagged_hash(b"validators", self.encode())

    def encode(self) -> bytes:
        """Return the count in two bytes, then each validator in rising order of the keys."""
        return codec.u16(len(self)) + b"".join(one.encode() for one in self)

    @classmethod
    def decode(cls, data: bytes) -> "ValidatorSet":
        """Read what :meth:`encode` wrote.

        Raises:
            MalformedMessage: the bytes do not decode, the keys do not rise, or a field is wrong.
            LimitExceeded: the count is above ``VALIDATORS_MAX``.
        """
        return codec.decode_whole(data, cls._read)

    @classmethod
    def _read(cls, reader: codec.Reader) -> "ValidatorSet":
        count = reader.u16()
        if count > VALIDATORS_MAX:
            raise LimitExceeded(what="the number of validators", got=count, limit=VALIDATORS_MAX)
        validators = [Validator.read(reader) for _ in range(count)]
        if any(first.public_key >= second.public_key for first, second in pairwise(validators)):
            raise MalformedMessage(detail="the validators' keys do not rise")
        return cls(validators)
