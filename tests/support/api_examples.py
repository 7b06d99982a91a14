"""The examples of the OpenRPC document, recorded from a real chain.

``python -m tests.support.api_examples`` records them anew.
"""

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chain.address import format_address
from chain.primitives import SIGNATURE_BYTES
from genesis.document import canonical_bytes
from genesis.make import make_devnet_document
from node.api.conversation import Conversation
from node.api.jsonrpc import Rpc
from node.api.methods import METHODS
from node.api.openrpc import EXAMPLES
from node.api.server import RpcServer
from tests.support.builders import a_batch, a_claim, a_transfer, address_of_name
from tests.support.edge_at_work import a_line, knowledge_of
from tests.support.fake_core import FakeCore
from tests.support.market_chain import (
    ACCEPTED,
    DISPUTED,
    RESERVATION_ID,
    Market,
    a_market,
    a_session_receipt,
)

CLIENT, MINER = (format_address(address_of_name(name)) for name in ("client", "miner"))
RESERVE_ID, RECEIPT = f"0x{RESERVATION_ID.hex()}", f"0x{ACCEPTED.hash.hex()}"
TRANSFER = a_transfer(40, fee=7)
NEW = [a_session_receipt(name, 50) for name in ("third", "fourth")]

CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ait_status", {}),
    ("ait_getGenesis", {}),
    ("ait_getBlock", {"block": "latest"}),
    ("ait_getBlock", {"block": 2, "transactions": True}),
    ("ait_getBlocks", {"limit": 2}),
    ("ait_getTransactions", {"address": MINER, "kind": "offer", "limit": 2}),
    ("ait_getReservations", {"client": CLIENT, "limit": 2}),
    ("ait_getJob", {"client": CLIENT, "jobId": DISPUTED.job_id}),
    ("ait_getJobs", {"jobId": DISPUTED.job_id}),
    ("ait_getHashes", {"prefix": RECEIPT[:10]}),
    ("ait_getTransaction", {"transactionId": RESERVE_ID}),
    ("ait_getReceipt", {"receipt": f"0x{DISPUTED.hash.hex()}"}),
    ("ait_getReceiptProof", {"receipt": RECEIPT}),
    ("ait_getReceipts", {"client": CLIENT, "provider": MINER, "limit": 2}),
    ("ait_getAccount", {"address": CLIENT}),
    ("ait_getReservation", {"reservationId": RESERVE_ID}),
    ("ait_getLedger", {"address": CLIENT, "limit": 3}),
    ("ait_getGrants", {"address": CLIENT}),
    ("ait_getOffers", {"address": MINER}),
    ("ait_getPricing", {}),
    ("ait_getParameters", {}),
    ("ait_estimateFee", {"kind": "transfer", "sizeBytes": 200}),
    ("ait_getPayoutPeriods", {"limit": 2}),
    ("ait_getPayouts", {"period": 1, "dump": True}),
    ("ait_getPayoutProof", {"period": 1, "index": 0}),
    ("ait_getStatistics", {"hours": 2}),
    ("ait_getTraders", {"side": "provider", "limit": 2}),
    ("ait_getAccountMonths", {"address": CLIENT, "side": "client"}),
    ("ait_getSupply", {"height": "latest"}),
    ("ait_getModels", {"hours": 24}),
    ("ait_getBill", {"address": CLIENT, "limit": 3}),
    ("ait_getValidators", {"height": "latest"}),
    ("ait_getSigning", {"height": "latest", "limit": 2}),
    ("ait_getEvidence", {"limit": 2}),
    ("ait_subscribe", {"topic": "newBlocks"}),
    ("ait_unsubscribe", {"subscription": "0x1"}),
    ("ait_getConsensusState", {}),
    ("ait_getMempool", {"limit": 2}),
    ("ait_simulateTransaction", {"rawHex": TRANSFER.encode()[:-SIGNATURE_BYTES].hex()}),
    ("ait_sendTransaction", {"rawHex": f"0x{TRANSFER.encode().hex()}"}),
    ("ait_sendTransactionAndWait", {"rawHex": f"0x{TRANSFER.encode().hex()}", "timeoutMs": 1}),
    (
        "ait_submitReceipt",
        {"document": NEW[0].document.decode(), "claimHex": f"0x{a_claim(NEW[0]).encode().hex()}"},
    ),
    (
        "ait_submitReceipts",
        {
            "documents": [one.document.decode() for one in NEW],
            "batchHex": f"0x{a_batch(*NEW).encode().hex()}",
        },
    ),
)
"""A call of each method; each succeeds on the chain of :func:`a_market`."""


@contextmanager
def an_example_chain(folder: Path) -> Iterator[Market]:
    """Make the chain of the examples; it stays open while the context lasts."""
    document = make_devnet_document(validators=1)
    (folder / "genesis.json").write_bytes(canonical_bytes(document))
    with a_market(folder) as market:
        yield market


def recorded(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return every call with its answer, by method."""
    with an_example_chain(folder) as market:
        answers = asyncio.run(_answers(folder, market))
    examples: dict[str, list[dict[str, Any]]] = {}
    for (method, params), answer in zip(CALLS, answers, strict=True):
        assert "result" in answer, f"{method} failed: {answer}"
        one = {"name": ", ".join(params) or "plain", "params": params, "result": answer["result"]}
        examples.setdefault(method, []).append(one)
    return examples


async def _answers(folder: Path, market: Market) -> list[dict[str, Any]]:
    services, tell = market.services, knowledge_of(market.stored).tell
    async with FakeCore(folder / "api.sock", tell=tell) as core, a_line(services, core):
        talk = Conversation(Rpc(METHODS, services, limits=services.settings.limits), services)
        return [await _answer(talk, method, params) for method, params in CALLS]


async def _answer(talk: Conversation, method: str, params: dict[str, Any]) -> dict[str, Any]:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer: dict[str, Any] = json.loads(
        await talk.answer(json.dumps(request).encode(), lambda _: None)
    )
    return answer


def serve_examples(folder: Path, act: Callable[[str], Awaitable[Any]]) -> Any:  # noqa: ANN401 - the action's own
    """Serve the chain of the examples over HTTP, and return what ``act`` returns for its URL."""

    async def run(market: Market) -> Any:  # noqa: ANN401 - the action's own
        services, settings = market.services, market.services.settings
        tell = knowledge_of(market.stored).tell
        rpc = Rpc(METHODS, services, limits=settings.limits)
        server = RpcServer(
            settings, answer=rpc.answer, converse=lambda: Conversation(rpc, services)
        )
        async with FakeCore(folder / "api.sock", tell=tell) as core, a_line(services, core):
            url = await server.start()
            try:
                return await act(url)
            finally:
                await server.close()

    with an_example_chain(folder) as market:
        return asyncio.run(run(market))


def text_of(examples: dict[str, list[dict[str, Any]]]) -> str:
    """Return what the file of the examples holds."""
    return json.dumps(examples, indent=1) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        EXAMPLES.write_text(text_of(recorded(Path(name))), encoding="utf-8")
