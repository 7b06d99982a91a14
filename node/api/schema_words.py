"""The words in which result schemas are said: small pieces of JSON Schema, draft 7.

An object has every property that is stated and no other, unless a property is named in ``maybe``.
"""

from collections.abc import Iterable

from chain.primitives import HEIGHT_MAX

Schema = dict[str, object]

HEX: Schema = {"type": "string", "pattern": "^0x([0-9a-f]{2})*$"}
HASH: Schema = {"type": "string", "pattern": "^0x[0-9a-f]{64}$"}
KEY = HASH
"""A public key has as many bytes as a hash."""
ADDRESS: Schema = {"type": "string", "pattern": "^ait1[02-9ac-hj-np-z]{38}$"}
AMOUNT: Schema = {"type": "string", "pattern": "^(0|[1-9][0-9]*)$", "description": "base units"}
MICRO: Schema = {"type": "string", "pattern": "^(0|[1-9][0-9]*)$", "description": "micro-units"}
MONEY: dict[str, Schema] = dict.fromkeys(("fee", "paid", "returned", "pending"), AMOUNT)
HEIGHT: Schema = {"type": "integer", "minimum": 0, "maximum": HEIGHT_MAX}
COUNT: Schema = {"type": "integer", "minimum": 0}
MS: Schema = {"type": "integer", "minimum": 0, "description": "unix milliseconds"}
SECONDS: Schema = {"type": "integer", "minimum": 0, "description": "unix seconds"}
TEXT: Schema = {"type": "string"}
YES_OR_NO: Schema = {"type": "boolean"}
ANY_OBJECT: Schema = {"type": "object"}


def one_of(*names: str) -> Schema:
    """Return the schema of a text that is one of these."""
    return {"type": "string", "enum": list(names)}


def or_null(schema: Schema) -> Schema:
    """Return the schema of a thing or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def list_of(schema: Schema, *, most: int | None = None) -> Schema:
    """Return the schema of an array of things."""
    return {"type": "array", "items": schema} | ({} if most is None else {"maxItems": most})


def object_of(properties: dict[str, Schema], *, maybe: Iterable[str] = ()) -> Schema:
    """Return the schema of a closed object.

    Args:
        properties: by name.
        maybe: the names of those that may be missing.
    """
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in set(maybe)],
        "additionalProperties": False,
    }


def named(name: str) -> Schema:
    """Return the schema that refers to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def page_of(name: str) -> Schema:
    """Return the schema of a page of components."""
    return object_of({"items": list_of(named(name)), "nextCursor": or_null(TEXT)})
