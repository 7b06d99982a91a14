import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from node.api.edge import EXIT_CONFIG, EXIT_STORE, NICE, main, offered_methods
from tests.support.builders import a_batch, a_receipt, a_transfer
from tests.support.fake_core import FakeCore
from tests.support.small_chain import edge_settings, services_of, stored_chain

pytestmark = pytest.mark.network

Act = Callable[[str, FakeCore, asyncio.subprocess.Process, int], Awaitable[None]]


def with_edge(folder: Path, act: Act, **given: object) -> int:
    """Run a real edge on a small chain, act, and return its exit code."""
    settings = folder / "api.json"
    settings.write_text(edge_settings(folder, lifeline_fd=0, **given).model_dump_json())
    lifeline, held = os.pipe()

    async def run() -> int:
        async with FakeCore(folder / "api.sock") as core:
            edge = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "node.api.edge", str(settings)),
                stdin=lifeline,
                stderr=subprocess.DEVNULL,
            )
            os.close(lifeline)
            try:
                await core.wait_for(lambda: bool(core.ready))
                await act(core.ready[0].url, core, edge, held)
                async with asyncio.timeout(10):
                    return await edge.wait()
            finally:
                with suppress(ProcessLookupError):
                    edge.kill()

    try:
        with stored_chain(folder):
            return asyncio.run(run())
    finally:
        os.close(held)


async def post(url: str, method: str, *params: object) -> object:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as reply:
        return (await reply.json())["result"]


def test_edge_answers_submits_and_ends_when_it_is_told(tmp_path: Path) -> None:
    transfer = a_transfer().encode()

    async def act(url: str, core: FakeCore, edge: asyncio.subprocess.Process, _: int) -> None:
        await post(url, "ait_sendTransaction", transfer.hex())
        assert [one.transaction for one in core.submits] == [transfer]
        status = await post(url, "ait_status")
        assert isinstance(status, dict)
        assert (status["height"], status["peers"], status["coreConnected"]) == (0, 3, True)
        async with aiohttp.ClientSession() as session, session.get(f"{url}/healthz") as reply:
            assert reply.status == 200
        own = os.getpriority(os.PRIO_PROCESS, 0)
        assert os.getpriority(os.PRIO_PROCESS, edge.pid) == min(own + NICE, 19)
        edge.send_signal(signal.SIGTERM)

    assert with_edge(tmp_path, act) == 0


def test_edge_hands_in_a_batch_and_shows_what_computation_costs(tmp_path: Path) -> None:
    receipts = [a_receipt(receipt_id=name, job_id=name) for name in ("a", "b")]
    batch = a_batch(*receipts).encode()

    async def act(url: str, core: FakeCore, edge: asyncio.subprocess.Process, _: int) -> None:
        documents = [one.document.decode() for one in receipts]
        answer = await post(url, "ait_submitReceipts", documents, batch.hex())
        assert isinstance(answer, dict)
        assert answer["receiptHashes"] == [f"0x{one.hash.hex()}" for one in receipts]
        (submit,) = core.submits
        assert submit.receipts == tuple(one.document for one in receipts)
        pricing = await post(url, "ait_getPricing")
        assert isinstance(pricing, dict)
        assert (pricing["offers"], pricing["lastDay"]) == ([], [])
        edge.send_signal(signal.SIGTERM)

    assert with_edge(tmp_path, act) == 0


@pytest.mark.parametrize("is_on", [True, False])
def test_eth_view_can_be_switched_off(tmp_path: Path, is_on: bool) -> None:  # noqa: FBT001
    settings = edge_settings(tmp_path, eth_compat=is_on)
    with stored_chain(tmp_path), services_of(settings) as services:
        names = {method.name for method in offered_methods(services)}
    assert ("eth_blockNumber" in names) is is_on
    assert ("ots_getApiLevel" in names) is is_on
    assert "ait_status" in names


def test_edge_ends_with_its_supervisor(tmp_path: Path) -> None:
    async def act(_: str, __: FakeCore, ___: asyncio.subprocess.Process, held: int) -> None:
        closed = os.open(os.devnull, os.O_RDONLY)
        os.dup2(closed, held)
        os.close(closed)

    assert with_edge(tmp_path, act) == 0


def test_wrong_arguments_and_settings_are_plain_sentences(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([]) == EXIT_CONFIG
    assert main([str(tmp_path / "none.json")]) == EXIT_CONFIG
    said = capsys.readouterr().err
    assert said.startswith("usage: ")
    assert "aitbc: cannot read" in said


def test_missing_database_ends_the_edge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "api.json"
    file.write_text(edge_settings(tmp_path).model_dump_json())
    assert main([str(file)]) == EXIT_STORE
    assert capsys.readouterr().err.startswith("aitbc: ")


def test_taken_address_ends_the_edge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "api.json"

    async def run(reader: object, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def act() -> int:
        server = await asyncio.start_server(run, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        file.write_text(edge_settings(tmp_path, port=port).model_dump_json())
        async with server:
            return await asyncio.to_thread(main, [str(file)])

    with stored_chain(tmp_path):
        assert asyncio.run(act()) == EXIT_CONFIG
    assert "cannot listen on 127.0.0.1:" in capsys.readouterr().err


def test_edge_tells_what_is_missing_and_what_it_counts(tmp_path: Path) -> None:
    async def act(url: str, _: FakeCore, edge: asyncio.subprocess.Process, __: int) -> None:
        await post(url, "ait_status")
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{url}/readyz") as reply:
                body = await reply.json()
                assert (reply.status, body["status"]) == (503, "not_ready")
                assert "there is no block yet" in body["missing"]
            async with session.get(f"{url}/metrics") as reply:
                assert reply.content_type == "text/plain"
                shown = await reply.text()
        assert 'aitbc_api_calls_total{method="ait_status",outcome="ok"} 1.0' in shown
        assert 'aitbc_api_requests_total{route="/readyz",status="503"} 1.0' in shown
        assert "aitbc_network_peers 3.0" in shown
        edge.send_signal(signal.SIGTERM)

    assert with_edge(tmp_path, act) == 0


def test_metrics_may_be_switched_off(tmp_path: Path) -> None:
    async def act(url: str, _: FakeCore, edge: asyncio.subprocess.Process, __: int) -> None:
        async with aiohttp.ClientSession() as session, session.get(f"{url}/metrics") as reply:
            assert reply.status == 404
        edge.send_signal(signal.SIGTERM)

    assert with_edge(tmp_path, act, metrics=False) == 0
