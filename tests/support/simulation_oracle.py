"""Signatures for the simulation, a hundred times faster than real ones.

Anybody could make one, so only the simulation's own honesty about who signs makes them safe: a
liar in it signs with its own key alone.
"""

import hashlib
from dataclasses import dataclass

from chain.crypto import SigningKind, signing_bytes
from chain.errors import InvalidSignature
from chain.primitives import PublicKey, Signature
from tests.support.consensus import GENESIS_HASH


def oracle(public_key: PublicKey, message: bytes) -> Signature:
    """Return a signature that only the simulation's honest use of keys makes safe."""
    return Signature(hashlib.blake2b(message, key=public_key).digest())


def check_oracle(*, public_key: PublicKey, message: bytes, signature: Signature, what: str) -> None:
    """Check a signature of the oracle."""
    if oracle(public_key, message) != signature:
        raise InvalidSignature(what=what)


@dataclass(frozen=True, slots=True)
class OracleSigner:
    """Signs with the oracle."""

    public_key: PublicKey

    def sign(self, kind: SigningKind, body: bytes) -> Signature:
        """Return the oracle's signature."""
        return oracle(self.public_key, signing_bytes(kind, GENESIS_HASH, body))
