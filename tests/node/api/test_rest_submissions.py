"""What is handed in over REST, once, whoever dies in between."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from chain.errors import AlreadyKnown, WrongNonce
from chain.policy_payloads import Revoke
from chain.primitives import ZERO_HASH
from chain.store.list_queries import ListReader, ReservationFilter
from chain.store.queries import ChainReader
from chain.transaction import decode_transaction
from node.api_frames import Submit, SubmitResult
from tests.support.builders import (
    GENESIS_HASH,
    a_batch,
    a_claim,
    a_receipt,
    a_release,
    a_reserve,
    a_signed,
    a_transfer,
    key_of,
)
from tests.support.edge_at_work import EdgeAtWork, at_work
from tests.support.fake_core import FakeCore
from tests.support.policy import a_grant
from tests.support.rest_asking import CLIENT, MINER, RestReply, rest_served, send
from tests.support.small_chain import StoredChain, edge_settings, stored_chain

RESERVE = a_reserve()
RESERVATION = f"0x{RESERVE.id(GENESIS_HASH).hex()}"
RECEIPT = a_receipt(reservation_id=RESERVE.id(GENESIS_HASH))


async def post(
    url: str, path: str, key: str = "key-1", method: str = "POST", **body: object
) -> RestReply:
    return await send(url, path, method=method, body=body, headers={"Idempotency-Key": key})


def test_each_kind_is_handed_in(tmp_path: Path) -> None:
    grant = a_signed(a_grant("gate"))
    revoke = a_signed(Revoke(key_of("gate").public_key), nonce=1)
    release = a_release(RESERVE.id(GENESIS_HASH), by="miner")
    claim, batch = a_claim(RECEIPT), a_batch(RECEIPT)
    document = json.loads(RECEIPT.document)
    requests: list[tuple[str, str, dict[str, Any], int]] = [
        ("POST", "/v1/jobs/reserve", {"raw_hex": RESERVE.encode().hex()}, 201),
        ("POST", "/v1/jobs/job-1/release", {"raw_hex": f"0x{release.encode().hex()}"}, 200),
        ("POST", "/v1/receipts", {"document": document, "claim_hex": claim.encode().hex()}, 201),
        (
            "POST",
            "/api/v1/receipts",
            {"documents": [RECEIPT.document.decode()], "batch_hex": batch.encode().hex()},
            201,
        ),
        ("POST", "/v1/billing/keys", {"raw_hex": grant.encode().hex()}, 201),
        ("DELETE", "/v1/billing/keys", {"raw_hex": revoke.encode().hex()}, 200),
    ]

    async def act(edge: EdgeAtWork) -> None:
        async with rest_served(edge.services) as url:
            replies = [
                await post(url, path, f"key-{number}", method, **body)
                for number, (method, path, body, _) in enumerate(requests)
            ]
        assert [one.status for one in replies] == [status for *_, status in requests]
        reserved, released, claimed, batched, granted, revoked = [one.content for one in replies]
        assert (reserved["reservation_id"], reserved["reserved"]) == (RESERVATION, "0.000300")
        assert (reserved["client"], reserved["provider"]) == (CLIENT, MINER)
        assert released["reservation_id"] == RESERVATION
        assert claimed["receipt_hashes"] == batched["receipt_hashes"] == [f"0x{RECEIPT.hash.hex()}"]
        assert granted["public_key"] == revoked["public_key"]
        sent = [one.transaction for one in edge.core.submits]
        assert sent == [one.encode() for one in (RESERVE, release, claim, batch, grant, revoke)]

    at_work(tmp_path, act)


def test_transaction_of_another_kind_is_refused(tmp_path: Path) -> None:
    transfer, claim = a_transfer().encode().hex(), a_claim(RECEIPT).encode().hex()
    document = json.loads(RECEIPT.document)
    refused: list[tuple[str, dict[str, Any]]] = [
        ("/v1/jobs/reserve", {"raw_hex": transfer}),
        ("/v1/jobs/reserve", {"raw_hex": claim}),
        ("/v1/jobs/job-1/release", {"raw_hex": RESERVE.encode().hex()}),
        ("/v1/receipts", {"document": document, "claim_hex": transfer}),
        ("/v1/receipts", {"document": document}),
        ("/v1/receipts", {"document": document, "batch_hex": claim}),
        ("/v1/receipts", {"documents": [], "batch_hex": claim}),
        ("/v1/billing/keys", {"raw_hex": transfer}),
    ]

    async def act(edge: EdgeAtWork) -> None:
        async with rest_served(edge.services) as url:
            for number, (path, body) in enumerate(refused):
                reply = await post(url, path, f"key-{number}", **body)
                assert (reply.status, reply.code) == (422, "invalid_params"), path
        assert not edge.core.submits

    at_work(tmp_path, act)


def test_release_of_another_job_is_refused(tmp_path: Path) -> None:
    async def act(edge: EdgeAtWork) -> None:
        edge.stored.block(RESERVE)
        raw_hex = a_release(RESERVE.id(GENESIS_HASH), by="miner").encode().hex()
        async with rest_served(edge.services) as url:
            other = await post(url, "/v1/jobs/other/release", raw_hex=raw_hex)
            assert other.code == "invalid_params"
            own = await post(url, "/v1/jobs/job-1/release", "key-2", raw_hex=raw_hex)
            assert own.status == 200

    at_work(tmp_path, act)


@pytest.mark.parametrize("error", [AlreadyKnown(transaction_id="00"), None])
def test_what_waits_or_is_final_is_a_success(tmp_path: Path, error: AlreadyKnown | None) -> None:
    def refuse(submit: Submit) -> SubmitResult:
        assert error is not None
        return SubmitResult.refused(submit.ticket, error, ZERO_HASH)

    async def act(edge: EdgeAtWork) -> None:
        if error is None:
            edge.stored.block(RESERVE)
        async with rest_served(edge.services) as url:
            reply = await post(url, "/v1/jobs/reserve", raw_hex=RESERVE.encode().hex())
        assert (reply.status, reply.content["reservation_id"]) == (201, RESERVATION)

    at_work(tmp_path, act, decide=refuse)


def test_refusal_by_a_rule_is_kept_and_comes_again(tmp_path: Path) -> None:
    def refuse(submit: Submit) -> SubmitResult:
        return SubmitResult.refused(submit.ticket, WrongNonce(expected=4, got=0), ZERO_HASH)

    async def act(edge: EdgeAtWork) -> None:
        async with rest_served(edge.services) as url:
            for replayed in (None, "true"):
                reply = await post(url, "/v1/jobs/reserve", raw_hex=RESERVE.encode().hex())
                assert (reply.status, reply.code) == (409, "wrong_nonce")
                assert reply.content["expected"] == 4
                assert reply.headers.get("Idempotent-Replayed") == replayed
        assert len(edge.core.submits) == 1

    at_work(tmp_path, act, decide=refuse)


@pytest.mark.network
@pytest.mark.parametrize("is_final", [False, True], ids=["admitted", "final"])
def test_process_that_is_killed_between_the_two_reserves_once(
    tmp_path: Path, *, is_final: bool
) -> None:
    with stored_chain(tmp_path) as stored:
        core = Mempool(stored, is_final=is_final)
        asyncio.run(_killed_between(tmp_path, core))
        if not is_final:
            stored.block(*(decode_transaction(one) for one in core.admitted))
        reader = ChainReader.open(tmp_path / "chain.db")
        assert len(ListReader(reader).reservations_page(ReservationFilter()).items) == 1
        reader.close()


class Mempool:
    """A core that admits a transaction once, and says nothing about the first."""

    def __init__(self, stored: StoredChain, *, is_final: bool) -> None:
        self._stored, self._is_final = stored, is_final
        self.admitted: list[bytes] = []

    def take(self, submit: Submit) -> SubmitResult | None:
        if submit.transaction in self.admitted:
            return SubmitResult.refused(submit.ticket, AlreadyKnown(transaction_id="00"), ZERO_HASH)
        self.admitted.append(submit.transaction)
        if self._is_final:
            self._stored.block(decode_transaction(submit.transaction))
        return None


async def _killed_between(folder: Path, mempool: Mempool) -> None:
    settings = folder / "api.json"
    settings.write_text(edge_settings(folder).model_dump_json())
    raw_hex = RESERVE.encode().hex()
    async with FakeCore(folder / "api.sock", mempool.take) as core:
        replies: list[RestReply] = []
        for turn in range(2):
            edge = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "node.api.edge", str(settings)), stderr=subprocess.DEVNULL
            )
            try:
                await core.wait_for(lambda turn=turn: len(core.ready) > turn)
                url = core.ready[turn].url
                asking = asyncio.create_task(post(url, "/v1/jobs/reserve", raw_hex=raw_hex))
                if turn == 0:
                    await core.wait_for(lambda: bool(core.submits))
                    edge.kill()
                    with pytest.raises(aiohttp.ClientError):
                        await asking
                    continue
                replies.append(await asking)
                replies.append(await post(url, "/v1/jobs/reserve", raw_hex=raw_hex))
                other = a_reserve(nonce=1, job_id="other").encode().hex()
                replies.append(await post(url, "/v1/jobs/reserve", raw_hex=other))
            finally:
                if edge.returncode is None:
                    edge.kill()
                await edge.wait()
    first, again, other_reply = replies
    assert (first.status, again.status) == (201, 201)
    assert first.body == again.body
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other_reply.status, other_reply.code) == (422, "idempotency_key_reused")
