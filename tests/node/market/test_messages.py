from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.errors import InvalidSignature, MalformedMessage
from chain.primitives import Hash
from node.market.messages import (
    INPUT_BYTES_MAX,
    PARAMETERS_BYTES_MAX,
    Ask,
    JobRequest,
    Reason,
    decode_request,
    sign_request,
)
from tests.support.builders import GENESIS_HASH, key_of


def a_request(**fields: object) -> JobRequest:
    """Return a signed request for work."""
    request = JobRequest(
        ask=Ask.WORK,
        model="llama3.2",
        unit_type="gpu_seconds",
        public_key=key_of("client").public_key,
        reservation_id=Hash(b"\1" * 32),
        job_id="one",
        parameters=b"{}",
        input=b"what is the answer",
    )
    changed = replace(request, **fields)  # type: ignore[arg-type] # fields by name
    return sign_request(changed, key=key_of("client"), genesis_hash=GENESIS_HASH)


@given(st.sampled_from(Ask), st.binary(max_size=200), st.binary(max_size=50))
def test_request_reads_back(ask: Ask, input_: bytes, parameters: bytes) -> None:
    request = a_request(ask=ask, input=input_, parameters=parameters)
    assert decode_request(request.encode()) == request
    decode_request(request.encode()).check(GENESIS_HASH)


@pytest.mark.parametrize(
    "change",
    [
        {"ask": Ask.CANCEL},
        {"reservation_id": Hash(b"\2" * 32)},
        {"job_id": "two"},
        {"model": "other"},
        {"unit_type": "seconds"},
        {"parameters": b"[]"},
        {"input": b"another"},
        {"public_key": key_of("stranger").public_key},
    ],
)
def test_signature_is_over_every_field(change: dict[str, object]) -> None:
    forged = replace(a_request(), **change)  # type: ignore[arg-type] # fields by name
    assert forged.digest != a_request().digest
    with pytest.raises(InvalidSignature):
        forged.check(GENESIS_HASH)


def test_signature_is_for_one_chain() -> None:
    with pytest.raises(InvalidSignature):
        a_request().check(Hash(bytes(32)))


def test_what_is_no_request_is_malformed() -> None:
    data = a_request().encode()
    for broken in (b"", data[:-1], data + b"\0", b"\x09" + data[1:], b"\0" * 50):
        with pytest.raises(MalformedMessage):
            decode_request(broken)


def test_limits_hold() -> None:
    widest = a_request(input=bytes(INPUT_BYTES_MAX), parameters=bytes(PARAMETERS_BYTES_MAX))
    assert decode_request(widest.encode()) == widest
    for fields in ({"input": bytes(INPUT_BYTES_MAX + 1)}, {"parameters": bytes(4_097)}):
        with pytest.raises(MalformedMessage):
            decode_request(a_request(**fields).encode())


def test_representation_tells_nothing_private() -> None:
    shown = repr(a_request(input=b"secret prompt", parameters=b"secret parameters"))
    assert "secret" not in shown
    assert "llama3.2" in shown


def test_reasons_fit_their_field() -> None:
    assert all(len(reason) <= 32 and reason.isascii() for reason in Reason)
