"""Who does a miner's work: a stub whose answers anybody can foretell, or a command of the operator.

A worker is given a model, parameters and an input, and gives an output. A command gets the input
on its stdin and writes the output to its stdout. It runs in a process group of its own, which is
killed as a whole when it takes too long, writes too much or has too many processes, and also when
it ends by itself, so that nothing it started goes on. What it writes to stderr is thrown away: it
may hold what the client wrote.
"""

import hashlib
import os
import selectors
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Protocol, Self

from chain.errors import AitbcError, ConfigError
from node.clock import monotonic_ms, pause
from node.market.messages import Reason

STEP_MS = 100
"""Milliseconds between two looks at a command's time and processes."""

READ_BYTES = 64 * 1024

_ENVIRONMENT = ("PATH", "HOME", "LANG", "TMPDIR", "CUDA_VISIBLE_DEVICES")
"""What a command inherits: no key, no token and nothing else that the miner was started with."""


class WorkFailed(AitbcError):
    """A worker gave no output.

    Attributes:
        reason: what the client is told; never what the worker said.
    """

    reason: Reason
    code = "work_failed"
    sentence = "the work ended without an output: {reason}"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may take.

    Attributes:
        output_bytes: bytes of output.
        processes: processes at once.
    """

    output_bytes: int = 1024 * 1024
    processes: int = 64


class Worker(Protocol):
    """Does the work of jobs, several at once."""

    def work(self, *, model: str, parameters: bytes, input_: bytes, time_ms: int) -> bytes:
        """Return the output.

        Args:
            model: label of the model.
            parameters: what the client wants beside it.
            input_: the client's input.
            time_ms: milliseconds that it may take.

        Raises:
            WorkFailed: there is none.
        """
        ...

    def stop(self) -> None:
        """Give up what is under way."""
        ...


@dataclass(frozen=True, slots=True)
class StubWorker:
    """Real and repeatable work in place of a model: SHA-256 over and over.

    Attributes:
        iterations: how often; a million take about half a second.
    """

    iterations: int = 100_000

    def work(
        self,
        *,
        model: str,
        parameters: bytes,
        input_: bytes,
        time_ms: int,  # noqa: ARG002 - it is over in a moment
    ) -> bytes:
        """Return 64 hexadecimal digits that only the same work gives."""
        parts = (model.encode(), parameters, input_)
        digest = hashlib.sha256(b"".join(hashlib.sha256(one).digest() for one in parts)).digest()
        for _ in range(self.iterations):
            digest = hashlib.sha256(digest).digest()
        return digest.hex().encode() + b"\n"

    def stop(self) -> None:
        """Nothing: it is over in a moment."""


@dataclass(frozen=True, slots=True)
class CommandWorker:
    """A command of the operator.

    Attributes:
        command: program and arguments.
        limits: of each job.
        stopping: set once nothing may run any more.
    """

    command: tuple[str, ...]
    limits: Limits
    stopping: Event = field(default_factory=Event, repr=False)

    @classmethod
    def open(cls, command: tuple[str, ...], limits: Limits) -> Self:
        """Look for a command's program.

        Raises:
            ConfigError: there is none.
        """
        program = shutil.which(command[0])
        if program is None:
            raise ConfigError(detail=f"there is no program {command[0]} to work with")
        return cls((program, *command[1:]), limits)

    def stop(self) -> None:
        """Kill what runs; its jobs are given up."""
        self.stopping.set()

    def work(self, *, model: str, parameters: bytes, input_: bytes, time_ms: int) -> bytes:
        """Run the command once.

        ``AITBC_MODEL`` and ``AITBC_PARAMETERS`` tell it what is wanted.

        Raises:
            WorkFailed: it failed, or went beyond a limit.
            ConfigError: it cannot be started.
        """
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment["AITBC_MODEL"] = model
        environment["AITBC_PARAMETERS"] = parameters.decode("utf-8", "replace").replace("\0", "")
        try:
            process = subprocess.Popen(  # noqa: S603 - the operator's own command, and no shell
                (*_dying_with_us(), *self.command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env=environment,
            )
        except OSError as error:
            detail = f"cannot start the worker {self.command[0]}: {error.strerror}"
            raise ConfigError(detail=detail) from None
        with process:
            try:
                output = _Run(process, self.limits, self.stopping, time_ms).converse(input_)
            finally:
                # The leader is not waited for yet, so its number is still the group's alone.
                os.killpg(process.pid, signal.SIGKILL)
        if process.returncode:
            raise WorkFailed(reason=Reason.WORK_FAILED)
        return output


def _dying_with_us() -> tuple[str, ...]:
    """Return what lets a command die with a killed miner, where the system has it."""
    setpriv = shutil.which("setpriv")
    return () if setpriv is None else (setpriv, "--pdeathsig", "KILL", "--")


class _Run:
    """One run of a command."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        limits: Limits,
        stopping: Event,
        time_ms: int,
    ) -> None:
        self._process = process
        self._stopping = stopping
        self._limits = limits
        self._deadline_ms = monotonic_ms() + time_ms
        self._next_look_ms = 0
        self._output = bytearray()

    def converse(self, input_: bytes) -> bytes:
        """Feed the input, collect the output, and wait for the end.

        Raises:
            WorkFailed: a limit was passed.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        left = memoryview(input_)
        with selectors.DefaultSelector() as selector:
            for pipe, event in ((stdin, selectors.EVENT_WRITE), (stdout, selectors.EVENT_READ)):
                os.set_blocking(pipe.fileno(), False)
                selector.register(pipe, event)
            while not self._has_ended():
                self._check_limits()
                for key, _ in selector.select(STEP_MS / 1_000):
                    if key.fileobj is stdout:
                        if not self._collect(stdout.fileno()):
                            selector.unregister(stdout)
                    elif not (left := _feed(stdin.fileno(), left)):
                        selector.unregister(stdin)
                        stdin.close()
                if not selector.get_map():
                    pause(STEP_MS / 1_000)
        while self._collect(stdout.fileno()):
            pass
        return bytes(self._output)

    def _collect(self, descriptor: int) -> bool:
        """Read some output; return whether there may be more of it now."""
        try:
            data = os.read(descriptor, READ_BYTES)
        except BlockingIOError:
            return False
        self._output += data
        if len(self._output) > self._limits.output_bytes:
            raise WorkFailed(reason=Reason.OUTPUT_TOO_LARGE)
        return bool(data)

    def _has_ended(self) -> bool:
        """Tell whether the leader has ended, and leave it to be waited for."""
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, flags) is not None

    def _check_limits(self) -> None:
        """Look at the time and the processes, once in a while.

        Raises:
            WorkFailed: there is too much of either.
        """
        now_ms = monotonic_ms()
        if now_ms < self._next_look_ms:
            return
        self._next_look_ms = now_ms + STEP_MS
        if self._stopping.is_set():
            raise WorkFailed(reason=Reason.INTERRUPTED)
        if now_ms > self._deadline_ms:
            raise WorkFailed(reason=Reason.WORK_TIMED_OUT)
        count = sum(1 for _ in _processes_of(self._process.pid))
        if count > self._limits.processes:
            raise WorkFailed(reason=Reason.WORK_FAILED)


def _feed(descriptor: int, left: memoryview) -> memoryview:
    """Write some input; return what is left, and nothing once the command reads no more."""
    if not left:
        return left
    try:
        return left[os.write(descriptor, left[:READ_BYTES]) :]
    except BlockingIOError:
        return left
    except BrokenPipeError:
        return left[:0]


def _processes_of(session: int) -> Iterator[int]:
    """Yield the processes of a session."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            text = (entry / "stat").read_text()
        except OSError:
            continue
        # After the name, which may hold anything: state, parent, group, session.
        if int(text.rpartition(")")[2].split()[3]) == session:
            yield int(entry.name)
