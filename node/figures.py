"""What the core counts for its operator: plain numbers that name nobody; sent with its status.

Counters begin at 0 with the process, as those of Prometheus do.
"""

import os
from bisect import bisect_left
from pathlib import Path

import msgspec

from chain.certificate import Certificate
from chain.engine import Engine
from chain.primitives import PublicKey
from chain.validators import ValidatorSet
from p2p.beat import Beat

COMMIT_BOUNDS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
"""Upper bounds of the classes into which the durations of commits are counted; one more is above
them all."""

_STATM = Path("/proc/self/statm")


class Figures(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The numbers of one moment.

    Attributes:
        step: what this validator does next in its round: 0 nothing, 1 to prevote, 2 to precommit,
            3 to decide, 4 it has decided.
        mempool_bytes: of the waiting transactions.
        signed: blocks whose certificate holds this validator's signature.
        missed: blocks whose certificate could have held it and does not; a quorum is enough, so
            its vote may only have come late.
        commits: how many commits took how long, by the classes of ``COMMIT_BOUNDS_MS``.
        commit_us: microseconds of all commits together.
        core_bytes: memory of the core.
        network_bytes: memory of the network edge.
        connections: libp2p connections, with peers of whatever kind.
        bans: peers banned.
        shed: consensus messages dropped because a peer took none.
    """

    step: int = 0
    mempool_bytes: int = 0
    signed: int = 0
    missed: int = 0
    commits: tuple[int, ...] = (0,) * (len(COMMIT_BOUNDS_MS) + 1)
    commit_us: int = 0
    core_bytes: int = 0
    network_bytes: int = 0
    connections: int = 0
    bans: int = 0
    shed: int = 0


class Meter:
    """Counts what happens in a core."""

    def __init__(self, public_key: PublicKey | None) -> None:
        """Start at 0.

        Args:
            public_key: of this validator; None for a node that only follows.
        """
        self._public_key = public_key
        self._signed = self._missed = self._commit_us = 0
        self._commits = [0] * (len(COMMIT_BOUNDS_MS) + 1)

    def committed(
        self, certificate: Certificate, validators: ValidatorSet, *, took_us: int
    ) -> None:
        """Count a block.

        Args:
            certificate: its own.
            validators: who could have signed it.
            took_us: microseconds until it was on the disk.
        """
        self._commits[bisect_left(COMMIT_BOUNDS_MS, took_us / 1_000)] += 1
        self._commit_us += took_us
        own = None if self._public_key is None else validators.find_index(self._public_key)
        if own is None:
            return
        if any(index == own for index, _ in certificate.signatures):
            self._signed += 1
        else:
            self._missed += 1

    def figures(self, engine: Engine, network: Beat) -> Figures:
        """Return the numbers of this moment.

        Args:
            engine: of this core.
            network: the last sign of life of the network edge.
        """
        return Figures(
            step=engine.step,
            mempool_bytes=engine.mempool.size_bytes,
            signed=self._signed,
            missed=self._missed,
            commits=tuple(self._commits),
            commit_us=self._commit_us,
            core_bytes=resident_bytes(),
            network_bytes=network.rss_bytes,
            connections=network.connections,
            bans=network.bans,
            shed=network.shed,
        )


def resident_bytes() -> int:
    """Return the memory of this process, as the kernel counts it."""
    pages = int(_STATM.read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
