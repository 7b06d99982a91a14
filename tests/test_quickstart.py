"""The README's own commands, run as written, print what the README shows.

A command block is ``console``: lines after ``$`` are run, the lines below are its output. What
differs from run to run (hashes, keys, ports, times, heights) is masked on both sides.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.rpc_client import call

pytestmark = [pytest.mark.network, pytest.mark.slow]

ROOT = Path(__file__).resolve().parent.parent

_MASKS = (
    (re.compile(r"12D3KooW\w+"), "PEER"),
    (re.compile(r"(0x)?[0-9a-f]{16,}"), "HEX"),
    (re.compile(r"[0-9][0-9,]*(\.[0-9]+)?"), "N"),
    (re.compile(r"[ -]{2,}"), "  "),
)


def masked(text: str) -> list[str]:
    """Return the lines of a text without what differs from run to run."""
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return [line.rstrip() for line in text.strip().splitlines()]


def commands() -> list[tuple[str, str]]:
    """Return the README's commands with the output it shows; the test command is left out."""
    readme = (ROOT / "README.md").read_text()
    blocks = re.findall(r"```console\n\$ (.*?)\n(.*?)```", readme, flags=re.DOTALL)
    return [(command, shown) for command, shown in blocks if command != "scripts/test"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the devnet of the README lives in this test."""
    home = tmp_path_factory.mktemp("quickstart") / "devnet"
    yield home
    if home.exists():
        run("scripts/devnet --home devnet --stop", home)


def run(command: str, home: Path) -> str:
    """Run a command of the README with the devnet in ``home`` and return what it prints."""
    if "RPC_URL" in command:
        url = json.loads((home / "devnet.json").read_text())["nodes"][0]["rpc"]
        command = command.replace("RPC_URL", url)
        if "RECEIPT_ID" in command:
            newest = call(url, "ait_getReceipts")["items"][0]
            command = command.replace("RECEIPT_ID", newest["receiptId"])
    command = command.replace("--home devnet", f"--home {home}").replace("devnet/", f"{home}/")
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run(
        (bash, "-c", command), cwd=ROOT, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.replace(str(home), "devnet")


def test_readme_has_the_two_commands_and_the_demo() -> None:
    written = [command for command, _ in commands()]
    assert written[0].startswith("scripts/devnet")
    assert any(command.startswith("scripts/demo") for command in written)


@pytest.mark.parametrize("index", range(len(commands())))
def test_command_prints_what_the_readme_shows(home: Path, index: int) -> None:
    command, shown = commands()[index]
    assert masked(run(command, home)) == masked(shown)
