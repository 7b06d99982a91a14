"""JSON read strictly: one meaning for every body, and a bound on how deep it may go.

A key given twice, ``NaN`` and bytes that are not UTF-8 are refused: two readers could disagree
about what they say. Numbers that are not integers keep every digit.
"""

import json
from decimal import Decimal
from typing import Any, NoReturn

from node.api import problems

DEPTH_MAX = 64
"""Arrays and objects inside each other; the deepest call of ours has four."""

FRACTION_CHARACTERS_MAX = 32
"""Characters of a number that is not an integer: twice the widest of a receipt."""


def decode_json(body: bytes) -> object:
    """Return the content of a body; numbers that are not integers keep every digit.

    Raises:
        RpcError: it is not strict UTF-8 JSON, repeats a key or nests too deeply.
    """
    try:
        content = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_without_repeats,
            parse_float=_fraction,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError:
        raise problems.parse_error(detail="it is not UTF-8") from None
    except RecursionError:
        raise problems.parse_error(detail="it nests too deeply") from None
    except (ValueError, ArithmeticError):
        raise problems.parse_error(detail="its syntax, a repeated key or a number") from None
    if _is_too_deep(content):
        raise problems.parse_error(detail="it nests too deeply")
    return content


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError
    return fields


def _fraction(text: str) -> Decimal:
    if len(text) > FRACTION_CHARACTERS_MAX:
        raise ValueError
    return Decimal(text)


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError


def _is_too_deep(content: object) -> bool:
    level = [content]
    for _ in range(DEPTH_MAX + 1):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return True
