"""The log of a node that runs in the background: its last lines, and those that come."""

import logging
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from chain.errors import ConfigError
from node.clock import pause
from node.logs import LEVELS, Level

POLL_S = 0.2
LINE_CHARACTERS_MAX = 64 * 1024
"""What is longer comes in pieces."""

_LEVEL = re.compile(
    r"""^\S+\ \[(debug|info|warning|error|critical)\s*\]  # text
    | "level":\ "(debug|info|warning|error|critical)"     # JSON
    | ^(DEBUG|INFO|WARNING|ERROR|CRITICAL)\               # a library's
    """,
    re.VERBOSE,
)


def read_log(
    path: Path, *, count: int, level: Level = "debug", follow: bool = False
) -> Iterator[str]:
    """Yield the last lines of a log, each with its end, then those that come.

    Args:
        path: the file; a node adds to it, and a person may empty it.
        count: of lines that are there already.
        level: the least important level; lines of no level belong to the one before.
        follow: whether to go on for ever.

    Raises:
        ConfigError: the file cannot be read.
    """
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            wanted = _Wanted(level)
            yield from deque((line for line in _lines(file) if wanted(line)), count)
            while follow:
                if path.stat().st_size < file.tell():
                    file.seek(0)
                yield from (line for line in _lines(file) if wanted(line))
                pause(POLL_S)
    except OSError as error:
        raise ConfigError(detail=f"cannot read {path}: {error.strerror}") from None


def _lines(file: TextIO) -> Iterator[str]:
    """Yield lines up to the end; one that is being written comes in two pieces.

    A log quotes strangers: what would steer a terminal is a question mark.
    """
    while line := file.readline(LINE_CHARACTERS_MAX):
        yield "".join(one if one.isprintable() or one in "\n\t" else "?" for one in line)


class _Wanted:
    """Tells which lines are important enough."""

    def __init__(self, level: Level) -> None:
        """Want lines of this level and of more important ones."""
        self._least = LEVELS[level]
        self._is_wanted = True

    def __call__(self, line: str) -> bool:
        """Tell whether a line is wanted; one of no level goes with the one before it."""
        found = _LEVEL.search(line)
        if found is not None:
            word = next(one for one in found.groups() if one is not None)
            self._is_wanted = logging.getLevelNamesMapping()[word.upper()] >= self._least
        return self._is_wanted
