from decimal import Decimal

import pytest

from node.api.problems import RpcError
from node.api.reasons import RpcCode
from node.api.strict_json import DEPTH_MAX, decode_json


def test_numbers_keep_every_digit() -> None:
    assert decode_json(b"[1.50, 9007199254740993]") == [Decimal("1.50"), 9007199254740993]


def test_depth_is_allowed_up_to_the_limit() -> None:
    assert decode_json(b"[" * DEPTH_MAX + b"]" * DEPTH_MAX)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"NaN",
        b"[Infinity]",
        b'{"a":1,"a":1}',
        b'"\xff"',
        b"\xef\xbb\xbf{}",
        b"[" * (DEPTH_MAX + 2) + b"]" * (DEPTH_MAX + 2),
        b"[" * 100_000,
        b"1" * 5_000,
        b"1." + b"0" * 40,
    ],
    ids=range(11),
)
def test_what_is_not_strict_is_refused(body: bytes) -> None:
    with pytest.raises(RpcError) as refusal:
        decode_json(body)
    assert refusal.value.code is RpcCode.PARSE_ERROR
