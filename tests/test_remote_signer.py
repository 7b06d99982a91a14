"""A real validator whose key is in a signer's process: it votes, falls silent, and votes again."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from node.devnet import Devnet, DevnetNode
from node.home import Home
from node.process import kill_node
from node.rpc_client import call
from node.settings_file import set_setting
from tests.support.running import find_height, wait_for, wait_height

pytestmark = [pytest.mark.network, pytest.mark.slow]

ROOT = Path(__file__).resolve().parent.parent


class SignerProcess:
    """``aitbc signer serve`` on a home."""

    def __init__(self, home: Home) -> None:
        self.log, self.socket = home.root / "signer.log", home.run / "signer.sock"
        self._command = (sys.executable, "-m", "node", "signer", "serve", "--home", str(home.root))
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self._command, cwd=ROOT, stderr=log)
        wait_for(self.socket.is_socket, what="signer", within_s=30)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.socket.unlink()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def move_key(node: DevnetNode, home: Home) -> None:
    """Make a signer's home of a node's key, and tell the node where it is."""
    place = Home(node.home)
    home.make()
    shutil.copyfile(place.genesis, home.genesis)
    place.validator_key.parent.replace(home.validator_key.parent)
    set_setting(place, "validator.signer", str(home.run / "signer.sock"))


@contextmanager
def devnet_with_a_signer(folder: Path) -> Iterator[tuple[Devnet, SignerProcess]]:
    net, home = Devnet(folder / "devnet"), Home(folder / "signer")
    net.make(validators=4, block_interval_ms=300)
    move_key(net.nodes()[0], home)
    signer = SignerProcess(home)
    try:
        net.start()
        net.wait_ready()
        yield net, signer
    finally:
        net.stop()
        signer.process.kill()
        signer.process.wait()


def signs(node: DevnetNode, public_key: str, *, above: int) -> bool:
    """Tell whether a key's signature is in a certificate above a height."""
    found = call(node.rpc, "ait_getSigning", "latest", 100)
    place = [one["publicKey"] for one in found["validators"]].index(public_key)
    return any(place in one["signed"] for one in found["items"] if one["height"] > above)


def wait_able(node: DevnetNode, *, is_able: bool) -> None:
    """Wait until a node says whether it can sign; it tells its edge once a second."""
    wait_for(
        lambda: call(node.rpc, "ait_status")["validator"] is is_able,
        what=f"validator {is_able}",
        within_s=60,
    )


def test_validator_votes_by_its_signer_and_is_silent_without_it(tmp_path: Path) -> None:
    with devnet_with_a_signer(tmp_path) as (net, signer):
        first, other = net.nodes()[:2]
        key = json.loads((net.root / "genesis.json").read_text())["validators"]
        names = {one["name"]: f"0x{one['public_key']}" for one in key}
        public_key = names[first.name]
        wait_for(lambda: signs(other, public_key, above=0), what="vote", within_s=60)
        wait_able(first, is_able=True)

        signer.kill()
        height = find_height(other) or 0
        wait_height(first, height + 6, within_s=60)
        assert not signs(other, public_key, above=height + 3)
        wait_able(first, is_able=False)
        said = (first.home / "node.log").read_text()
        assert "signer_lost" in said
        assert "silent until its signer is back" in said

        signer.start()
        height = find_height(other) or 0
        wait_for(lambda: signs(other, public_key, above=height), what="vote again", within_s=60)
        wait_able(first, is_able=True)
        assert "signer_back" in (first.home / "node.log").read_text()

        net.stop()
        assert signer.stop() == 0
        logs = [(node.home / "node.log").read_text() for node in net.nodes()]
        assert not any("equivocation" in log for log in logs)


def test_node_that_is_killed_goes_on_with_what_its_signer_remembers(tmp_path: Path) -> None:
    with devnet_with_a_signer(tmp_path) as (net, signer):
        first, other = net.nodes()[:2]
        for _ in range(3):
            wait_height(other, (find_height(other) or 0) + 2, within_s=60)
            kill_node(first.pid)
            net.start()
            first = net.nodes()[0]
            height = find_height(other) or 0
            wait_height(first, height + 2, within_s=60)
        wait_able(first, is_able=True)
        assert "does not go on" not in signer.log.read_text()
        logs = [(node.home / "node.log").read_text() for node in net.nodes()]
        assert not any("equivocation" in log for log in logs)
