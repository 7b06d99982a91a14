"""A chain ends in the same state whatever the hash seed and on every Python the project allows.

Pythons are looked for on the PATH; ``AITBC_PYTHONS`` names more of them, divided by colons. One
that is not there, or that lacks a package the chain needs, is skipped by name.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.judge.replay import end_of, write_chain
from tests.judge.steps import play

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = ("3.11", "3.12", "3.13")
PACKAGES = ("nacl", "Crypto", "rfc8785", "pydantic")
SEEDS = (2, 3)
STEPS = 600


@pytest.fixture(scope="module", params=SEEDS)
def chain(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple:
    duel = play(request.param, steps=STEPS)
    path = tmp_path_factory.mktemp("replay") / "chain.json"
    write_chain(duel, path)
    return path, end_of(duel)


def replayed(path: Path, *, python: str, hash_seed: str) -> str:
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    command = [python, "-m", "tests.judge.replay", str(path)]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize("hash_seed", ["0", "1", "4294967295"])
def test_replay_ends_alike_under_any_hash_seed(chain: tuple, hash_seed: str) -> None:
    path, end = chain
    assert replayed(path, python=sys.executable, hash_seed=hash_seed) == end


def version_of(python: str) -> str | None:
    """Return major and minor version of an interpreter that starts, else None."""
    says = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        run = subprocess.run([python, "-c", says], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return run.stdout.strip() if run.returncode == 0 else None


def missing_in(python: str) -> list[str]:
    """Return the packages that an interpreter does not have."""
    finds = (
        "import sys, importlib.util as u; print(*[p for p in sys.argv[1:] if not u.find_spec(p)])"
    )
    run = subprocess.run(
        [python, "-c", finds, *PACKAGES], capture_output=True, text=True, check=True
    )
    return run.stdout.split()


def find_python(version: str) -> str:
    """Return an interpreter of this version that has what the chain needs, or skip the test."""
    more = os.environ.get("AITBC_PYTHONS", "").split(":")
    candidates = [sys.executable, shutil.which(f"python{version}"), *more]
    why = f"no Python {version} on this machine"
    for python in candidates:
        if not python or version_of(python) != version:
            continue
        missing = missing_in(python)
        if not missing:
            return python
        why = f"Python {version} lacks {', '.join(missing)}"
    pytest.skip(why)


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_replay_ends_alike_on_every_python(chain: tuple, version: str) -> None:
    path, end = chain
    assert replayed(path, python=find_python(version), hash_seed="random") == end
