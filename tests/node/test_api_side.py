import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from chain import events
from chain.codec import u16
from chain.exchange import Topic as GossipTopic
from chain.primitives import ZERO_HASH, Hash
from node.api_frames import ApiReady, NodeStatus, Notice, Submit, SubmitResult
from node.api_questions import Answer, Question, Topic
from node.api_side import LINKS_MAX, ApiSide
from node.clock import monotonic_ms
from node.home import Home
from p2p.beat import Beat
from p2p.frames import FrameMessage
from p2p.orders import Publish
from p2p.reports import PeerUp
from tests.support.builders import a_claim, a_receipt, a_transfer
from tests.support.cores import (
    DEADLINE_S,
    api_edge,
    genesis_hash,
    make_homes,
    network_edge,
    pay,
    running_core,
)


def play(story: Callable[[], Awaitable[None]]) -> None:
    """Run a story within a deadline."""

    async def within() -> None:
        async with asyncio.timeout(DEADLINE_S):
            await story()

    asyncio.run(within())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """The home of a chain's only validator."""
    (home,) = make_homes(tmp_path)
    return home


@pytest.fixture
def lonely(tmp_path: Path) -> Home:
    """The home of one of two validators, whose chain stands still without the other."""
    (home,) = make_homes(tmp_path, validators=2, homes=1)
    return home


def test_admitted_transaction_is_answered_and_gossiped(lonely: Home) -> None:
    transfer = pay(lonely, 5)

    async def story() -> None:
        async with (
            running_core(lonely),
            network_edge(lonely) as network,
            api_edge(lonely) as api,
        ):
            api.link.send(ApiReady("http://127.0.0.1:1"))
            api.link.send(Submit(2**32 - 1, transfer.encode()))
            result = await api.hears(SubmitResult)
            assert result == SubmitResult(2**32 - 1, transfer.id(genesis_hash(lonely)))
            published = await network.hears(Publish)
            assert published.topic is GossipTopic.TX
            assert transfer.encode() in published.payload

    play(story)


def test_refused_transaction_is_answered_with_its_code_and_fields(lonely: Home) -> None:
    async def story() -> None:
        async with running_core(lonely), api_edge(lonely) as api:
            api.link.send(Submit(1, pay(lonely, 10**15).encode()))
            result = await api.hears(SubmitResult)
            assert result.code == "insufficient_balance"
            assert "base units" in result.sentence
            assert int(result.fields["available"]) > 0
            api.link.send(Submit(2, pay(lonely, 5).encode()))
            api.link.send(Submit(3, pay(lonely, 5).encode()))
            known = await api.hears(SubmitResult, lambda result: result.ticket == 3)
            assert known.code == "already_known"

    play(story)


def test_each_edge_hears_its_own_answers_only(lonely: Home) -> None:
    async def story() -> None:
        async with running_core(lonely), api_edge(lonely) as one, api_edge(lonely) as two:
            one.link.send(Submit(5, pay(lonely, 5).encode()))
            assert (await one.hears(SubmitResult)).code == ""
            two.link.send(Submit(5, pay(lonely, 6, nonce=1).encode()))
            assert (await two.hears(SubmitResult)).code == ""
            assert len([it for it in one.heard if isinstance(it, SubmitResult)]) == 1

    play(story)


def test_every_edge_hears_of_every_block_and_of_the_node(home: Home) -> None:
    async def story() -> None:
        async with running_core(home) as core, api_edge(home) as one, api_edge(home) as two:
            target = core._engine.ledger.height + 2
            first = await one.hears(Notice, lambda notice: notice.height == target)
            second = await two.hears(Notice, lambda notice: notice.height == target)
            assert first == second
            await one.hears(NodeStatus)
            await two.hears(NodeStatus)

    play(story)


