"""Miners as processes of their own, as an operator runs them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_S = 60
STOP_S = 30


class MinerProcess:
    """A serving miner.

    Attributes:
        options: of ``aitbc miner serve``.
        log: file that takes what it says on stderr.
        card: place of its card, once it serves.
    """

    def __init__(
        self, options: Sequence[object], log: Path, *, module: Sequence[str] = ("node",)
    ) -> None:
        """Prepare a miner; it does not run yet.

        Args:
            options: of ``aitbc miner serve``.
            log: file for its stderr.
            module: what is run in place of the program itself.
        """
        self.options = [str(one) for one in options]
        self.log = log
        self.card: Path | None = None
        self._module = module
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, and wait until clients can come."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                (sys.executable, "-m", *self._module, "miner", "serve", "--json", *self.options),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the miner ended at its start:\n{self.log.read_text()[-2_000:]}"
        self.card = Path(json.loads(line)["card"])

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Kill it at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        if process.poll() is None:
            os.kill(process.pid, how)
        try:
            code = process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        assert process.stdout is not None
        process.stdout.close()
        return code
