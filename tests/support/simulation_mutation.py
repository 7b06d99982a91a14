"""Changes one field anywhere inside a decoded message, whatever its type."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from random import Random
from typing import Any

from chain.primitives import HASH_BYTES, ZERO_HASH, Hash

Path = tuple[str | int, ...]


def mutated(value: Any, dice: Random, hashes: Sequence[Hash]) -> Any:  # noqa: ANN401 - any form
    """Return a value of the same form with one field changed, or one item of a sequence.

    Args:
        value: a dataclass of dataclasses, tuples and plain values.
        dice: decides which field, and how.
        hashes: names of real blocks, for fields that hold a hash.
    """
    path = dice.choice(list(_paths(value)))
    return _changed(value, path, dice, hashes)


def flipped(data: bytes, dice: Random) -> bytes:
    """Return bytes with one bit turned over, or cut, or longer."""
    if not data or dice.random() < 0.2:
        return data + b"\0" if dice.random() < 0.5 else data[: len(data) // 2]
    place = dice.randrange(len(data))
    return data[:place] + bytes((data[place] ^ 1 << dice.randrange(8),)) + data[place + 1 :]


def _paths(value: object, path: Path = ()) -> Iterator[Path]:
    """Yield the way to every plain value, and to every sequence as a whole."""
    if is_dataclass(value):
        for one in fields(value):
            yield from _paths(getattr(value, one.name), (*path, one.name))
        return
    yield path
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _paths(item, (*path, index))


def _changed(value: Any, path: Path, dice: Random, hashes: Sequence[Hash]) -> Any:  # noqa: ANN401
    if not path:
        return _other(value, dice, hashes)
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        return replace(value, **{step: _changed(getattr(value, step), rest, dice, hashes)})
    return (*value[:step], _changed(value[step], rest, dice, hashes), *value[step + 1 :])


def _other(value: Any, dice: Random, hashes: Sequence[Hash]) -> Any:  # noqa: ANN401 - any form
    """Return another value of the same type."""
    match value:
        case bool():
            return not value
        case Enum():
            return dice.choice(list(type(value)))
        case int():
            return dice.choice((value + 1, value - 1, value + 2, 0, 2 * value + 1))
        case bytes() if len(value) == HASH_BYTES and hashes and dice.random() < 0.7:
            return dice.choice((ZERO_HASH, *hashes, *hashes))
        case bytes():
            return flipped(value, dice)
        case str():
            return dice.choice(("", value + "x"))
        case tuple() if value:
            index = dice.randrange(len(value))
            without = (*value[:index], *value[index + 1 :])
            return dice.choice((without, (*value, value[index]), value[::-1]))
        case _:
            return value
