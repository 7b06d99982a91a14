"""A gateway's whole day over REST on a running devnet: reserve, lose the API, claim, be billed."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from chain.address import format_address
from chain.claim import claim_of, sign_claim
from chain.transaction import SignedTransaction
from node.clock import now_ms
from node.demo_job import Market, make_receipt, make_reservation, open_market, work
from node.devnet import Devnet, DevnetNode
from node.rpc_client import call
from tests.support.running import running_devnet, wait_for

pytestmark = [pytest.mark.network, pytest.mark.slow]

JOB = "rest-1"
KEY = {"Idempotency-Key": "one-and-only"}


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    """Run a devnet of one validator."""
    with running_devnet(tmp_path_factory.mktemp("net") / "devnet", validators=1) as running:
        yield running


def ask(
    url: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes, Any]:
    """Return status, body and headers of a request; POST where there is a body."""
    data = None if body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json"} | (headers or {})
    try:
        with urlopen(Request(url + path, data, sent), timeout=20) as reply:
            return reply.status, reply.read(), reply.headers
    except HTTPError as error:
        return error.code, error.read(), error.headers


def edge_of(node: DevnetNode) -> int:
    """Return the process of a node's API edge."""
    for folder in Path("/proc").iterdir():
        try:
            line = (folder / "cmdline").read_bytes().split(b"\0")
            home = (folder / "cwd").resolve()
        except OSError:
            continue
        if b"node.api.edge" in line and home == node.home.resolve():
            return int(folder.name)
    pytest.fail("the node has no API edge")


def test_reservation_outlives_the_api_and_is_billed_once(net: Devnet) -> None:
    market = open_market(net.root)
    node = market.nodes[0]
    url = node.rpc
    client = format_address(market.client.address)
    account = json.loads(ask(url, f"/v1/billing/account?client={client}")[1])
    reserve = make_reservation(
        market, job_id=JOB, nonce=account["nonce"], height=account["at_height"]
    )
    body = {"raw_hex": reserve.encode().hex()}
    status, said, _ = ask(url, "/v1/jobs/reserve", body, KEY)
    assert status == 201, said

    killed = edge_of(node)
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: is_well(url), what="API", within_s=60)
    again = ask(url, "/v1/jobs/reserve", body, KEY)
    assert again[:2] == (201, said)
    assert again[2]["Idempotent-Replayed"] == "true"

    wait_for(lambda: state_of(url) == "reserved" or None, what="reservation", within_s=60)
    claim(url, market, reserve)
    wait_for(lambda: state_of(url) == "settled" or None, what="settlement", within_s=60)

    found = call(url, "ait_getReservations", client)["items"]
    assert [one["jobId"] for one in found].count(JOB) == 1
    (receipt,) = json.loads(ask(url, f"/v1/receipts?address={client}")[1])["data"]
    bill = json.loads(ask(url, f"/v1/audit/account?address={client}")[1])
    assert bill["is_right"]
    assert [one["amount"] for one in bill["data"] if one["kind"] == "paid"] == [receipt["spent"]]
    assert json.loads(ask(url, "/v1/audit/supply")[1])["is_right"]


def claim(url: str, market: Market, reserve: SignedTransaction) -> None:
    """Let the miner work and hand in its receipt."""
    artifact = work(reserve.id(market.genesis_hash), iterations=1)
    receipt = make_receipt(market, reserve, artifact=artifact, started_ms=now_ms(), duration_ms=9)
    signed = sign_claim(
        claim_of(receipt, final=True), key=market.miner, genesis_hash=market.genesis_hash
    )
    body = {"document": json.loads(receipt.document), "claim_hex": signed.encode().hex()}
    status, said, _ = ask(url, "/v1/receipts", body, {"Idempotency-Key": "receipt"})
    assert (status, json.loads(said)["receipt_hashes"]) == (201, [f"0x{receipt.hash.hex()}"])


def is_well(url: str) -> bool | None:
    """Return whether the API answers."""
    try:
        return ask(url, "/healthz")[0] == 200 or None
    except OSError:
        return None


def state_of(url: str) -> str | None:
    """Return where the job stands; None while nobody has heard of it."""
    status, body, _ = ask(url, f"/v1/billing/jobs/{JOB}")
    return json.loads(body)["state"] if status == 200 else None
