"""Clients of Ethereum, as they are, read a running devnet: web3.py, ethers, viem and cast.

Each prints what it saw, which must be what the node says in its own words. They are fetched into
temporary folders by their lock files. Where Node.js, npm or the network is missing, the tests of
the client in question are skipped and say so.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

import node.api
from chain.address import format_hex_address, parse_address
from chain.crypto import SecretKey
from chain.kind import Kind
from chain.payloads import Transfer
from chain.transaction import SignedTransaction, sign_transaction
from node.api.eth_abi import COIN, SETTLEMENT
from node.api.eth_words import WEI_PER_UNIT, chain_number
from node.demo import run_demo
from node.demo_job import Market, open_market
from node.devnet import Devnet
from node.rpc_client import call
from tests.support.running import running_devnet, wait_for

pytestmark = [pytest.mark.network, pytest.mark.slow]

ROOM = Path(__file__).parent / "ethereum"
ROOT = Path(__file__).resolve().parents[2]
ABI = json.loads(Path(node.api.__file__).with_name("eth_abi.json").read_bytes())["abi"]
UNREACHABLE = ("EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH", "ENOTFOUND", "ETIMEDOUT")
UNREACHABLE_BY_PIP = ("No matching distribution", "Could not find a version", "ConnectionError")
FETCH_S = 240
CLIENT_S = 120
TRAFFIC_S = 0.4
"""Seconds between two transfers."""

DOES_NOT_SIGN = -32004

Seen = dict[str, Any]


class Traffic:
    """Somebody who pays a little all the time, so that there is something to follow."""

    def __init__(self, market: Market, key: SecretKey) -> None:
        """Pay the miner; :meth:`run` does it."""
        self._market, self._key = market, key
        self._nonce = 0
        self.stopping = Event()

    def pay(self) -> SignedTransaction:
        """Hand in a transfer, and return it."""
        market = self._market
        height = call(market.nodes[0].rpc, "ait_status")["height"]
        size_max = 300
        transfer = sign_transaction(
            Transfer(to=market.miner.address, amount=1_000, memo="traffic"),
            key=self._key,
            genesis_hash=market.genesis_hash,
            nonce=self._nonce,
            fee=market.parameters.minimum_fee(Kind.TRANSFER, size_bytes=size_max),
            valid_until=height + 50,
        )
        self._nonce += 1
        call(market.nodes[0].rpc, "ait_sendTransaction", transfer.encode().hex())
        return transfer

    def run(self) -> None:
        """Pay until it is stopped."""
        while not self.stopping.wait(TRAFFIC_S):
            self.pay()


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    """Run a devnet of one validator."""
    with running_devnet(tmp_path_factory.mktemp("net") / "devnet", validators=1) as running:
        yield running


@pytest.fixture(scope="module")
def given(net: Devnet) -> Iterator[Seen]:
    """Return what the clients are told: where the node is, and what to look at.

    A receipt has been paid; transfers go on while the clients look.
    """
    done = run_demo(net.root)
    market = open_market(net.root)
    keys = [
        SecretKey(bytes.fromhex(one["private_key"]))
        for one in net.read()["accounts"]
        if one["role"] == "client"
    ]
    payer = next(key for key in keys if key.address != market.client.address)
    traffic = Traffic(market, payer)
    transfer_id = traffic.pay().id(market.genesis_hash).hex()
    url = market.nodes[0].rpc
    wait_for(
        lambda: call(url, "eth_getTransactionByHash", f"0x{transfer_id}"),
        what="transfer",
        within_s=20,
    )
    thread = Thread(target=traffic.run)
    thread.start()
    yield {
        "url": url,
        "ws": url.replace("http://", "ws://"),
        "height": done.height,
        "transfer": f"0x{transfer_id}",
        "claim": f"0x{done.claim_id.hex()}",
        "client": format_hex_address(market.client.address),
        "settlement": format_hex_address(SETTLEMENT),
        "coin": format_hex_address(COIN),
        "abi": ABI,
        "genesis": market.genesis_hash.hex(),
    }
    traffic.stopping.set()
    thread.join()


def told_natively(given: Seen) -> Seen:
    """Return what every client must see, from what the node says in its own words."""

    def ask(method: str, *params: object) -> Any:  # noqa: ANN401 - JSON
        return call(given["url"], method, *params)

    def hexadecimal(address: str) -> str:
        return format_hex_address(parse_address(address)).lower()

    def wei(amount: str | int) -> str:
        return str(int(amount) * WEI_PER_UNIT)

    block = ask("ait_getBlock", {"block": given["height"], "transactions": True})
    transfer = ask("ait_getTransaction", given["transfer"])
    claim = ask("ait_getTransaction", given["claim"])
    account = ask("ait_getAccount", given["client"])
    (receipt,) = ask("ait_getReceipts", {"limit": 10})["items"]
    fee = ask("ait_estimateFee", "transfer", 200)["minimumFee"]
    return {
        "chain": chain_number(bytes.fromhex(given["genesis"])),  # type: ignore[arg-type] # 32 bytes
        "block": {
            "number": block["height"],
            "hash": block["hash"],
            "parent": block["parentHash"],
            "seconds": block["timeMs"] // 1_000,
            "transactions": [one["transactionId"] for one in block["transactions"]],
        },
        "transaction": {
            "hash": transfer["transactionId"],
            "from": hexadecimal(transfer["sender"]),
            "to": hexadecimal(transfer["recipient"]),
            "value": wei(transfer["amount"]),
            "nonce": transfer["nonce"],
            "block": transfer["height"],
        },
        "receipt": {"status": 1, "logs": 2, "fee": wei(claim["fee"])},
        "balance": wei(account["balance"]),
        "nonce": account["nonce"],
        "code": "0x",
        "settled": {
            "receiptHash": receipt["receiptHash"],
            "client": hexadecimal(receipt["client"]),
            "provider": hexadecimal(receipt["provider"]),
            "paid": wei(receipt["paid"]),
            "fee": wei(receipt["fee"]),
            "returned": wei(claim["returned"]),
        },
        "gasPrice": wei(fee),
        "refused": DOES_NOT_SIGN,
    }


def run_client(command: Sequence[str | Path], given: Seen, folder: Path) -> Seen:
    """Return what a client has seen, with addresses in lower case."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=CLIENT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: Seen = json.loads(done.stdout.lower(), object_hook=_named)
    return seen


