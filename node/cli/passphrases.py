"""How secrets come in: by a prompt that shows nothing, by a descriptor, or from a private file.

Never as an argument, which every user of the machine can read in the list of processes, and never
from a variable, which children inherit.
"""

import functools
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from chain.errors import ConfigError
from node.private_file import SECRET_BYTES_MAX, one_line, read_private


@dataclass(frozen=True, slots=True)
class PassphraseSource:
    """Where a command was told to take the passphrase from.

    Attributes:
        file: a file that its owner alone can read.
        descriptor: an open file descriptor.
    """

    file: Path | None
    descriptor: int | None

    def get(self, what: str) -> str:
        """Return the passphrase of something that exists.

        Raises:
            ConfigError: it cannot be read, or there is no terminal to ask on.
        """
        given = self._given()
        return _ask(f"passphrase of {what}") if given is None else given

    def choose(self, what: str) -> str:
        """Return a new passphrase, asked for twice.

        Raises:
            ConfigError: it cannot be read, or there is no terminal to ask on.
        """
        given = self._given()
        return _ask(f"new passphrase of {what}", twice=True) if given is None else given

    def _given(self) -> str | None:
        if self.file is not None and self.descriptor is not None:
            raise ConfigError(detail="give --passphrase-file or --passphrase-fd, not both")
        if self.file is not None:
            data = read_private(self.file, what="passphrase", bytes_max=SECRET_BYTES_MAX)
            return one_line(data, what=str(self.file))
        if self.descriptor is not None:
            return one_line(_read_descriptor(self.descriptor), what=f"fd {self.descriptor}")
        return None


def takes_passphrase(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where the passphrase comes from; arrives as ``passphrase``."""

    @click.option(
        "--passphrase-file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Read the passphrase from a file that only you can read.",
    )
    @click.option(
        "--passphrase-fd",
        type=click.IntRange(min=0),
        metavar="N",
        help="Read the passphrase from an open file descriptor.",
    )
    @functools.wraps(command)
    def with_passphrase(
        *arguments: object,
        passphrase_file: Path | None,
        passphrase_fd: int | None,
        **options: object,
    ) -> None:
        source = PassphraseSource(file=passphrase_file, descriptor=passphrase_fd)
        command(*arguments, passphrase=source, **options)

    return with_passphrase


def read_secret(what: str) -> str:
    """Return a line of standard input, or what is typed unseen where that is a terminal.

    Raises:
        ConfigError: nothing came, or too much.
    """
    if sys.stdin.isatty():
        return _ask(what)
    return one_line(_read_descriptor(sys.stdin.fileno()), what="standard input")


def _ask(what: str, *, twice: bool = False) -> str:
    if not _has_terminal():
        raise ConfigError(
            detail=f"there is no terminal to ask for the {what}; give --passphrase-file FILE or "
            "--passphrase-fd N"
        )
    answer: str = click.prompt(what, hide_input=True, confirmation_prompt=twice, err=True)
    return answer


def _has_terminal() -> bool:
    """Tell whether somebody can be asked, as ``getpass`` does it: on the terminal itself."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _read_descriptor(descriptor: int) -> bytes:
    """Read a descriptor to its end, or to the bound.

    Raises:
        ConfigError: it is not open for reading.
    """
    data = b""
    try:
        while len(data) <= SECRET_BYTES_MAX:
            more = os.read(descriptor, SECRET_BYTES_MAX + 1 - len(data))
            if not more:
                break
            data += more
    except OSError as error:
        raise ConfigError(detail=f"cannot read from fd {descriptor}: {error.strerror}") from None
    return data
