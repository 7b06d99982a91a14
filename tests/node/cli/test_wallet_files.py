import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.support.command_line import aitbc

Run = Callable[..., Result]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report"
    path.write_text("what happened\n")
    return path


@pytest.fixture
def passphrase(tmp_path: Path) -> tuple[str, Path]:
    path = tmp_path / "passphrase"
    path.write_text("correct horse\n")
    path.chmod(0o600)
    return "--passphrase-file", path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("AITBC_WALLETS", str(tmp_path / "wallets"))
    return lambda *arguments: aitbc("wallet", *arguments)


@pytest.fixture
def alice(run: Run, passphrase: tuple[str, Path]) -> dict[str, str]:
    done = run("new", "alice", "--devnet", "--json", *passphrase)
    assert done.exit_code == 0, done.stderr
    shape: dict[str, str] = json.loads(done.stdout)
    return shape


def test_signature_of_a_file_is_checked(
    run: Run, alice: dict[str, str], passphrase: tuple[str, Path], file: Path, tmp_path: Path
) -> None:
    signature = tmp_path / "report.sig"
    assert run("sign", file, "--from", "alice", "-o", signature, *passphrase).exit_code == 0
    good = run("verify", file, signature, "--by", "alice")
    assert (good.exit_code, good.stdout) == (0, f"valid: signed by {alice['address']}\n")
    file.write_text("what else happened\n")
    bad = run("verify", file, signature)
    assert bad.exit_code == 1
    assert bad.stdout == "NOT VALID: the signature is of another file, or the file was altered\n"
    document = json.loads(run("verify", file, signature, "--json").stdout)
    assert document["valid"] is False
    assert document["address"] is None


def test_signature_of_somebody_else_does_not_do(
    run: Run, alice: dict[str, str], passphrase: tuple[str, Path], file: Path, tmp_path: Path
) -> None:
    signature = tmp_path / "report.sig"
    run("sign", file, "--from", "alice", "-o", signature, *passphrase)
    other = "0x" + "00" * 20
    done = run("verify", file, signature, "--by", other)
    assert done.exit_code == 1
    assert f"signed by {alice['address']}, not by" in done.stdout
    document = json.loads(run("verify", file, signature, "--by", other, "--json").stdout)
    assert document["valid"] is False


def test_wrong_passphrase_signs_nothing(
    run: Run, alice: dict[str, str], passphrase: tuple[str, Path], file: Path
) -> None:
    passphrase[1].write_text("battery staple\n")
    done = run("sign", file, "--from", "alice", *passphrase)
    assert (done.exit_code, done.stdout) == (1, "")
