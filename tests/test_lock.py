"""The lock: everything exactly pinned, and the one pin that overrules libp2p does its work."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import trio
from libp2p import new_host
from libp2p.crypto import ecc, ed25519, x25519
from libp2p.custom_types import TProtocol
from libp2p.peer.peerinfo import PeerInfo
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
from libp2p.security.noise.transport import Transport as NoiseTransport
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID as YAMUX
from libp2p.stream_muxer.yamux.yamux import Yamux
from multiaddr import Multiaddr

ROOT = Path(__file__).resolve().parent.parent
LOCKS = tuple(
    f"scripts/locks/{name}.txt" for name in ("build", "node", "dev", "interop", "openapi")
)
PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; (?P<marker>.*))?")


def requirements(lock: str) -> list[list[str]]:
    """Return each requirement of a lock as its words: the pin first, then its hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return [entry.split(" \\\n    ") for entry in re.split(r"\n(?=\S)", "\n".join(lines))]


def pins(lock: str) -> dict[str, str]:
    """Return version by name of the requirements that hold on every platform."""
    found = (PIN.fullmatch(entry[0]) for entry in requirements(lock))
    return {pin["name"]: pin["version"] for pin in found if pin and not pin["marker"]}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_with_its_hashes(lock: str) -> None:
    for pin, *hashes in requirements(lock):
        assert PIN.fullmatch(pin), f"{pin} is not one exact version: run scripts/lock"
        assert hashes, f"{pin} has no hash: run scripts/lock"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", word.strip()) for word in hashes)


def test_every_direct_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for named, lock in [
        (project["project"]["dependencies"], "scripts/locks/node.txt"),
        (project["dependency-groups"]["dev"], "scripts/locks/dev.txt"),
        (project["dependency-groups"]["build"], "scripts/locks/build.txt"),
        (project["dependency-groups"]["interop"], "scripts/locks/interop.txt"),
        (project["dependency-groups"]["openapi"], "scripts/locks/openapi.txt"),
    ]:
        names = {re.split(r"[\[<>=]", dependency)[0] for dependency in named}
        assert names <= pins(lock).keys(), "run scripts/lock"


def test_this_environment_is_what_the_lock_says() -> None:
    wanted = pins("scripts/locks/node.txt")
    assert {name: metadata.version(name) for name in wanted} == wanted, "run scripts/setup"


def test_libp2p_reads_an_ecdsa_key_of_a_peer() -> None:
    key = ecc.create_new_key_pair("P-256").public_key.to_bytes()
    assert ecc.ECCPublicKey.from_bytes(key, "P-256").to_bytes() == key


@pytest.mark.network
def test_two_hosts_talk_by_noise_and_yamux_in_both_directions() -> None:
    echo = TProtocol("/echo/1")
    listen = [Multiaddr("/ip4/127.0.0.1/tcp/0")]

    def a_host(seed: int):  # noqa: ANN202 - libp2p's own type, of no use here
        keys = ed25519.create_new_key_pair(bytes([seed]) * 32)
        noise = NoiseTransport(keys, noise_privkey=x25519.create_new_key_pair().private_key)
        return new_host(
            key_pair=keys, listen_addrs=listen, sec_opt={NOISE: noise}, muxer_opt={YAMUX: Yamux}
        )

    async def answer(stream) -> None:  # noqa: ANN001
        await stream.write(b"you said " + await stream.read(64))
        await stream.close()

    async def talk() -> bytes:
        caller, answerer = a_host(1), a_host(2)
        answerer.set_stream_handler(echo, answer)
        with trio.fail_after(20):
            async with caller.run(listen_addrs=listen), answerer.run(listen_addrs=listen):
                await caller.connect(PeerInfo(answerer.get_id(), answerer.get_addrs()))
                stream = await caller.new_stream(answerer.get_id(), [echo])
                await stream.write(b"hello")
                said = await stream.read(64)
                await caller.get_network().close()
                await answerer.get_network().close()
                return said

    assert trio.run(talk) == b"you said hello"
