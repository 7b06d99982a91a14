"""Part seven: what hostile callers of the API do to the chain.

A devnet is left alone and besieged in turns, so that whatever else the machine does meets both.
Intervals are from one block on the disk to the next, by the log of each validator's core; what the
API says about itself is not asked. Those at the beginning of a turn are left out.
"""

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from chain.errors import ConfigError
from node.rpc_client import call
from scripts.benchmarks.besiegers import SLOW, STORMERS
from scripts.benchmarks.figures import Figure, Part, percentile, say
from scripts.benchmarks.interrupts import Interrupts
from scripts.benchmarks.network import Network, open_network

NAME = "siege"
VALIDATORS = 4
PAYERS = 960
SETTLE_S = 2.0
"""Seconds of a turn that may still belong to the one before."""

WHAT = (
    "block intervals at {validators} validators while each one's API has {slow} slow connections, "
    "a WebSocket that follows everything from height 1 and reads nothing, and {stormers} callers "
    "asking for whole blocks a hundred at once; {turns} turns of {seconds} s each way, in turns."
)


@dataclass
class Side:
    """What was seen in the turns of one kind.

    Attributes:
        intervals_ms: between blocks, at every validator.
        memory_bytes: the most that an API edge used.
    """

    intervals_ms: list[float] = field(default_factory=list)
    memory_bytes: float = 0.0

    @contextmanager
    def turn(self, network: Network) -> Iterator[None]:
        """Take in the blocks that are made inside, and how much memory the edges use then."""
        began_s = time.time()
        yield
        ended_s = time.time()
        for log in sorted(network.net.root.glob("*/node.log")):
            times_s = block_times_s(log.read_text(errors="replace"))
            inside = [one for one in times_s if began_s + SETTLE_S <= one <= ended_s]
            self.intervals_ms += [1_000 * (after - before) for before, after in pairwise(inside)]
        for url in network.urls:
            self.memory_bytes = max(self.memory_bytes, _shown(url, MEMORY))


BLOCK_LINE = re.compile(r"^(\S+Z) \[info\s*\] block ", re.MULTILINE)
MEMORY = 'aitbc_process_resident_bytes{process="api"}'


def run(folder: Path, interrupts: Interrupts, *, turns: int, seconds: int) -> Part:
    """Measure quiet and besieged turns.

    Args:
        folder: where the devnet is made.
        interrupts: held while processes start and stop.
        turns: of each kind.
        seconds: of one turn.

    Raises:
        ConfigError: the hostile callers could not do what they are there for.
    """
    quiet, besieged = Side(), Side()
    done: Counter[str] = Counter()
    with open_network(
        folder, validators=VALIDATORS, payers=PAYERS, interrupts=interrupts
    ) as network:
        height = call(network.urls[0], "ait_status")["height"]
        for turn in range(turns):
            say(f"{NAME}: turn {turn + 1} of {turns}, {2 * seconds} s")
            with quiet.turn(network):
                time.sleep(seconds)
            with besieged.turn(network):
                done.update(_besiege(network, seconds, height))
    check_done(done)
    what = WHAT.format(
        validators=VALIDATORS, slow=SLOW, stormers=STORMERS, turns=turns, seconds=seconds
    )
    return Part(name=NAME, what=what, figures=tuple(_figures(quiet, besieged, done)))


def block_times_s(log: str) -> list[float]:
    """Return when a core had its blocks on the disk, in unix seconds, by its log."""
    return [datetime.fromisoformat(one).timestamp() for one in BLOCK_LINE.findall(log)]


def _besiege(network: Network, seconds: int, height: int) -> Mapping[str, int]:
    """Let the hostile callers loose on the blocks up to a height; return what they managed."""
    command = [sys.executable, "-m", "scripts.benchmarks.besiegers", str(seconds), str(height)]
    command += network.urls
    with network.interrupts.held():
        callers = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    try:
        output, _ = callers.communicate(timeout=seconds + 60)
    finally:
        callers.kill()
        callers.wait()
    if callers.returncode != 0:
        raise ConfigError(detail="the hostile callers failed")
    done: dict[str, int] = json.loads(output)
    return done


def check_done(done: Mapping[str, int]) -> None:
    """Refuse to call it a siege when it was none.

    Raises:
        ConfigError: too little was done; says what.
    """
    wanted = {
        "slow connections": SLOW * VALIDATORS,
        "stalled readers": VALIDATORS,
        "heavy requests, status 200": STORMERS * VALIDATORS,
    }
    short = [
        f"{name}: {done.get(name, 0)}"
        for name, least in wanted.items()
        if done.get(name, 0) < least
    ]
    if short:
        raise ConfigError(detail=f"the hostile callers did too little: {', '.join(short)}")


def _figures(quiet: Side, besieged: Side, done: Mapping[str, int]) -> Iterator[Figure]:
    for percent in (50, 99):
        before, after = (percentile(side.intervals_ms, percent) for side in (quiet, besieged))
        yield Figure(f"quiet: interval p{percent}", before, "ms", 1.0, "itself")
        yield Figure(f"besieged: interval p{percent}", after, "ms", after / before, "quiet")
    memory = [side.memory_bytes / 2**20 for side in (quiet, besieged)]
    yield Figure("quiet: memory of an API edge", memory[0], "MiB", 1.0, "itself")
    yield Figure(
        "besieged: memory of an API edge", memory[1], "MiB", memory[1] / memory[0], "quiet"
    )
    for name, count in sorted(done.items()):
        yield Figure(
            name, count, "in all", VALIDATORS * count / len(besieged.intervals_ms), "a block"
        )


def _shown(url: str, sample: str) -> float:
    """Return a value of a node's ``/metrics``."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=30) as reply:  # noqa: S310 - our own node
        text = reply.read().decode()
    found = re.search(rf"^{re.escape(sample)} (\S+)$", text, flags=re.MULTILINE)
    if found is None:
        raise ConfigError(detail=f"{url}/metrics does not show {sample}")
    return float(found[1])
