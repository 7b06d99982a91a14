from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, TypeAdapter

from node.api.rest_forms import Asked
from node.api.rest_schemas import REF, field_schemas, line_of, object_schema, tidy_schema, words_of


class Wanted(Asked):
    """What is wanted.

    Attributes:
        name: ``this`` or
            another.
        limit: at most.
    """

    name: str
    limit: Annotated[int, Field(ge=1)] | None = None


@dataclass
class Found:
    """What is found.

    Attributes:
        name: of it.
    """

    name: str


@dataclass
class Whole(Found):
    """All of it.

    Attributes:
        size: in bytes.
    """

    size: int


def test_field_that_may_be_absent_is_never_null() -> None:
    assert field_schemas(Wanted) == {
        "name": {"type": "string"},
        "limit": {"type": "integer", "minimum": 1},
    }


def test_object_is_closed_and_described() -> None:
    schema = object_schema(Wanted, {"limit", "name"})
    assert schema["required"] == ["name"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["name"]["description"] == "`this` or another."
    assert object_schema(Wanted, set())["properties"] == {}


def test_words_of_a_class_are_those_of_its_parents_too() -> None:
    assert words_of(Whole) == {"name": "of it.", "size": "in bytes."}


def test_schema_says_what_docstrings_say() -> None:
    schema = tidy_schema(TypeAdapter(Whole).json_schema(ref_template=REF), words_of(Whole))
    assert schema["description"] == "All of it."
    assert {name: one["description"] for name, one in schema["properties"].items()} == words_of(
        Whole
    )
    assert "title" not in schema["properties"]["name"]


def test_line_is_markdown() -> None:
    assert line_of("``one`` and\n    two") == "`one` and two"