def test_question_is_answered_under_its_ticket(lonely: Home) -> None:
    async def story() -> None:
        async with running_core(lonely), api_edge(lonely) as api:
            api.link.send(Submit(1, pay(lonely, 5).encode()))
            await api.hears(SubmitResult)
            api.link.send(Question(7, Topic.MEMPOOL, u16(5)))
            api.link.send(Question(8, Topic.CONSENSUS))
            pool = await api.hears(Answer, lambda answer: answer.ticket == 7)
            assert json.loads(pool.content)["count"] == 1
            consensus = await api.hears(Answer, lambda answer: answer.ticket == 8)
            assert len(json.loads(consensus.content)["validators"]) == 2

    play(story)


GARBAGE: dict[str, FrameMessage] = {
    "no transaction": Submit(1, b"noise"),
    "empty transaction": Submit(1, b""),
    "claim without document": Submit(1, a_claim().encode()),
    "no document": Submit(1, a_claim().encode(), (b"{}",)),
    "huge document": Submit(1, a_claim().encode(), (a_receipt().document * 3,)),
    "document without a claim": Submit(1, a_transfer().encode(), (a_receipt().document,)),
    "report of the other edge": PeerUp("peer"),
    "question of nothing": Question(1, Topic.MEMPOOL),
    "simulation of nothing": Question(1, Topic.SIMULATE, b"noise"),
    "order": Notice(1, ZERO_HASH),
}


@pytest.mark.parametrize("report", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_from_an_edge_closes_its_own_link_only(home: Home, report: FrameMessage) -> None:
    async def story() -> None:
        async with running_core(home) as core, api_edge(home) as bad, api_edge(home) as good:
            bad.link.send(report)
            await bad.is_cut()
            target = core._engine.ledger.height + 2
            await good.hears(Notice, lambda notice: notice.height == target)
            assert not core.api._callers

    play(story)


@pytest.mark.parametrize("report", [ApiReady(""), Beat(2**64 - 1, 65_535, 2**64 - 1)])
def test_odd_reports_change_nothing(lonely: Home, report: FrameMessage) -> None:
    async def story() -> None:
        async with running_core(lonely), api_edge(lonely) as api:
            api.link.send(report)
            api.link.send(Submit(1, pay(lonely, 5).encode()))
            assert (await api.hears(SubmitResult)).code == ""

    play(story)


def test_edge_that_leaves_does_not_disturb_its_answers(lonely: Home) -> None:
    async def story() -> None:
        async with running_core(lonely) as core, api_edge(lonely) as api:
            async with api_edge(lonely) as gone:
                gone.link.send(Submit(1, pay(lonely, 5).encode()))
                await gone.hears(SubmitResult)
            await api.hears(NodeStatus, lambda status: status.mempool == 1)
            assert len(core.api._links) == 1
            assert not core.api._callers

    play(story)


def test_one_edge_too_many_is_refused(lonely: Home) -> None:
    async def story() -> None:
        async with running_core(lonely), AsyncExitStack() as stack:
            edges = [await stack.enter_async_context(api_edge(lonely)) for _ in range(LINKS_MAX)]
            await edges[-1].hears(NodeStatus)
            async with api_edge(lonely) as refused:
                await refused.is_cut()
            assert not any(edge.link.is_closed for edge in edges)

    play(story)


SLEEPER = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
SLEEPER += "[s.recv(4096) for _ in range(100)]"


def test_silent_edge_is_killed_and_a_talking_one_is_not(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    taken: list[events.Event] = []
    side = ApiSide(
        genesis_hash=Hash(bytes(32)), take=taken.append, tell=lambda _: b"{}", silence_ms=300
    )

    async def story() -> None:
        server = await side.serve(home)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SLEEPER, str(home.api_socket)
        )
        ended = asyncio.create_task(process.wait())
        async with api_edge(home) as talking:
            while not ended.done():
                talking.link.send(Beat(1, 1, 1))
                await asyncio.wait({ended}, timeout=0.01)
                side.watch()
            assert process.returncode == -signal.SIGKILL
            assert not talking.link.is_closed
        server.close()

    began_ms = monotonic_ms()
    play(story)
    assert monotonic_ms() - began_ms >= 300
    assert not taken
