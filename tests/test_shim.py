"""The command under its first name, as people and scripts may still call it."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHIM = ROOT / "scripts" / "aitbc-cli.sh"


def run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SHIM), *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=60
    )


def test_shim_is_the_command_from_anywhere(tmp_path: Path) -> None:
    done = run("receipts", "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "Usage: aitbc receipts" in done.stdout


def test_exit_codes_pass_through() -> None:
    assert run("receipt", "receipt-1", "--rpc", "http://127.0.0.1:1").returncode == 4
    assert run("receipt").returncode == 2
