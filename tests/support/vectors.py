"""Vectors that others published: read where they lie beside the repository, never copied.

A machine without them skips the tests that need them and says so.
"""

import json
from pathlib import Path
from typing import Any

import pytest

ROOM = Path(__file__).resolve().parents[2].parent / "shared" / "vectors"
"""Beside the repository."""

MISSING = "no such vectors beside the repository"


def each_vector(pattern: str) -> pytest.MarkDecorator:
    """Return the decorator of a test that runs with the ``path`` of each file of a pattern."""
    files = sorted(ROOM.glob(pattern))
    cases = [pytest.param(path, id="/".join(path.with_suffix("").parts[-2:])) for path in files]
    missing = pytest.param(None, id="missing", marks=pytest.mark.skip(reason=MISSING))
    return pytest.mark.parametrize("path", cases or [missing])


def read_vector(name: str | Path) -> Any:  # noqa: ANN401 -- the form of each file is its own
    """Return a JSON file of vectors, or skip the test where there are none."""
    path = ROOM / name
    if not path.is_file():
        pytest.skip(MISSING)
    return json.loads(path.read_text(encoding="utf-8"))
