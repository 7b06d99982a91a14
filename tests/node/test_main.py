import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

HEAVY = frozenset(
    {"Crypto", "aiohttp", "asyncio", "libp2p", "mnemonic", "nacl", "pydantic", "rich", "sqlalchemy"}
    | {"structlog", "tomlkit", "trio"}
)
"""What ``aitbc --help`` has no use for, and what would make it slow."""

MODULES_MAX = 180
"""Modules that ``aitbc --help`` may import, the interpreter's own and click's among them."""

QUICK = (
    "account",
    "billing",
    "block",
    "config",
    "receipt",
    "receipts",
    "rpc",
    "signer",
    "tx",
    "wallet",
)
"""Groups whose help must be there at once, too."""


def aitbc(*arguments: str, python: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run the command and return what became of it."""
    return subprocess.run(
        (sys.executable, *python, "-m", "node", *arguments),
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )


def test_help_succeeds_on_standard_output() -> None:
    done = aitbc("--help")
    assert done.returncode == 0
    assert "Usage: aitbc " in done.stdout
    assert not done.stderr


def test_version_is_the_packages() -> None:
    assert aitbc("--version").stdout.strip().endswith(version("aitbc"))


def test_error_is_one_sentence_without_a_traceback(tmp_path: Path) -> None:
    document = tmp_path / "genesis.json"
    document.write_text("{}")
    done = aitbc("genesis", "check", str(document))
    assert done.returncode == 2
    assert not done.stdout
    assert done.stderr == f"aitbc: {document}: the genesis document lacks the field version\n"


def test_node_that_is_away_is_4() -> None:
    done = aitbc("rpc", "ait_status", "--rpc", "http://127.0.0.1:1")
    assert done.returncode == 4
    assert done.stderr.startswith("aitbc: cannot reach a node at http://127.0.0.1:1")


def test_wrong_usage_is_2() -> None:
    assert aitbc("node", "start").returncode == 2
    assert aitbc("node", "init", "--colour").returncode == 2


@pytest.mark.parametrize("arguments", [(), ("genesis", "devnet"), ("--help",)])
def test_refuses_to_run_without_its_assertions(arguments: tuple[str, ...]) -> None:
    done = aitbc(*arguments, python=("-O",))
    assert done.returncode == 1
    assert not done.stdout
    assert done.stderr == "aitbc: refuses to run under python -O, which drops its invariants\n"


def imported_by(*arguments: str) -> set[str]:
    """Return the modules that a command imports."""
    program = (
        "import sys, atexit\n"
        "atexit.register(lambda: sys.stderr.write('\\n'.join(sys.modules)))\n"
        f"sys.argv = {['aitbc', *arguments]!r}\n"
        "from node.__main__ import main; main()\n"
    )
    command = (sys.executable, "-c", program)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    return set(done.stderr.split())


def test_help_imports_nothing_heavy() -> None:
    imported = imported_by("--help")
    assert "click" in imported
    assert not imported & HEAVY
    assert len(imported) <= MODULES_MAX, "aitbc --help imports too much to answer at once"


@pytest.mark.parametrize("group", QUICK)
def test_help_of_what_people_type_most_imports_nothing_heavy(group: str) -> None:
    imported = imported_by(group, "--help")
    assert f"node.cli.{group}" in imported
    assert not imported & HEAVY
    assert len(imported) <= MODULES_MAX + 20


def test_reader_that_leaves_early_is_no_traceback() -> None:
    shell = f"{sys.executable} -m node genesis devnet --validators 64 | head -c 10"
    done = subprocess.run(shell, shell=True, cwd=ROOT, capture_output=True, check=False, text=True)
    assert "Traceback" not in done.stderr
