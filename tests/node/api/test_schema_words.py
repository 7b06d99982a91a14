import pytest
from jsonschema import Draft7Validator

from chain.address import format_address
from chain.primitives import Address
from node.api import schema_words as words
from node.api.schema_words import Schema


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        (words.HEX, "0x", "0x1"),
        (words.HASH, "0x" + "a" * 64, "0x" + "A" * 64),
        (words.ADDRESS, format_address(Address(b"\1" * 20)), "0x" + "1" * 40),
        (words.AMOUNT, "10", 10),
        (words.HEIGHT, 0, 2**53),
        (words.one_of("a", "b"), "b", "c"),
        (words.or_null(words.COUNT), None, "0"),
        (words.list_of(words.COUNT, most=2), [1, 2], [1, 2, 3]),
        (words.object_of({"a": words.COUNT, "b": words.TEXT}, maybe=("b",)), {"a": 1}, {"b": ""}),
        (words.object_of({"a": words.COUNT}), {"a": 1}, {"a": 1, "b": 2}),
    ],
)
def test_word_takes_what_is_right_only(schema: Schema, right: object, wrong: object) -> None:
    judge = Draft7Validator(schema)
    assert judge.is_valid(right)
    assert not judge.is_valid(wrong)
