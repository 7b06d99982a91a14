"""Running ``aitbc`` inside the test, or on a terminal of its own."""

import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import click
from click.testing import CliRunner, Result

from node.cli.root import GROUPS, root
from node.clock import monotonic_ms

TERMINAL_MS = 60_000
"""Milliseconds that a conversation on a terminal may last."""


def _commands() -> dict[str, click.Command]:
    """Return every command by the words that call it."""
    found: dict[str, click.Command] = {}
    for name in sorted(GROUPS):
        command = root.get_command(click.Context(root), name)
        assert command is not None
        if isinstance(command, click.Group):
            found |= {f"{name} {word}": one for word, one in sorted(command.commands.items())}
        else:
            found[name] = command
    return found


COMMANDS = _commands()
"""The whole tree's leaves."""


def has_option(command: str, option: str) -> bool:
    """Tell whether a command knows an option."""
    return any(option in parameter.opts for parameter in COMMANDS[command].params)


def aitbc(
    *arguments: object, typed: str | None = None, variables: Mapping[str, str] | None = None
) -> Result:
    """Run a command in this process; codes and sentences are those of the real one."""
    runner = CliRunner(env=variables)
    return runner.invoke(root, [str(one) for one in arguments], typed, prog_name="aitbc")


def on_a_terminal(
    *arguments: object, answers: tuple[str, ...] = (), variables: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run a command on a terminal of 80 columns and type an answer at each question.

    Args:
        arguments: of the command.
        answers: one for each colon at the end of what is shown.
        variables: added to the environment.

    Returns:
        The exit code, and all that the terminal showed.
    """
    own, theirs = pty.openpty()
    command = [sys.executable, "-m", "node", *map(str, arguments)]
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=lambda: os.login_tty(theirs),  # noqa: PLW1509 - a terminal of its own
        env={**os.environ, "COLUMNS": "80", "TERM": "xterm", **(variables or {})},
        cwd=Path(__file__).resolve().parents[2],
    )
    os.close(theirs)
    try:
        shown = _converse(own, list(answers))
    finally:
        os.close(own)
        code = process.wait(TERMINAL_MS / 1_000)
    return code, shown


def _converse(terminal: int, answers: list[str]) -> str:
    shown, asked_at = "", 0
    deadline_ms = monotonic_ms() + TERMINAL_MS
    while monotonic_ms() < deadline_ms:
        try:
            data = os.read(terminal, 4_096)
        except OSError:  # Linux says so when the other side has gone
            break
        if not data:
            break
        shown += data.decode()
        if answers and shown[asked_at:].endswith(": "):
            asked_at = len(shown)
            os.write(terminal, f"{answers.pop(0)}\n".encode())
    return shown.replace("\r\n", "\n")
