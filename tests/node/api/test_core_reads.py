from pathlib import Path

import pytest

from tests.support.asking import refusal
from tests.support.builders import GENESIS_HASH, a_claim, a_transfer
from tests.support.edge_at_work import EdgeAtWork, at_work
from tests.support.small_chain import services_of, stored_chain

TRANSFER = a_transfer(40)


def test_votes_and_what_waits_come_from_the_core(tmp_path: Path) -> None:
    async def act(edge: EdgeAtWork) -> None:
        state = await edge.ask("ait_getConsensusState")
        assert (state["height"], state["step"]) == (1, "not_started")
        pool = await edge.ask("ait_getMempool", limit=500)
        assert (pool["count"], pool["next"]) == (0, [])

    at_work(tmp_path, act)


@pytest.mark.parametrize("prefix", ["0x", ""])
def test_signed_transaction_is_simulated(tmp_path: Path, prefix: str) -> None:
    async def act(edge: EdgeAtWork) -> None:
        raw = prefix + TRANSFER.encode().hex()
        for _ in range(2):
            found = await edge.ask("ait_simulateTransaction", rawHex=raw)
            assert (found["applies"], found["signatureValid"]) == (True, True)
            assert found["outcome"]["paid"] == "40"
            assert found["transactionId"] == f"0x{TRANSFER.id(GENESIS_HASH).hex()}"
        assert edge.core.submits == []

    at_work(tmp_path, act)


def test_transaction_without_a_signature_or_with_a_wrong_one_is_simulated(tmp_path: Path) -> None:
    async def act(edge: EdgeAtWork) -> None:
        forged = TRANSFER.encode()[:-1] + b"?"
        for raw in (TRANSFER.encode_unsigned(), forged):
            found = await edge.ask("ait_simulateTransaction", rawHex=raw.hex())
            assert (found["applies"], found["signatureValid"]) == (True, False)

    at_work(tmp_path, act)


def test_refused_simulation_is_an_answer_with_the_reason(tmp_path: Path) -> None:
    async def act(edge: EdgeAtWork) -> None:
        raw = a_transfer(10**15).encode().hex()
        found = await edge.ask("ait_simulateTransaction", rawHex=raw)
        assert (found["applies"], found["refusal"]["reason"]) == (False, "insufficient_balance")
        claim = await edge.ask("ait_simulateTransaction", rawHex=a_claim().encode().hex())
        assert claim["refusal"]["reason"] == "unknown_reservation"

    at_work(tmp_path, act)


@pytest.mark.parametrize("raw", ["00", "0101", "ff" * 200, TRANSFER.encode().hex() + "00"])
def test_what_is_no_transaction_is_not_simulated(tmp_path: Path, raw: str) -> None:
    async def act(edge: EdgeAtWork) -> None:
        assert await edge.refusal("ait_simulateTransaction", rawHex=raw) == "malformed"

    at_work(tmp_path, act)


@pytest.mark.parametrize("method", ["ait_getConsensusState", "ait_getMempool"])
def test_without_a_core_there_is_no_answer(tmp_path: Path, method: str) -> None:
    with stored_chain(tmp_path), services_of(tmp_path) as services:
        assert refusal(services, method) == (-32002, "core_unavailable")
