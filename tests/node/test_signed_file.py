import json
from pathlib import Path

import pytest

from chain.address import format_address
from chain.crypto import SecretKey, SigningKind, signing_bytes
from chain.errors import ConfigError, InvalidSignature
from chain.primitives import ZERO_HASH
from node.signed_file import FileNotSigned, check_file_signature, digest_of, sign_digest

KEY = SecretKey(bytes(32))
DIGEST = bytes(range(32))
SIGNED = sign_digest(DIGEST, KEY)


def changed(**changes: object) -> bytes:
    return json.dumps(json.loads(SIGNED) | changes).encode()


def test_signature_names_who_signed() -> None:
    assert check_file_signature(DIGEST, SIGNED) == KEY.address


def test_signature_holds_for_this_file_alone() -> None:
    with pytest.raises(FileNotSigned, match="another file"):
        check_file_signature(bytes(32), SIGNED)
    with pytest.raises(InvalidSignature):
        check_file_signature(bytes(32), changed(sha256=bytes(32).hex()))


def test_signature_of_another_key_does_not_pass() -> None:
    other = SecretKey(bytes(range(32)))
    with pytest.raises(FileNotSigned, match="address is not that of its public key"):
        check_file_signature(DIGEST, changed(address=format_address(other.address)))
    claimed = changed(public_key=other.public_key.hex(), address=format_address(other.address))
    with pytest.raises(InvalidSignature):
        check_file_signature(DIGEST, claimed)


@pytest.mark.parametrize("kind", [kind for kind in SigningKind if kind is not SigningKind.FILE])
def test_no_other_kind_of_signature_passes(kind: SigningKind) -> None:
    signature = KEY.sign(signing_bytes(kind, ZERO_HASH, DIGEST)).hex()
    with pytest.raises(InvalidSignature):
        check_file_signature(DIGEST, changed(signature=signature))


@pytest.mark.parametrize("data", [b"", b"{}", SIGNED[:-4], SIGNED + b"x", b" " * 10_000])
def test_garbage_is_no_signature(data: bytes) -> None:
    with pytest.raises(ConfigError, match="the signature"):
        check_file_signature(DIGEST, data)


def test_digest_is_of_the_whole_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    assert digest_of(tmp_path / "file").hex().startswith("ba7816bf8f01cfea")
    with pytest.raises(ConfigError, match="cannot read"):
        digest_of(tmp_path)
