"""Documents that people hand around, read strictly."""

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import StringConstraints

from chain.errors import ConfigError
from genesis.closed_json import ClosedForm, fill_form, parse_object, read_file

WORD = r"\A[a-z]{1,8}\z"


class Letter(ClosedForm):
    to: Annotated[str, StringConstraints(pattern=WORD)]
    pages: int


def parse(data: bytes) -> dict[str, object]:
    return parse_object(data, what="the letter", bytes_max=100)


def fill(document: dict[str, object]) -> Letter:
    return fill_form(Letter, document, what="the letter", words={WORD: "must be a small word"})


def test_good_document_becomes_its_form() -> None:
    assert fill(parse(b'{"to": "you", "pages": 2}')) == Letter(to="you", pages=2)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b'{"to": 1, "to": 2}', "the letter repeats the key 'to'"),
        (b"[]", "the letter is not a JSON object"),
        (b"", "the letter is not valid JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"\xff", "the letter is not UTF-8 text"),
        (b" " * 101, "the letter has more than 100 bytes"),
    ],
)
def test_what_is_no_object_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(data)
    assert str(refused.value) == sentence


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(ConfigError, match="not valid JSON"):
        parse_object(b"[" * 100_000, what="the letter", bytes_max=1_000_000)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"to": "you"}, "the letter lacks the field pages"),
        ({"to": "you", "pages": 1, "cc": ""}, "the letter has a field that no document has: cc"),
        ({"to": "YOU", "pages": 1}, "the letter's to: must be a small word"),
        ({"to": "you", "pages": True}, "the letter's pages: must be a valid integer"),
        ({"to": "you", "pages": 1.0}, "the letter's pages: must be a valid integer"),
    ],
)
def test_what_does_not_fit_is_named(document: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        fill(document)
    assert str(refused.value) == sentence


def test_large_file_is_read_no_further_than_needed_to_know(tmp_path: Path) -> None:
    path = tmp_path / "letter"
    path.write_bytes(bytes(1_000))
    assert len(read_file(path, bytes_max=10)) == 11
    with pytest.raises(ConfigError, match="No such file"):
        read_file(tmp_path / "none", bytes_max=10)
