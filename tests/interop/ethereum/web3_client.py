"""Read a chain with web3.py and print what it saw as one JSON object.

``tests/interop/test_ethereum.py`` runs it in an environment of its own and compares the object with
what the node says in its own words.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any

from web3 import AsyncWeb3, Web3, WebSocketProvider  # type: ignore[import-not-found]
from web3.exceptions import Web3RPCError  # type: ignore[import-not-found]
from web3.logs import DISCARD  # type: ignore[import-not-found]

POLL_S = 0.2
SETTLED = ("receiptHash", "client", "provider", "paid", "fee", "returned")

given = json.load(sys.stdin)
web3 = Web3(Web3.HTTPProvider(given["url"]))


def log_of(log: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is compared of a log."""
    return {"hash": Web3.to_hex(log["transactionHash"]), "block": log["blockNumber"]}


async def told() -> dict[str, Any]:
    """Return the first head, log and transaction that a WebSocket tells; frames are binary ones."""
    seen: dict[str, Any] = {}
    async with AsyncWeb3(WebSocketProvider(given["ws"])) as socket:
        names = {
            await socket.eth.subscribe("newHeads"): "block",
            await socket.eth.subscribe("logs", {"address": given["coin"]}): "log",
            await socket.eth.subscribe("newPendingTransactions"): "transaction",
        }
        async for message in socket.socket.process_subscriptions():
            seen.setdefault(names[message["subscription"]], message["result"])
            if len(seen) == len(names):
                break
    return {
        "block": seen["block"]["number"],
        "log": log_of(seen["log"]),
        "transaction": Web3.to_hex(seen["transaction"]),
    }


async def polled() -> dict[str, Any]:
    """Return the first block and log that filters tell."""
    filters = {
        "block": web3.eth.filter("latest"),
        "log": web3.eth.filter({"address": given["coin"]}),
        "transaction": web3.eth.filter("pending"),
    }
    seen: dict[str, Any] = {}
    while len(seen) < len(filters):
        for name, one in filters.items():
            for entry in one.get_new_entries():
                seen.setdefault(name, entry)
        await asyncio.sleep(POLL_S)
    block = web3.eth.get_block(seen["block"])
    return {
        "block": block["number"],
        "log": log_of(seen["log"]),
        "transaction": Web3.to_hex(seen["transaction"]),
    }


def refused() -> int | None:
    """Return the code with which a raw transaction is refused."""
    try:
        web3.eth.send_raw_transaction("0x02")
    except Web3RPCError as error:
        return error.rpc_response["error"]["code"]
    return None


def main() -> None:
    """Read and print."""
    block = web3.eth.get_block(given["height"], full_transactions=True)
    transaction = web3.eth.get_transaction(given["transfer"])
    receipt = web3.eth.wait_for_transaction_receipt(given["claim"])
    contract = web3.eth.contract(address=given["settlement"], abi=given["abi"])
    event = contract.events.ReceiptSettled
    (settled,) = event.get_logs(from_block=given["height"], to_block=given["height"])
    paid = event().process_receipt(receipt, errors=DISCARD)
    assert [one["args"] for one in paid] == [settled["args"]]
    assert web3.is_connected()
    history = web3.eth.fee_history(4, "latest", [50])
    assert len(history["baseFeePerGas"]) == len(history["gasUsedRatio"]) + 1
    client = Web3.to_checksum_address(given["client"])
    seen = {
        "chain": web3.eth.chain_id,
        "block": {
            "number": block["number"],
            "hash": Web3.to_hex(block["hash"]),
            "parent": Web3.to_hex(block["parentHash"]),
            "seconds": block["timestamp"],
            "transactions": [Web3.to_hex(one["hash"]) for one in block["transactions"]],
        },
        "transaction": {
            "hash": Web3.to_hex(transaction["hash"]),
            "from": transaction["from"],
            "to": transaction["to"],
            "value": str(transaction["value"]),
            "nonce": transaction["nonce"],
            "block": transaction["blockNumber"],
        },
        "receipt": {
            "status": receipt["status"],
            "logs": len(receipt["logs"]),
            "fee": str(receipt["gasUsed"] * receipt["effectiveGasPrice"]),
        },
        "balance": str(web3.eth.get_balance(client)),
        "nonce": web3.eth.get_transaction_count(client),
        "code": Web3.to_hex(web3.eth.get_code(given["settlement"])),
        "settled": {
            name: Web3.to_hex(value) if isinstance(value, bytes) else str(value)
            for name, value in settled["args"].items()
        },
        "gasPrice": str(web3.eth.gas_price),
        "refused": refused(),
        "polled": asyncio.run(polled()),
        "told": asyncio.run(told()),
    }
    json.dump(seen, sys.stdout)


main()
