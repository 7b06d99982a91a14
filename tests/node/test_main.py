import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from chain.errors import AitbcError, ConfigError, MalformedMessage
from node.__main__ import exit_code_of
from node.rpc_client import RpcRefused

ROOT = Path(__file__).resolve().parent.parent.parent

HEAVY = ("aiohttp", "asyncio", "libp2p", "pydantic", "sqlalchemy", "structlog", "trio", "nacl")
"""What ``aitbc --help`` has no use for, and what would make it slow."""

MODULES_MAX = 260
"""Modules that ``aitbc --help`` may import, the interpreter's own and click's among them."""


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


def test_node_that_is_not_there_is_4() -> None:
    program = (
        "import sys; import click; import node.__main__ as main\n"
        "from chain.errors import PeerError\n"
        "@click.command()\n"
        "def fail(): raise PeerError(detail='nobody is there')\n"
        "main.root = fail; sys.argv = ['aitbc']; main.main()\n"
    )
    done = subprocess.run(
        (sys.executable, "-c", program), capture_output=True, check=False, text=True
    )
    assert done.returncode == 4
    assert done.stderr == "aitbc: the peer failed: nobody is there\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RpcRefused(detail="no", rpc_code=-32001, reason="receipt_not_found"), 3),
        (RpcRefused(detail="no", rpc_code=-32002, reason="core_unavailable"), 4),
        (RpcRefused(detail="no", rpc_code=-32003, reason="wrong_nonce"), 5),
        (RpcRefused(detail="no", rpc_code=-32602, reason="invalid_params"), 2),
        (RpcRefused(detail="no", rpc_code=-32603, reason="internal_error"), 1),
        (RpcRefused(detail="no", rpc_code=1, reason="of another program"), 4),
        (ConfigError(detail="no"), 2),
        (MalformedMessage(detail="no"), 1),
    ],
    ids=str,
)
def test_exit_code_tells_what_failed(error: AitbcError, code: int) -> None:
    assert exit_code_of(error) == code


def test_wrong_usage_is_2() -> None:
    assert aitbc("node", "start").returncode == 2
    assert aitbc("node", "init", "--colour").returncode == 2


@pytest.mark.parametrize("arguments", [(), ("genesis", "devnet"), ("--help",)])
def test_refuses_to_run_without_its_assertions(arguments: tuple[str, ...]) -> None:
    done = aitbc(*arguments, python=("-O",))
    assert done.returncode == 1
    assert not done.stdout
    assert done.stderr == "aitbc: refuses to run under python -O, which drops its invariants\n"


def test_help_imports_nothing_heavy() -> None:
    done = aitbc("--help", python=("-X", "importtime"))
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "click" in imported
    assert not imported.intersection(HEAVY)
    assert len(imported) <= MODULES_MAX, "aitbc --help imports too much to answer at once"


def test_reader_that_leaves_early_is_no_traceback() -> None:
    shell = f"{sys.executable} -m node genesis devnet --validators 64 | head -c 10"
    done = subprocess.run(shell, shell=True, cwd=ROOT, capture_output=True, check=False, text=True)
    assert "Traceback" not in done.stderr
