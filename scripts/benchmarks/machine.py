"""What was measured on."""

import os
import platform
from pathlib import Path

import nacl
import pysqlite3  # type: ignore[import-untyped]  # it publishes no types


def _processor() -> str:
    """Return the processor's name as the kernel has it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _file_system(folder: Path) -> str:
    """Return the kind of file system that a folder is on; the syncs depend on it."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return "unknown"
    place = folder.resolve()
    holding = [one for one in mounts if place.is_relative_to(one[1])]
    return max(holding, key=lambda one: len(one[1]))[2] if holding else "unknown"


def load_average() -> str:
    """Return how busy the machine was in the last 1, 5 and 15 minutes."""
    return " ".join(f"{one:.2f}" for one in os.getloadavg())


def describe(folder: Path) -> dict[str, str]:
    """Return facts about this machine.

    Args:
        folder: where the databases lie.
    """
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": pysqlite3.sqlite_version,
        "pynacl": nacl.__version__,
        "file system": _file_system(folder),
        "load before": load_average(),
    }
