"""What counts as proof that a block is final, and what does not."""

from dataclasses import replace

import pytest

from chain import codec
from chain.certificate import (
    CERTIFICATE_BYTES_MAX,
    ROUND_MAX,
    Certificate,
    VoteKind,
    check_certificate,
    vote_body,
)
from chain.crypto import SigningKind, check_signature, sha256
from chain.errors import InvalidCertificate, MalformedMessage
from chain.primitives import HEIGHT_MAX, VALIDATORS_MAX, ZERO_HASH, PublicKey, Signature
from tests.support.consensus import (
    BLOCK_HASH,
    GENESIS_HASH,
    OTHER_GENESIS_HASH,
    a_certificate,
    a_validator_set,
)


def check(certificate: Certificate, *, kind: VoteKind = VoteKind.PRECOMMIT) -> None:
    check_certificate(
        certificate, validators=a_validator_set(4), genesis_hash=GENESIS_HASH, kind=kind
    )


def test_kinds_of_vote_are_kinds_of_signature() -> None:
    assert SigningKind(VoteKind.PREVOTE) is SigningKind.PREVOTE
    assert SigningKind(VoteKind.PRECOMMIT) is SigningKind.PRECOMMIT


def test_vote_body_is_height_round_and_block_hash() -> None:
    assert vote_body(1, 2, BLOCK_HASH) == codec.u64(1) + codec.u32(2) + BLOCK_HASH


def test_accepts_precommits_of_a_quorum() -> None:
    check(a_certificate())
    check(a_certificate(signers=(0, 1, 2, 3)))
    check(a_certificate(signers=(1, 2, 3), round_=5))


def test_accepts_prevotes_where_a_polka_is_asked_for() -> None:
    check(a_certificate(kind=VoteKind.PREVOTE), kind=VoteKind.PREVOTE)


def test_prevotes_prove_no_finality() -> None:
    with pytest.raises(InvalidCertificate):
        check(a_certificate(kind=VoteKind.PREVOTE))


def test_precommits_are_no_polka() -> None:
    with pytest.raises(InvalidCertificate):
        check(a_certificate(), kind=VoteKind.PREVOTE)


@pytest.mark.parametrize("count", range(1, 11))
def test_one_signature_below_the_quorum_is_refused(count: int) -> None:
    validators = a_validator_set(count)
    enough = a_certificate(count=count, signers=range(validators.quorum))
    check_certificate(enough, validators=validators, genesis_hash=GENESIS_HASH)
    short = replace(enough, signatures=enough.signatures[1:])
    with pytest.raises(InvalidCertificate):
        check_certificate(short, validators=validators, genesis_hash=GENESIS_HASH)


def test_refuses_another_set_of_validators() -> None:
    with pytest.raises(InvalidCertificate):
        check(a_certificate(count=5))


def test_refuses_nil() -> None:
    with pytest.raises(InvalidCertificate):
        check(a_certificate(block_hash=ZERO_HASH))


def test_refuses_an_index_outside_the_set() -> None:
    certificate = a_certificate()
    signatures = (*certificate.signatures, (4, certificate.signatures[0][1]))
    with pytest.raises(InvalidCertificate):
        check(replace(certificate, signatures=signatures))


@pytest.mark.parametrize("order", [(0, 0, 1, 2), (2, 1, 0), (0, 2, 1)])
def test_refuses_signers_that_do_not_rise(order: tuple[int, ...]) -> None:
    by_index = dict(a_certificate().signatures)
    signatures = tuple((index, by_index[index]) for index in order)
    with pytest.raises(InvalidCertificate):
        check(replace(a_certificate(), signatures=signatures))


@pytest.mark.parametrize(
    "changes",
    [{"height": 8}, {"round": 1}, {"block_hash": sha256(b"another block")}],
    ids=lambda changes: next(iter(changes)),
)
def test_refuses_signatures_for_something_else(changes: dict[str, int]) -> None:
    with pytest.raises(InvalidCertificate):
        check(replace(a_certificate(), **changes))  # type: ignore[arg-type]  # one field each


def test_refuses_signatures_for_another_chain() -> None:
    with pytest.raises(InvalidCertificate):
        check_certificate(
            a_certificate(), validators=a_validator_set(4), genesis_hash=OTHER_GENESIS_HASH
        )


def test_refuses_a_signature_under_another_index() -> None:
    certificate = a_certificate()
    (_, first), *rest = certificate.signatures
    with pytest.raises(InvalidCertificate):
        check(replace(certificate, signatures=(*rest, (3, first))))


def test_checks_every_signature() -> None:
    certificate = a_certificate(signers=(0, 1, 2, 3))
    for position in range(4):
        signatures = list(certificate.signatures)
        signatures[position] = (position, Signature(bytes(64)))
        with pytest.raises(InvalidCertificate):
            check(replace(certificate, signatures=tuple(signatures)))


def test_caller_may_hand_in_its_own_signature_check() -> None:
    seen: list[bytes] = []

    def remember(*, public_key: PublicKey, message: bytes, signature: Signature, what: str) -> None:
        seen.append(public_key)
        check_signature(public_key=public_key, message=message, signature=signature, what=what)

    check_certificate(
        a_certificate(),
        validators=a_validator_set(4),
        genesis_hash=GENESIS_HASH,
        check=remember,
    )
    assert seen == [a_validator_set(4)[index].public_key for index in range(3)]


@pytest.mark.parametrize("signers", [(0,), (0, 1, 2), (3,), (0, 3), range(4)])
def test_encoding_reads_back(signers: tuple[int, ...]) -> None:
    certificate = a_certificate(signers=signers)
    assert Certificate.decode(certificate.encode()) == certificate


def test_encoding_of_the_greatest_certificate_has_the_stated_size() -> None:
    certificate = a_certificate(count=VALIDATORS_MAX, signers=range(VALIDATORS_MAX))
    data = certificate.encode()
    assert len(data) == CERTIFICATE_BYTES_MAX
    assert Certificate.decode(data) == certificate


def test_hash_names_the_signatures_too() -> None:
    assert a_certificate().hash == a_certificate().hash
    assert a_certificate().hash != a_certificate(signers=(1, 2, 3)).hash


def encoded(
    *, kind: int = 6, height: int = 7, round_: int = 0, bitmap: int = 1, signatures: int = 1
) -> bytes:
    body = codec.u8(kind) + codec.u64(height) + codec.u32(round_) + BLOCK_HASH + bytes(32)
    return body + codec.u64(bitmap) + bytes(64 * signatures)


def test_decoder_takes_the_extreme_positions() -> None:
    Certificate.decode(encoded(height=HEIGHT_MAX, round_=ROUND_MAX))
    Certificate.decode(encoded(height=1, bitmap=1 << 63))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        encoded(kind=4),
        encoded(kind=7),
        encoded(height=0),
        encoded(height=HEIGHT_MAX + 1),
        encoded(round_=ROUND_MAX + 1),
        encoded(bitmap=0, signatures=0),
        encoded(bitmap=1, signatures=0),
        encoded(bitmap=1, signatures=2),
        encoded(bitmap=3, signatures=1),
        encoded()[:-1],
        encoded() + b"\0",
    ],
)
def test_decoder_refuses_what_is_not_one_certificate(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        Certificate.decode(data)
