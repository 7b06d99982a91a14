"""Keys, hashes and the one signature rule, whose accept pattern gates every dependency bump."""

from itertools import product

import pytest

from chain.crypto import (
    SecretKey,
    SigningKind,
    address_of,
    check_signature,
    is_strong_key,
    keccak256,
    sha256,
    signing_bytes,
    tagged_hash,
)
from chain.errors import InvalidSignature
from chain.primitives import Hash, PublicKey, Signature
from tests.support.builders import GENESIS_HASH, key_of
from tests.support.vectors import read_vector

# RFC 8032, section 7.1, TEST 1.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
SIGNATURE = bytes.fromhex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
    "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
)

GROUP_ORDER = 2**252 + 27_742_317_777_372_353_535_851_937_790_883_648_493
"""L of RFC 8032, section 5.1."""

SMALL_ORDER = [
    bytes.fromhex(low + sign)
    for low, signs in (
        ("00" * 31, ("00", "80")),
        ("01" + "00" * 30, ("00", "80")),
        ("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc", ("05", "85")),
        ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03", ("7a", "fa")),
        ("ec" + "ff" * 30, ("7f", "ff")),
        ("ed" + "ff" * 30, ("7f", "ff")),
        ("ee" + "ff" * 30, ("7f", "ff")),
    )
    for sign in signs
]
"""Every encoding, canonical or not, of the eight points of small order."""


def accepts(*, public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        check_signature(
            public_key=PublicKey(public_key),
            message=message,
            signature=Signature(signature),
            what="test",
        )
    except InvalidSignature:
        return False
    return True


def test_key_and_signature_of_rfc_8032() -> None:
    key = SecretKey(SEED)
    assert key.public_key == PUBLIC
    assert key.sign(b"") == SIGNATURE
    assert accepts(public_key=PUBLIC, message=b"", signature=SIGNATURE)
    assert not accepts(public_key=PUBLIC, message=b"x", signature=SIGNATURE)


def test_wycheproof() -> None:
    groups = read_vector("ed25519/wycheproof_ed25519_test.json")["testGroups"]
    cases = [(group["publicKey"]["pk"], test) for group in groups for test in group["tests"]]
    wrong = [
        test["tcId"]
        for public_key, test in cases
        if accepts(
            public_key=bytes.fromhex(public_key),
            message=bytes.fromhex(test["msg"]),
            signature=bytes.fromhex(test["sig"]),
        )
        is not (test["result"] == "valid")
    ]
    assert len(cases) == 151
    assert wrong == []


def test_speccheck_accepts_case_3_alone() -> None:
    """The pattern of libsodium's strict check; another pattern is another chain."""
    cases = read_vector("ed25519/speccheck_cases.json")
    accepted = [
        number
        for number, case in enumerate(cases)
        if accepts(
            public_key=bytes.fromhex(case["pub_key"]),
            message=bytes.fromhex(case["message"]),
            signature=bytes.fromhex(case["signature"]),
        )
    ]
    assert len(cases) == 12
    assert accepted == [3]


def test_no_small_order_key_or_nonce_is_accepted() -> None:
    pairs = list(product(SMALL_ORDER, SMALL_ORDER))
    assert len(pairs) == 196
    for public_key, r in pairs:
        for scalar in (0, 1, 8, GROUP_ORDER):
            for message in (b"", b"0", b"pay", b"receipt"):
                signature = r + scalar.to_bytes(32, "little")
                assert not accepts(public_key=public_key, message=message, signature=signature)


def test_small_order_keys_are_weak() -> None:
    assert not any(map(is_strong_key, SMALL_ORDER))
    assert is_strong_key(PUBLIC)
    assert not is_strong_key(PUBLIC[:-1])


def test_high_twin_of_a_signature_does_not_verify() -> None:
    scalar = int.from_bytes(SIGNATURE[32:], "little") + GROUP_ORDER
    twin = SIGNATURE[:32] + scalar.to_bytes(32, "little")
    assert not accepts(public_key=PUBLIC, message=b"", signature=twin)


@pytest.mark.parametrize("length", [0, 1, 31, 33, 64])
def test_rejects_keys_of_another_length(length: int) -> None:
    assert not accepts(public_key=bytes(length), message=b"", signature=SIGNATURE)


@pytest.mark.parametrize("length", [0, 1, 63, 65, 128])
def test_rejects_signatures_of_another_length(length: int) -> None:
    assert not accepts(public_key=PUBLIC, message=b"", signature=bytes(length))


def test_signature_of_one_kind_is_none_of_another() -> None:
    key = key_of("client")
    for kind, other in product(SigningKind, SigningKind):
        signature = key.sign(signing_bytes(kind, GENESIS_HASH, b"body"))
        message = signing_bytes(other, GENESIS_HASH, b"body")
        accepted = accepts(public_key=key.public_key, message=message, signature=signature)
        assert accepted is (kind is other)


def test_signing_bytes_hold_kind_and_genesis() -> None:
    message = signing_bytes(SigningKind.CLAIM, Hash(b"g" * 32), b"body")
    assert message == b"aitbc\0\x02" + b"g" * 32 + b"body"


def test_kinds_of_signature_keep_their_numbers() -> None:
    assert [kind.value for kind in SigningKind] == list(range(1, 12))


def test_keccak_is_ethereums() -> None:
    """Of nothing: the code hash of an account without code (Ethereum yellow paper, section 4.1)."""
    empty = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak256(b"").hex() == empty


def test_address_is_the_end_of_the_keys_keccak() -> None:
    assert address_of(PublicKey(PUBLIC)) == keccak256(PUBLIC)[12:]
    assert SecretKey(SEED).address == address_of(PublicKey(PUBLIC))


def test_tags_part_the_hashes() -> None:
    assert tagged_hash(b"a", b"data") == sha256(b"aitbc/a\0data")
    assert tagged_hash(b"a", b"data") != tagged_hash(b"b", b"data")


def test_secret_stays_out_of_sight() -> None:
    key = SecretKey(SEED)
    assert SEED.hex() not in repr(key)
    assert PUBLIC.hex() in repr(key)
    with pytest.raises(ValueError, match="seed"):
        SecretKey(SEED[:-1])
