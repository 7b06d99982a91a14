"""Forms and answers as JSON Schema 2020-12, with what their docstrings say of each field."""

import inspect
import re
from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel

from node.api.words import Json

REF: Final = "#/components/schemas/{model}"
"""Where a schema is that others refer to."""

_ATTRIBUTE: Final = re.compile(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)


def object_schema(form: type[BaseModel], names: set[str]) -> Json:
    """Return the closed object of some fields of a form."""
    schema, words = field_schemas(form), words_of(form)
    return {
        "type": "object",
        "properties": {
            name: schema[name] | {"description": words.get(name, name)}
            for name in form.model_fields
            if name in names
        },
        "required": [
            name
            for name, field in form.model_fields.items()
            if name in names and field.is_required()
        ],
        "additionalProperties": False,
    }


def field_schemas(form: type[BaseModel]) -> Json:
    """Return the schemas of a form's fields; what may be absent is never null on the line."""
    whole = form.model_json_schema(ref_template=REF)
    return {name: _not_null(tidy_schema(one)) for name, one in whole.get("properties", {}).items()}


def _not_null(schema: Json) -> Json:
    others: list[Json] = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(others) != 1:
        return schema
    return {key: one for key, one in schema.items() if key not in {"anyOf", "default"}} | others[0]


def tidy_schema(schema: Json, words: Mapping[str, str] | None = None) -> Json:
    """Leave out the names that the library makes up, and say what docstrings say.

    Args:
        schema: of anything.
        words: of its properties; those of its own docstring unless they are given.
    """
    described = inspect.cleandoc(schema.get("description", ""))
    tidied: Json = {
        key: tidy_schema(value) if isinstance(value, dict) else value
        for key, value in schema.items()
        if key != "title" or isinstance(value, dict)
    }
    if described:
        tidied["description"] = line_of(described.partition("\n\n")[0])
    for name, text in (_attributes(described) if words is None else words).items():
        if name in tidied.get("properties", {}):
            tidied["properties"][name] |= {"description": text}
    return tidied


def words_of(kind: type) -> dict[str, str]:
    """Return what the docstrings of a class and of those it is made from say of its fields."""
    words: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        words |= _attributes(inspect.cleandoc(one.__doc__ or ""))
    return words


def _attributes(docstring: str) -> dict[str, str]:
    return {name: line_of(text) for name, text in _ATTRIBUTE.findall(docstring)}


def line_of(text: str) -> str:
    """Return a text as one line of Markdown."""
    return re.sub(r"\s+", " ", text).replace("``", "`")
