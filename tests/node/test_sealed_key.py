import json
from typing import Any

import pytest

from chain.address import format_address
from chain.crypto import SecretKey
from chain.errors import ConfigError
from node.sealed_key import PASSPHRASE_MAX, Cost, SealedKey, WrongPassphrase, seal

SEED = bytes(range(32))
PASSPHRASE = "correct horse battery"
SEALED = seal(SEED, PASSPHRASE, cost=Cost.DEVNET)


def changed(**changes: object) -> bytes:
    """Return the sealed key with fields changed; a field of a part is written ``kdf__name``."""
    document: dict[str, Any] = json.loads(SEALED)
    for name, value in changes.items():
        *parts, last = name.split("__")
        target = document
        for part in parts:
            target = target[part]
        target[last] = value
    return json.dumps(document).encode()


def test_key_comes_back() -> None:
    opened = SealedKey.read(SEALED)
    assert opened.open_seed(PASSPHRASE) == SEED
    assert opened.open(PASSPHRASE).public_key == opened.public_key == SecretKey(SEED).public_key
    assert format_address(opened.address) == opened.form.address


def test_nothing_of_the_seed_or_the_passphrase_is_in_the_file() -> None:
    for secret in (SEED.hex(), PASSPHRASE, PASSPHRASE.encode().hex()):
        assert secret not in SEALED.decode()


def test_same_key_is_never_sealed_twice_alike() -> None:
    other = json.loads(seal(SEED, PASSPHRASE, cost=Cost.DEVNET))
    first = json.loads(SEALED)
    assert other["kdf"]["salt"] != first["kdf"]["salt"]
    assert other["cipher"] != first["cipher"]


@pytest.mark.parametrize("passphrase", ["correct horse batterz", "", "Correct horse battery"])
def test_other_passphrase_does_not_open_it(passphrase: str) -> None:
    with pytest.raises(WrongPassphrase, match="does not open this key"):
        SealedKey.read(SEALED).open(passphrase)


def test_accent_opens_it_however_it_was_typed() -> None:
    sealed = SealedKey.read(seal(SEED, "e\u0301tude en mi", cost=Cost.DEVNET))
    assert sealed.open_seed("\u00e9tude en mi") == SEED


@pytest.mark.parametrize("cost", list(Cost))
def test_cost_is_written_down(cost: Cost) -> None:
    kdf = json.loads(seal(SEED, PASSPHRASE, cost=cost))["kdf"]
    assert (kdf["operations"], kdf["memory_bytes"]) == cost.value
    assert {Cost.DEVNET: 64, Cost.MONEY: 256}[cost] == kdf["memory_bytes"] // 1024 // 1024


def test_every_changed_digit_of_the_cipher_is_noticed() -> None:
    cipher = json.loads(SEALED)["cipher"]
    for name, place in (("text", 0), ("text", -1), ("nonce", 5)):
        digits = list(cipher[name])
        digits[place] = "1" if digits[place] == "0" else "0"
        with pytest.raises(WrongPassphrase):
            SealedKey.read(changed(**{f"cipher__{name}": "".join(digits)})).open(PASSPHRASE)


def test_file_that_names_another_key_is_found_out() -> None:
    other = SecretKey(bytes(32))
    data = changed(public_key=other.public_key.hex(), address=format_address(other.address))
    with pytest.raises(WrongPassphrase):
        SealedKey.read(data).open(PASSPHRASE)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": 2}, "version"),
        ({"version": True}, "version"),
        ({"form": "ethereum"}, "form"),
        ({"note": "mine"}, "has a field that no document has: note"),
        ({"public_key": "AB" * 32}, "must be 64 lower hexadecimal digits"),
        ({"address": "ait1"}, "address is not that of its public key"),
        ({"address": format_address(SecretKey(bytes(32)).address)}, "address is not that"),
        ({"kdf__name": "scrypt"}, "kdf.name"),
        ({"kdf__salt": ""}, "must be 32 lower hexadecimal digits"),
        ({"kdf__memory_bytes": 2**40}, "kdf.memory_bytes"),
        ({"kdf__memory_bytes": 8_192}, "kdf.memory_bytes"),
        ({"kdf__operations": 2**31}, "kdf.operations"),
        ({"kdf__operations": 0}, "kdf.operations"),
        ({"kdf__operations": 2.0}, "kdf.operations"),
        ({"cipher__name": "none"}, "cipher.name"),
        ({"cipher__text": "00"}, "must be 96 lower hexadecimal digits"),
        ({"cipher__nonce": "0" * 47}, "must be 48 lower hexadecimal digits"),
    ],
)
def test_strange_file_is_refused_before_anything_is_computed(
    changes: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        SealedKey.read(changed(**changes))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"\xff", b"{" * 10_000, SEALED[:-5], SEALED + b"x", b" " * 5_000]
)
def test_garbage_is_no_sealed_key(data: bytes) -> None:
    with pytest.raises(ConfigError, match="the sealed key"):
        SealedKey.read(data)


def test_repeated_field_is_refused() -> None:
    twice = SEALED.replace(b'"version": 1,', b'"version": 1, "version": 1,')
    with pytest.raises(ConfigError, match="repeats the key 'version'"):
        SealedKey.read(twice)


@pytest.mark.parametrize("passphrase", ["", "seven77", "x" * (PASSPHRASE_MAX + 1)])
def test_passphrase_of_a_new_key_has_a_length(passphrase: str) -> None:
    with pytest.raises(ConfigError, match="8 to 1024 characters"):
        seal(SEED, passphrase, cost=Cost.DEVNET)


def test_half_a_character_is_no_passphrase() -> None:
    with pytest.raises(ConfigError, match="not valid text"):
        seal(SEED, "\ud800" * 8, cost=Cost.DEVNET)