def _named(content: Seen) -> Seen:
    """Give names back the capitals that lower case has taken."""
    capitals = {"receipthash": "receiptHash", "gasprice": "gasPrice"}
    return {capitals.get(name, name): value for name, value in content.items()}


def check_what_was_followed(seen: Seen, given: Seen) -> None:
    """Check that what a client was told of is on the chain."""
    for one in (seen.pop("polled"), seen.pop("told")):
        assert one["block"] > given["height"]
        assert one["log"]["block"] > given["height"]
        hashes = {one["log"]["hash"], one.get("transaction", one["log"]["hash"])}
        for name in hashes:
            assert call(given["url"], "ait_getTransaction", name)["kind"] == "transfer"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the npm packages and our programs."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js and npm are not installed; they run ethers, viem and cast")
    folder = tmp_path_factory.mktemp("ethereum")
    for name in ("package.json", "package-lock.json", "ethers.mjs", "viem.mjs"):
        shutil.copy(ROOM / name, folder)
    fetch = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    fetched = subprocess.run(
        fetch, cwd=folder, capture_output=True, text=True, timeout=FETCH_S, check=False
    )
    if fetched.returncode and any(code in fetched.stderr for code in UNREACHABLE):
        pytest.skip("npm cannot reach its registry to fetch ethers, viem and cast")
    assert fetched.returncode == 0, fetched.stderr
    return folder


@pytest.fixture(scope="module")
def web3_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with web3.py and what it needs."""
    folder = tmp_path_factory.mktemp("web3")
    lock = ROOT / "scripts" / "locks" / "interop.txt"
    fetch = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
    fetched = subprocess.run(
        [*fetch, "--only-binary", ":all:", "--no-compile", "--target", folder, "-r", lock],
        capture_output=True,
        text=True,
        timeout=FETCH_S,
        check=False,
    )
    if fetched.returncode and any(words in fetched.stderr for words in UNREACHABLE_BY_PIP):
        pytest.skip("pip cannot reach its registry to fetch web3")
    assert fetched.returncode == 0, fetched.stderr
    return folder


@pytest.mark.parametrize("name", ["ethers", "viem"])
def test_package_reads_and_follows_the_chain(packages: Path, given: Seen, name: str) -> None:
    seen = run_client(["node", f"{name}.mjs"], given, packages)
    check_what_was_followed(seen, given)
    assert seen == told_natively(given)


def test_web3_reads_and_follows_the_chain(web3_folder: Path, given: Seen) -> None:
    alone = "-S"  # none of our own packages
    seen = run_client([sys.executable, alone, ROOM / "web3_client.py"], given, web3_folder)
    check_what_was_followed(seen, given)
    assert seen == told_natively(given)


def test_cast_reads_the_chain(packages: Path, given: Seen) -> None:
    (cast,) = packages.glob("node_modules/@foundry-rs/cast-*/bin/cast")

    def ask(*words: object) -> Any:  # noqa: ANN401 - JSON
        command = [cast, *map(str, words), "--rpc-url", given["url"]]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=CLIENT_S, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if "--json" in words else done.stdout.strip()

    expected = told_natively(given)
    assert int(ask("chain-id")) == expected["chain"]
    assert int(ask("block-number")) >= given["height"]
    block = ask("block", given["height"], "--json")
    assert (block["hash"], int(block["timestamp"], 16)) == (
        expected["block"]["hash"],
        expected["block"]["seconds"],
    )
    assert block["transactions"] == expected["block"]["transactions"]
    transaction = ask("tx", given["transfer"], "--json")
    assert str(int(transaction["value"], 16)) == expected["transaction"]["value"]
    assert transaction["to"] == expected["transaction"]["to"]
    receipt = ask("receipt", given["claim"], "--json")
    assert (int(receipt["status"], 16), len(receipt["logs"])) == (1, expected["receipt"]["logs"])
    assert ask("balance", given["client"]) == expected["balance"]
    assert int(ask("nonce", given["client"])) == expected["nonce"]
    assert ask("code", given["settlement"]) == "0x"
    event = (
        "ReceiptSettled(bytes32 indexed,address indexed,address indexed,uint256,uint256,uint256)"
    )
    ends = ("--from-block", given["height"], "--to-block", given["height"])
    (log,) = ask("logs", *ends, "--address", given["settlement"], event, "--json")
    assert log["topics"][1] == expected["settled"]["receiptHash"]
    assert log["transactionHash"] == given["claim"]


def test_lock_file_names_no_place_to_fetch_from() -> None:
    text = (ROOM / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in text
    assert all(
        "integrity" in package for name, package in json.loads(text)["packages"].items() if name
    )
