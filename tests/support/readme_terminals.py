"""The terminals of somebody who follows a README: one shell, and programs beside it."""

import os
import select
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from node.clock import monotonic_ms, pause
from tests.support.readme_steps import CTRL_C, Step

WITHIN_MS = 180_000
"""Milliseconds that one command may take."""

END_S = 30
POLL_S = 0.05
BASH = ("bash", "--noprofile", "--norc")

_END = "end-of-the-command"


@dataclass(frozen=True)
class Shell:
    """One bash from the first command to the last, so that its variables stay."""

    process: subprocess.Popen[bytes]

    @classmethod
    def open(cls, folder: Path, environment: dict[str, str]) -> Self:
        """Start it in a folder."""
        return cls(
            subprocess.Popen(
                BASH,
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        )

    def run(self, command: str) -> str:
        """Run a command and return what it prints.

        Raises:
            AssertionError: it does not end, or ends with a failure.
        """
        assert self.process.stdin is not None
        line = f"{{ {command}\n}} </dev/null; printf '\\n{_END} %s\\n' $?\n"
        self.process.stdin.write(line.encode())
        self.process.stdin.flush()
        printed, _, code = self._read(command).rpartition(f"\n{_END} ")
        assert code.strip() == "0", f"$ {command}\nended with {code}\n{printed}"
        return printed

    def _read(self, command: str) -> str:
        """Return all up to the end of the command."""
        assert self.process.stdout is not None
        printed, deadline_ms = b"", monotonic_ms() + WITHIN_MS
        pipe = self.process.stdout.fileno()
        while not (printed.endswith(b"\n") and f"\n{_END} ".encode() in printed):
            so_far = printed.decode(errors="replace")
            assert monotonic_ms() < deadline_ms, f"$ {command}\ndoes not end; so far\n{so_far}"
            ready, _, _ = select.select([pipe], [], [], POLL_S)
            if ready:
                data = os.read(pipe, 65_536)
                assert data, f"$ {command}\nended the shell\n{so_far}"
                printed += data
        return printed.decode()

    def close(self) -> None:
        """End it, and what it started in its session."""
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        self.process.wait(END_S)


@dataclass
class Program:
    """A program in a terminal of its own.

    Attributes:
        process: it.
        log: file that takes what it prints.
    """

    process: subprocess.Popen[bytes]
    log: Path
    _seen: int = 0

    @classmethod
    def open(cls, command: str, log: Path, folder: Path, environment: dict[str, str]) -> Self:
        """Start it in a folder."""
        with log.open("wb") as out:
            return cls(
                subprocess.Popen(
                    (*BASH, "-c", f"exec {command}"),
                    cwd=folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    start_new_session=True,
                ),
                log,
            )

    def wait(self, step: Step) -> str:
        """Wait until it has printed what a step shows, and return that.

        Raises:
            AssertionError: it does not, or prints something else.
        """
        deadline_ms = monotonic_ms() + WITHIN_MS
        while True:
            printed = self.log.read_text()[self._seen :]
            if step.is_shown(printed):
                self._seen += len(printed)
                return printed
            if self.process.poll() is not None or monotonic_ms() > deadline_ms:
                step.check(printed)
            pause(POLL_S)

    def end(self, how: signal.Signals) -> None:
        """Send it a signal, and wait for its end."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(END_S)


@dataclass
class Terminals:
    """All of them.

    Attributes:
        folder: where they stand.
        environment: theirs.
    """

    folder: Path
    environment: dict[str, str]
    _programs: dict[str, Program] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Open the first one."""
        self._shell = Shell.open(self.folder, self.environment)

    def do(self, step: Step) -> str:
        """Do one step and return what it printed.

        Raises:
            AssertionError: it printed something else, or failed.
        """
        if not step.terminal:
            printed = self._shell.run(step.command)
            step.check(printed)
            return printed
        program = self._programs.get(step.terminal)
        if program is None:
            log = self.folder.with_name(f"{step.terminal}.log")
            program = Program.open(step.command, log, self.folder, self.environment)
            self._programs[step.terminal] = program
        elif step.command == CTRL_C:
            program.end(signal.SIGINT)
        return program.wait(step)

    def close(self) -> None:
        """End every program, by force where that is needed."""
        for program in self._programs.values():
            program.end(signal.SIGKILL)
        self._shell.close()
