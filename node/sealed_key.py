"""A key at rest under a passphrase: argon2id makes a key of it, XSalsa20-Poly1305 seals the seed.

    {"form": "aitbc key", "version": 1, "address": "ait1…", "public_key": "…",
     "kdf": {"name": "argon2id13", "salt": "…", "operations": 3, "memory_bytes": 268435456},
     "cipher": {"name": "xsalsa20-poly1305", "nonce": "…", "text": "…"}}

Address and public key stand in the clear, so that a wallet can be listed without its passphrase,
and are compared with the seed once it is open: whoever alters them is found out. Hostile costs are
refused before they are paid.
"""

import json
import unicodedata
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Literal

from nacl import bindings as sodium
from nacl import utils
from nacl.exceptions import CryptoError
from pydantic import Field, StringConstraints

from chain.address import format_address
from chain.crypto import SecretKey, address_of
from chain.errors import AitbcError, ConfigError
from chain.primitives import Address, PublicKey
from genesis.closed_json import ClosedForm, fill_form, parse_object

SEALED_BYTES_MAX = 4 * 1024
"""A sealed key has some 560 bytes."""

PASSPHRASE_MIN = 8
"""Characters at least; what a guesser does at once in a second."""

PASSPHRASE_MAX = 1_024
"""Characters at most: more adds nothing, and is no passphrase but a file by mistake."""

_OPERATIONS_MAX = sodium.crypto_pwhash_argon2id_OPSLIMIT_SENSITIVE
_MEMORY_MIN = sodium.crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE
_MEMORY_MAX = sodium.crypto_pwhash_argon2id_MEMLIMIT_SENSITIVE

_HEX_16, _HEX_24 = r"\A[0-9a-f]{32}\z", r"\A[0-9a-f]{48}\z"
_HEX_32, _HEX_48 = r"\A[0-9a-f]{64}\z", r"\A[0-9a-f]{96}\z"
_WORDS = {
    _HEX_16: "must be 32 lower hexadecimal digits",
    _HEX_24: "must be 48 lower hexadecimal digits",
    _HEX_32: "must be 64 lower hexadecimal digits",
    _HEX_48: "must be 96 lower hexadecimal digits",
}
_WHAT = "the sealed key"


class WrongPassphrase(AitbcError):
    """The passphrase does not open the key, or the file was altered; nobody can tell which."""

    code = "wrong_passphrase"
    sentence = "the passphrase does not open this key"


class Cost(Enum):
    """What one guess at a passphrase costs: operations, and memory in bytes."""

    DEVNET = (
        sodium.crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE,
        sodium.crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE,
    )
    """libsodium's INTERACTIVE: a quarter of a second and 64 MiB, for keys that guard nothing."""
    MONEY = (
        sodium.crypto_pwhash_argon2id_OPSLIMIT_MODERATE,
        sodium.crypto_pwhash_argon2id_MEMLIMIT_MODERATE,
    )
    """libsodium's MODERATE: about a second and 256 MiB."""


class KdfForm(ClosedForm):
    """How the passphrase becomes a key."""

    name: Literal["argon2id13"]
    salt: Annotated[str, StringConstraints(pattern=_HEX_16)]
    operations: Annotated[int, Field(ge=1, le=_OPERATIONS_MAX)]
    memory_bytes: Annotated[int, Field(ge=_MEMORY_MIN, le=_MEMORY_MAX)]


class CipherForm(ClosedForm):
    """The seed, sealed."""

    name: Literal["xsalsa20-poly1305"]
    nonce: Annotated[str, StringConstraints(pattern=_HEX_24)]
    text: Annotated[str, StringConstraints(pattern=_HEX_48)]


