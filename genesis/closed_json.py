"""Reading JSON documents that people hand around: no key twice, nothing unknown in them.

What is refused is refused with a sentence that names the field; what was written there is shown in
ASCII or not at all.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from chain.errors import ConfigError


class ClosedForm(BaseModel):
    """A form whose fields are all there is, each of exactly its type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Form = TypeVar("Form", bound=ClosedForm)


def read_file(path: Path, *, bytes_max: int) -> bytes:
    """Return the bytes of a file, and one more than allowed of a file that is too large.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(bytes_max + 1)
    except OSError as error:
        raise ConfigError(detail=f"cannot read {path}: {error.strerror}") from None


def parse_object(data: bytes, *, what: str, bytes_max: int) -> dict[str, Any]:
    """Return a JSON object that repeats no key.

    Args:
        data: the text, UTF-8.
        what: what it should be, for sentences: ``the genesis document``.
        bytes_max: largest size.

    Raises:
        ConfigError: it is too large, or no such object.
    """
    if len(data) > bytes_max:
        raise ConfigError(detail=f"{what} has more than {bytes_max} bytes")

    def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for key, value in pairs:
            if key in fields:
                raise ConfigError(detail=f"{what} repeats the key {key!a}")
            fields[key] = value
        return fields

    try:
        document = json.loads(data.decode(), object_pairs_hook=without_repeats)
    except UnicodeDecodeError:
        raise ConfigError(detail=f"{what} is not UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(detail=f"{what} is not valid JSON: {error}") from None
    if not isinstance(document, dict):
        raise ConfigError(detail=f"{what} is not a JSON object")
    return document


def fill_form(
    form: type[Form], document: Mapping[str, Any], *, what: str, words: Mapping[str, str]
) -> Form:
    """Return a document as its form.

    Args:
        form: what the document must be.
        document: parsed JSON.
        what: what it should be, for sentences.
        words: what a person reads instead of a pattern, by pattern.

    Raises:
        ConfigError: it does not fit; the sentence names the field.
    """
    try:
        return form.model_validate(document)
    except ValidationError as error:
        raise ConfigError(detail=_sentence(error, what, words)) from None


def _sentence(error: ValidationError, what: str, words: Mapping[str, str]) -> str:
    fault = error.errors(include_url=False)[0]
    where = ascii(".".join(str(part) for part in fault["loc"]))[1:-1]
    if fault["type"] == "extra_forbidden":
        return f"{what} has a field that no document has: {where}"
    if fault["type"] == "missing":
        return f"{what} lacks the field {where}"
    pattern = fault.get("ctx", {}).get("pattern")
    said = words.get(str(pattern)) or fault["msg"].removeprefix("Value error, ")
    said = said.replace("Input should be", "must be", 1)
    return f"{what}'s {where}: {said}"
