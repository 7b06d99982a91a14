"""A client pays a miner on a running devnet, from reservation to payment, and all is checked.

The miner of this demonstration is a stub: its work is a fixed number of SHA-256 iterations, real
and repeatable, in place of a model. Everything else is what any client and miner do: they sign
with their own keys and speak to nodes by JSON-RPC alone. In the end the balances of all nodes are
read twice, through RPC and from each node's own database.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from chain.address import format_address
from chain.claim import claim_of, sign_claim
from chain.crypto import SecretKey
from chain.errors import AitbcError
from chain.primitives import Address
from chain.receipt import Receipt
from chain.store.queries import ChainReader
from chain.transaction import SignedTransaction
from node.clock import monotonic_ms, now_ms, pause
from node.demo_job import CAP, PRICE, Market, make_receipt, make_reservation, open_market, work
from node.demo_report import DemoResult, NodeBalances, format_result
from node.devnet import DevnetNode
from node.home import Home
from node.rpc_client import RpcRefused, call

FINAL_MS = 60_000
"""Milliseconds in which a transaction must be final on every node."""

POLL_S = 0.05
NOT_FOUND = -32001


class DemoFailed(AitbcError):
    """The devnet did not do what it promises."""

    detail: str
    code = "demo_failed"
    sentence = "{detail}"


def run_demo(home: Path) -> DemoResult:
    """Reserve, work, claim and check, on the running devnet of a folder.

    Raises:
        AitbcError: a step failed; one sentence says which.
    """
    started_ms = monotonic_ms()
    market = open_market(home)
    first, last = market.nodes[0], market.nodes[-1]
    before = balances(market)
    _check_same(before)
    account = call(first.rpc, "ait_getAccount", format_address(market.client.address))
    reserve = make_reservation(
        market,
        job_id=f"demo-{now_ms()}",
        nonce=account["nonce"],
        height=account["atHeight"],
    )
    reservation_id = reserve.id(market.genesis_hash)
    call(first.rpc, "ait_sendTransaction", reserve.encode().hex())
    _wait_everywhere(market, "ait_getReservation", reservation_id.hex())
    receipt = _do_the_job(market, reserve)
    unsigned = claim_of(receipt, final=True)
    claim = sign_claim(unsigned, key=market.miner, genesis_hash=market.genesis_hash)
    call(last.rpc, "ait_submitReceipt", receipt.document.decode(), claim.encode().hex())
    shown = _wait_everywhere(market, "ait_getReceipt", receipt.hash.hex())
    result = DemoResult(
        job_id=receipt.job_id,
        reservation_id=reservation_id,
        receipt_hash=receipt.hash,
        claim_id=claim.id(market.genesis_hash),
        height=shown[0]["height"],
        cap=CAP,
        price=PRICE,
        reserve_fee=reserve.fee,
        claim_fee=int(shown[0]["fee"]),
        before=before,
        after=balances(market),
        stored=stored_balances(market),
        work_ms=receipt.duration_ms or 0,
        total_ms=monotonic_ms() - started_ms,
    )
    check_result(result)
    return result


def _do_the_job(market: Market, reserve: SignedTransaction) -> Receipt:
    """Do the miner's work, measure it and return its receipt."""
    started_ms, began_ms = now_ms(), monotonic_ms()
    artifact = work(reserve.id(market.genesis_hash))
    duration_ms = monotonic_ms() - began_ms
    return make_receipt(
        market, reserve, artifact=artifact, started_ms=started_ms, duration_ms=duration_ms
    )


def _wait_everywhere(market: Market, method: str, name: str) -> list[dict[str, Any]]:
    """Return what every node answers once it knows a thing.

    Raises:
        DemoFailed: a node does not know it in time.
    """
    deadline_ms = monotonic_ms() + FINAL_MS
    answers = []
    for node in market.nodes:
        while (found := _find(node, method, name)) is None:
            if monotonic_ms() > deadline_ms:
                seconds = FINAL_MS // 1_000
                raise DemoFailed(detail=f"{method} finds nothing on {node.name} in {seconds} s")
            pause(POLL_S)
        answers.append(found)
    return answers


def _find(node: DevnetNode, method: str, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = call(node.rpc, method, name)
    except RpcRefused as error:
        if error.rpc_code != NOT_FOUND:
            raise
        return None
    return found


def balances(market: Market) -> tuple[NodeBalances, ...]:
    """Return what each node answers about client and miner."""

    def ask(node: DevnetNode, key: SecretKey) -> int:
        return int(call(node.rpc, "ait_getAccount", format_address(key.address))["balance"])

    return tuple(
        NodeBalances(node.name, client=ask(node, market.client), miner=ask(node, market.miner))
        for node in market.nodes
    )


def stored_balances(market: Market) -> tuple[NodeBalances, ...]:
    """Return what each node has in its own database, read without asking the node."""
    return tuple(_stored(market, node) for node in market.nodes)


def _stored(market: Market, node: DevnetNode) -> NodeBalances:
    reader = ChainReader.open(Home(node.home).database)

    def balance(address: Address) -> int:
        account = reader.find_account(address)
        return 0 if account is None else account.balance or 0

    try:
        with reader.snapshot():
            client, miner = balance(market.client.address), balance(market.miner.address)
    finally:
        reader.close()
    return NodeBalances(node.name, client=client, miner=miner)


def _check_same(rows: tuple[NodeBalances, ...]) -> None:
    if len({(row.client, row.miner) for row in rows}) != 1:
        raise DemoFailed(detail="the nodes do not agree on the balances")


def check_result(result: DemoResult) -> None:
    """Check that exactly the price and the fees have moved, and on every node alike.

    Raises:
        DemoFailed: says what is wrong.
    """
    _check_same(result.after)
    if result.stored != result.after:
        raise DemoFailed(detail="a node answers other balances than its own database holds")
    spent = result.before[0].client - result.after[0].client
    earned = result.after[0].miner - result.before[0].miner
    if spent != result.price + result.reserve_fee:
        raise DemoFailed(detail=f"the client paid {spent} base units and not price and fee")
    if earned != result.price - result.claim_fee:
        raise DemoFailed(detail=f"the miner got {earned} base units and not price less fee")


def main(arguments: list[str]) -> int:
    """Run the demonstration and print what happened; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description="Let a client pay a miner.")
    parser.add_argument("--home", type=Path, default=Path("devnet"), help="a running devnet")
    home = parser.parse_args(arguments).home
    try:
        result = run_demo(home)
    except AitbcError as error:
        sys.stderr.write(f"demo: {error}\n")
        return 1
    sys.stdout.write(format_result(result))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
