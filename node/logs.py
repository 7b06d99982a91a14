"""Structured logs on standard error: key=value for people, JSON lines for machines.

A log line holds heights, hashes, peers and codes; never a key, a body of a request or a receipt's
fields.
"""

import logging
import sys
from contextlib import suppress
from typing import Literal, TextIO

import structlog

Level = Literal["debug", "info", "warning", "error"]

LEVELS: dict[Level, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


class Lines:
    """Writes log lines; one that the stream does not take is lost.

    A node outlives whoever reads its log: a closed pipe or a full disk must not end it here.
    """

    def __init__(self, stream: TextIO) -> None:
        """Write to a stream."""
        self._stream = stream

    def msg(self, message: str) -> None:
        """Write a line."""
        with suppress(OSError):
            self._stream.write(message + "\n")
            self._stream.flush()

    debug = info = warning = error = critical = msg


def set_level(level: Level) -> None:
    """Write lines of this level and of more important ones from now on."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]))


def configure_logs(*, level: Level, form: Literal["text", "json"]) -> None:
    """Set up logging for this process; libraries' warnings go the same way."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s"
    )
    renderer = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # Its own choice prints the local variables of every frame: keys, bodies, all of them.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: Lines(sys.stderr),
        cache_logger_on_first_use=False,  # or a level that is set later would not reach them
    )
