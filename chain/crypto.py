"""Hashes, keys and the one signature rule; no other module verifies anything consensus needs.

A signature is valid if libsodium's strict check accepts it: canonical S, canonical A, no
small-order A or R, cofactorless equation. Libraries differ on edge cases (Chalkias, Garillot,
Nikolaenko, "Taming the many EdDSAs", 2020), and two rules on one chain would split it.
"""

import hashlib
from enum import IntEnum
from functools import lru_cache

from Crypto.Hash import keccak as _keccak
from nacl import bindings as sodium
from nacl.exceptions import BadSignatureError

from chain.errors import InvalidSignature
from chain.primitives import (
    ADDRESS_BYTES,
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    Address,
    Hash,
    PublicKey,
    Signature,
)

ADDRESSES_KEPT = 65_536
"""Addresses of keys met lately, some 18 MB: three full mempools of keys. A key is met when its
transfer is admitted, proposed and executed, and each Keccak costs as much as a third of that."""


class SigningKind(IntEnum):
    """What a signature is about; part of every signed message, so none can pass for another."""

    TRANSACTION = 1
    CLAIM = 2
    ACCEPTANCE = 3
    PROPOSAL = 4
    PREVOTE = 5
    PRECOMMIT = 6
    APPROVAL = 7
    VALIDATOR_ACCEPTANCE = 8
    JOB_REQUEST = 9
    MINER_CARD = 10
    FILE = 11
    """A file that its owner chose to sign; means nothing on any chain, so it names none."""


def signing_bytes(kind: SigningKind, genesis_hash: Hash, body: bytes) -> bytes:
    r"""Return what is signed: ``b"aitbc\0" | kind (1 byte) | genesis_hash (32) | body``.

    The genesis hash is part of it because devnets are made anew under one chain id.
    """
    return b"aitbc\0" + bytes((kind,)) + genesis_hash + body


def tagged_hash(tag: bytes, data: bytes) -> Hash:
    r"""Return SHA-256 of ``b"aitbc/" | tag | b"\0" | data``: one domain per kind of thing."""
    return Hash(hashlib.sha256(b"aitbc/" + tag + b"\0" + data).digest())


def sha256(data: bytes) -> Hash:
    """Return plain SHA-256, for RFC 6962 trees and receipt hashes, whose form others fixed."""
    return Hash(hashlib.sha256(data).digest())


def keccak256(data: bytes) -> bytes:
    """Return Keccak-256 with Ethereum's padding (not FIPS 202 SHA3-256, whose padding differs)."""
    return _keccak.new(digest_bits=256, data=data).digest()


@lru_cache(maxsize=ADDRESSES_KEPT)
def address_of(public_key: PublicKey) -> Address:
    """Return the 20-byte address of a 32-byte public key."""
    return Address(keccak256(public_key)[-ADDRESS_BYTES:])


class SecretKey:
    """An Ed25519 key that can sign; its ``repr`` shows the public half only."""

    def __init__(self, seed: bytes) -> None:
        """Expand a 32-byte seed (RFC 8032, section 5.1.5).

        Raises:
            ValueError: the seed is not 32 bytes.
        """
        public, self._secret = sodium.crypto_sign_seed_keypair(seed)
        self.public_key = PublicKey(public)
        self.address = address_of(self.public_key)

    def sign(self, message: bytes) -> Signature:
        """Return the 64-byte signature of ``message``; the same message gives the same bytes."""
        return Signature(sodium.crypto_sign(message, self._secret)[:SIGNATURE_BYTES])

    def __repr__(self) -> str:
        """Return the public key only."""
        return f"SecretKey(public_key={self.public_key.hex()})"


def check_signature(
    *, public_key: PublicKey, message: bytes, signature: Signature, what: str
) -> None:
    """Check one signature by libsodium's strict rule.

    Args:
        public_key: 32 bytes.
        message: the signed bytes.
        signature: 64 bytes.
        what: the thing that was signed, for the error's sentence.

    Raises:
        InvalidSignature: it does not verify, or a part has the wrong length.
    """
    if len(signature) != SIGNATURE_BYTES or len(public_key) != PUBLIC_KEY_BYTES:
        raise InvalidSignature(what=what)
    try:
        sodium.crypto_sign_open(signature + message, public_key)
    except (BadSignatureError, ValueError):
        raise InvalidSignature(what=what) from None


def is_strong_key(public_key: bytes) -> bool:
    """Tell whether a key is a canonical point of the prime-order group, as entry demands."""
    return len(public_key) == PUBLIC_KEY_BYTES and sodium.crypto_core_ed25519_is_valid_point(
        public_key
    )