class SealedKeyForm(ClosedForm):
    """The whole file."""

    form: Literal["aitbc key"]
    version: Annotated[int, Field(ge=1, le=1)]
    address: Annotated[str, StringConstraints(max_length=90)]
    public_key: Annotated[str, StringConstraints(pattern=_HEX_32)]
    kdf: KdfForm
    cipher: CipherForm


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A sealed key that has been read; see :meth:`open`."""

    form: SealedKeyForm
    """What the file says."""

    @property
    def public_key(self) -> PublicKey:
        """Return the public key that the file names, 32 bytes."""
        return PublicKey(bytes.fromhex(self.form.public_key))

    @property
    def address(self) -> Address:
        """Return the address of that key, 20 bytes."""
        return address_of(self.public_key)

    @classmethod
    def read(cls, data: bytes) -> "SealedKey":
        """Read a file strictly.

        Raises:
            ConfigError: it is none, or address and public key contradict each other.
        """
        document = parse_object(data, what=_WHAT, bytes_max=SEALED_BYTES_MAX)
        sealed = cls(fill_form(SealedKeyForm, document, what=_WHAT, words=_WORDS))
        if format_address(sealed.address) != sealed.form.address:
            raise ConfigError(detail=f"{_WHAT}'s address is not that of its public key")
        return sealed

    def open_seed(self, passphrase: str) -> bytes:
        """Return the 32-byte seed.

        Raises:
            WrongPassphrase: it does not open, or holds another key than it says.
            ConfigError: there is not enough memory to try.
        """
        kdf, cipher = self.form.kdf, self.form.cipher
        key = _stretch(passphrase, bytes.fromhex(kdf.salt), (kdf.operations, kdf.memory_bytes))
        try:
            seed = sodium.crypto_secretbox_open(
                bytes.fromhex(cipher.text), bytes.fromhex(cipher.nonce), key
            )
        except CryptoError:
            raise WrongPassphrase from None
        if SecretKey(seed).public_key != self.public_key:
            raise WrongPassphrase
        return seed

    def open(self, passphrase: str) -> SecretKey:
        """Return the key that signs.

        Raises:
            WrongPassphrase: as :meth:`open_seed` says.
            ConfigError: there is not enough memory to try.
        """
        return SecretKey(self.open_seed(passphrase))


def seal(seed: bytes, passphrase: str, *, cost: Cost) -> bytes:
    """Return the file of a sealed key.

    Args:
        seed: 32 bytes.
        passphrase: at least eight characters.
        cost: what each guess at it costs, and each opening.

    Raises:
        ConfigError: the passphrase is too short or too long, or the memory does not suffice.
    """
    if not PASSPHRASE_MIN <= len(passphrase) <= PASSPHRASE_MAX:
        raise ConfigError(
            detail=f"a passphrase has {PASSPHRASE_MIN} to {PASSPHRASE_MAX} characters; four or "
            "five words that nobody would put together are easy to keep"
        )
    key = SecretKey(seed)
    salt = utils.random(sodium.crypto_pwhash_SALTBYTES)
    nonce = utils.random(sodium.crypto_secretbox_NONCEBYTES)
    text = sodium.crypto_secretbox(seed, nonce, _stretch(passphrase, salt, cost.value))
    operations, memory_bytes = cost.value
    document = {
        "form": "aitbc key",
        "version": 1,
        "address": format_address(key.address),
        "public_key": key.public_key.hex(),
        "kdf": {
            "name": "argon2id13",
            "salt": salt.hex(),
            "operations": operations,
            "memory_bytes": memory_bytes,
        },
        "cipher": {"name": "xsalsa20-poly1305", "nonce": nonce.hex(), "text": text.hex()},
    }
    return json.dumps(document, indent=2).encode() + b"\n"


def _stretch(passphrase: str, salt: bytes, cost: tuple[int, int]) -> bytes:
    """Return the 32 bytes that a passphrase gives.

    Keyboards differ in how they compose an accent, so the text is brought into one form (NFKC).
    """
    operations, memory_bytes = cost
    try:
        text = unicodedata.normalize("NFKC", passphrase).encode()
    except UnicodeEncodeError:
        raise ConfigError(detail="the passphrase is not valid text") from None
    try:
        return sodium.crypto_pwhash_alg(
            outlen=sodium.crypto_secretbox_KEYBYTES,
            passwd=text,
            salt=salt,
            opslimit=operations,
            memlimit=memory_bytes,
            alg=sodium.crypto_pwhash_ALG_ARGON2ID13,
        )
    except (CryptoError, MemoryError):
        megabytes = memory_bytes // 1024 // 1024
        raise ConfigError(detail=f"opening or sealing this key takes {megabytes} MiB") from None
