"""A recovery phrase: words on paper from which every key of a wallet can be made again.

BIP-39 makes 512 bits of the words, SLIP-0010 makes keys of those. Ed25519 allows hardened steps
only, so every step is, whether the apostrophe is written or not.
"""

import hashlib
import hmac
import re
from functools import cache

from mnemonic import Mnemonic

from chain.errors import ConfigError

COIN_TYPE = 20_411
"""The chain's number in a path (SLIP-0044)."""

INDEX_MAX = 2**31 - 1
"""A step's number is below the bit that makes it hardened."""

WORD_COUNTS = (12, 15, 18, 21, 24)
"""How many words a phrase may have; 24 hold 256 bits."""

_HARDENED = 2**31
_PATH = re.compile(r"m(?:/(?:0|[1-9][0-9]{0,9})')*", re.ASCII)
_STEPS_MAX = 16


@cache
def _bip39() -> Mnemonic:
    return Mnemonic("english")


def make_phrase() -> str:
    """Return 24 new words."""
    return _bip39().generate(strength=256)


def seed_of_phrase(phrase: str, *, extra: str = "") -> bytes:
    """Return the 64 bytes that the words give.

    Args:
        phrase: the words, in any case and with any space between them.
        extra: the additional passphrase of BIP-39, part of the key; none for us.

    Raises:
        ConfigError: a word is not of the list, there are too many or too few, or the checksum is
            wrong. The sentence names the place and never a word.
    """
    words = phrase.lower().split()
    bip39 = _bip39()
    known = set(bip39.wordlist)
    wrong = [str(place) for place, word in enumerate(words, start=1) if word not in known]
    if wrong:
        detail = f"the phrase has words that are not on the list, at place {', '.join(wrong[:24])}"
        raise ConfigError(detail=detail)
    if len(words) not in WORD_COUNTS:
        detail = f"a phrase has 12, 15, 18, 21 or 24 words; this one has {len(words)}"
        raise ConfigError(detail=detail)
    if not bip39.check(" ".join(words)):
        raise ConfigError(
            detail="the phrase's checksum is wrong: a word is another, or two changed places"
        )
    return Mnemonic.to_seed(" ".join(words), extra)


def account_path(index: int) -> str:
    """Return the path of the key with a number: ``m/44'/20411'/index'/0'``."""
    return f"m/44'/{COIN_TYPE}'/{index}'/0'"


def derive_seed(master: bytes, path: str) -> bytes:
    """Return the 32-byte seed of the key at a path (SLIP-0010, Ed25519).

    Args:
        master: what :func:`seed_of_phrase` gives.
        path: such as ``m/44'/20411'/0'/0'``; every step hardened.

    Raises:
        ConfigError: the path is none.
    """
    steps = [int(step[:-1]) for step in path.split("/")[1:]] if _PATH.fullmatch(path) else [-1]
    if len(steps) > _STEPS_MAX or any(not 0 <= step <= INDEX_MAX for step in steps):
        raise ConfigError(detail="a path looks like m/44'/20411'/0'/0', every step with its '")
    node = hmac.digest(b"ed25519 seed", master, hashlib.sha512)
    for step in steps:
        index = (step + _HARDENED).to_bytes(4, "big")
        node = hmac.digest(node[32:], b"\0" + node[:32] + index, hashlib.sha512)
    return node[:32]
