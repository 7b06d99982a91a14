import asyncio
from pathlib import Path

import pytest

from chain.errors import AlreadyKnown, MempoolFull
from node.api import waiting
from node.api_frames import Submit, SubmitResult
from tests.support.builders import GENESIS_HASH, a_claim, a_transfer
from tests.support.edge_at_work import EdgeAtWork, at_work

METHOD = "ait_sendTransactionAndWait"
TRANSFER = a_transfer(40)
RAW = TRANSFER.encode().hex()
ID = f"0x{TRANSFER.id(GENESIS_HASH).hex()}"


async def make_final(edge: EdgeAtWork) -> None:
    """Put the transfer into a block once it was handed in, and let the core tell of it."""
    await edge.core.wait_for(lambda: bool(edge.core.submits))
    edge.stored.block(TRANSFER)
    edge.services.core.bell.ring(edge.stored.chain.height)


def test_answer_comes_once_the_transaction_is_final(tmp_path: Path) -> None:
    async def act(edge: EdgeAtWork) -> None:
        making = asyncio.create_task(make_final(edge))
        answer = await edge.ask(METHOD, rawHex=RAW)
        await making
        assert (answer["transactionId"], answer["isFinal"]) == (ID, True)
        assert answer["transaction"] == await edge.ask("ait_getTransaction", transactionId=ID)

    at_work(tmp_path, act)


def test_blocks_without_it_are_waited_through(tmp_path: Path) -> None:
    async def act(edge: EdgeAtWork) -> None:
        asking = asyncio.create_task(edge.ask(METHOD, rawHex=RAW))
        await edge.core.wait_for(lambda: bool(edge.core.submits))
        edge.stored.block()
        edge.services.core.bell.ring(1)
        await make_final(edge)
        assert (await asking)["transaction"]["height"] == 2

    at_work(tmp_path, act)


def test_time_that_is_over_is_told_with_the_id(tmp_path: Path) -> None:
    async def act(edge: EdgeAtWork) -> None:
        answer = await edge.ask(METHOD, rawHex=RAW, timeoutMs=1)
        assert answer == {"transactionId": ID, "isFinal": False, "transaction": None}

    at_work(tmp_path, act)


def test_what_is_final_is_not_handed_in_again(tmp_path: Path) -> None:
    async def act(edge: EdgeAtWork) -> None:
        edge.stored.block(TRANSFER)
        assert (await edge.ask(METHOD, rawHex=RAW))["isFinal"]
        assert edge.core.submits == []

    at_work(tmp_path, act)


def test_what_waits_already_is_waited_for(tmp_path: Path) -> None:
    def decide(submit: Submit) -> SubmitResult:
        return SubmitResult.refused(submit.ticket, AlreadyKnown(transaction_id=ID))

    async def act(edge: EdgeAtWork) -> None:
        making = asyncio.create_task(make_final(edge))
        assert (await edge.ask(METHOD, rawHex=RAW))["isFinal"]
        await making

    at_work(tmp_path, act, decide=decide)


def test_refusal_is_not_waited_for(tmp_path: Path) -> None:
    def decide(submit: Submit) -> SubmitResult:
        return SubmitResult.refused(submit.ticket, MempoolFull(what="bytes", limit=1))

    async def act(edge: EdgeAtWork) -> None:
        assert await edge.refusal(METHOD, rawHex=RAW) == "mempool_full"

    at_work(tmp_path, act, decide=decide)


def test_claim_needs_its_receipt(tmp_path: Path) -> None:
    async def act(edge: EdgeAtWork) -> None:
        raw = a_claim().encode().hex()
        assert await edge.refusal(METHOD, rawHex=raw) == "invalid_params"
        assert edge.core.submits == []

    at_work(tmp_path, act)


def test_calls_that_wait_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "WAITS_MAX", 1)

    async def act(edge: EdgeAtWork) -> None:
        asking = asyncio.create_task(edge.ask(METHOD, rawHex=RAW))
        await edge.core.wait_for(lambda: bool(edge.core.submits))
        assert await edge.refusal(METHOD, rawHex=RAW) == "too_many_waits"
        await make_final(edge)
        assert (await asking)["isFinal"]
        assert (await edge.ask(METHOD, rawHex=RAW))["isFinal"]

    at_work(tmp_path, act)
