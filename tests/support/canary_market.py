"""A market among canaries: jobs whose every private part is one, and what strangers send a miner.

A miner and a client run as processes of their own, with a wiretap between them. The worker says
everything it was given, and more, on its stderr. What both processes print, what passes on the
wire and the cards are surfaces; the two journals are their owners' own and are not.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from chain.errors import PeerError
from chain.primitives import Hash
from node.demo_job import MODEL, Market
from node.keystore import write_key
from node.market.card import read_card
from node.market.messages import Ask, JobRequest, sign_request
from node.ports import free_ports
from p2p.job_streams import ask_miner
from tests.support.builders import key_of
from tests.support.canary import Canaries
from tests.support.market_processes import ROOT, MinerProcess
from tests.support.wiretap import tapped

WORKER = """
import os, sys
data = sys.stdin.read()
sys.stderr.write(data + os.environ["AITBC_PARAMETERS"] + open(sys.argv[1]).read())
if "crash" in data:
    os.abort()
sys.stdout.write(data + open(sys.argv[1]).read())
"""

CLIENT_S = 120
STRANGER_S = 10.0


def work_in_private(
    market: Market, canaries: Canaries, folder: Path, *, client_seed: bytes
) -> dict[str, bytes]:
    """Have private jobs done over the network, one of which fails; return the surfaces by name."""
    folder.mkdir()
    for name, seed in (("miner", canaries.secret), ("client", client_seed)):
        write_key(folder / f"{name}.key", seed)
    (folder / "worker.py").write_text(WORKER)
    (folder / "output.txt").write_text(canaries.texts["output"])
    (port,) = free_ports(1, near=f"{folder}job")
    surfaces: dict[str, bytes] = {}
    with tapped(port) as tap:
        miner = a_miner(market, folder, port=port, announced=tap.port)
        try:
            miner.start()
            assert miner.card is not None
            surfaces["miner's card"] = miner.card.read_bytes()
            for name, wanted in (("done", "done"), ("crash", "failed")):
                said = a_job(market, canaries, folder, miner.card, name)
                assert json.loads(said[0])["state"] == wanted, said
                surfaces |= {f"client's {name} stdout": said[0], f"client's {name} stderr": said[1]}
            pester(miner.card, canaries, market.genesis_hash)
            assert miner.is_running
        finally:
            miner.stop()
        surfaces["miner's log"] = miner.log.read_bytes()
        wire = {f"wire {number}": bytes(one) for number, one in enumerate(tap.heard)}
    assert sum(map(len, wire.values())) > 1_000
    return surfaces | wire


def a_miner(market: Market, folder: Path, *, port: int, announced: int) -> MinerProcess:
    """Return a miner that logs everything it can and is reached through the wiretap."""
    command = f"{sys.executable} {folder / 'worker.py'} {folder / 'output.txt'}"
    options = (
        *("--from", folder / "miner.key", "--home", folder / "miner"),
        *("--rpc", market.nodes[0].rpc, "--listen", f"/ip4/127.0.0.1/tcp/{port}"),
        *("--announce", f"/ip4/127.0.0.1/tcp/{announced}"),
        *("--price", f"{MODEL}=2", "--command", command, "--log-level", "debug"),
    )
    return MinerProcess(options, folder / "miner.log")


def a_job(
    market: Market, canaries: Canaries, folder: Path, card: Path, name: str
) -> tuple[bytes, bytes]:
    """Have one job done by the command, and return what it said."""
    command = (
        *(sys.executable, "-m", "node", "job", "run", "--json", "--job", f"private-{name}"),
        *("--from", str(folder / "client.key"), "--home", str(folder / "client")),
        *("--rpc", market.nodes[0].rpc, "--card", str(card), "--model", MODEL),
        *("--max-price", "20", "--attempts", "1", "--wait-s", "90"),
        *("--parameters", json.dumps(canaries.texts)),
    )
    done = subprocess.run(
        command,
        cwd=ROOT,
        input=f"{name} {canaries.texts['prompt']}".encode(),
        capture_output=True,
        timeout=CLIENT_S,
        check=False,
    )
    return done.stdout, done.stderr


def pester(card_file: Path, canaries: Canaries, genesis_hash: Hash) -> None:
    """Send a miner what strangers send: nonsense, and well-formed requests that are not theirs."""
    card = read_card(card_file, genesis_hash=genesis_hash)
    for message in strange_messages(canaries, genesis_hash):
        with suppress(PeerError):
            ask_miner(card.addresses[0], genesis_hash, message, lambda _: b"", timeout_s=STRANGER_S)


def strange_messages(canaries: Canaries, genesis_hash: Hash) -> Iterator[bytes]:
    """Yield messages with canaries in them."""
    yield canaries.everything()
    stranger = key_of("stranger")
    for ask in Ask:
        request = JobRequest(
            ask=ask,
            model=MODEL,
            unit_type="gpu_seconds",
            public_key=stranger.public_key,
            reservation_id=Hash(b"\1" * 32),
            job_id=canaries.mark,
            parameters=canaries.texts["token"].encode(),
            input=canaries.texts["prompt"].encode(),
        )
        yield request.encode()
        yield sign_request(request, key=stranger, genesis_hash=genesis_hash).encode()
