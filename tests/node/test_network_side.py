import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from chain import events
from chain.codec import bytes32, sequence
from chain.exchange import ProtocolId, Topic
from chain.payload_pairs import encode_claim_bundle
from chain.primitives import ZERO_HASH, Hash, Height
from node.api_frames import NodeStatus, Notice, Submit
from node.clock import monotonic_ms
from node.home import Home
from node.network_side import NetworkSide
from p2p.beat import Beat
from p2p.frames import FrameMessage
from p2p.orders import Answer, Broadcast, Cut, Publish, Punish, Request, Send, Status
from p2p.reports import (
    Consensus,
    Gossip,
    Incoming,
    PeerDown,
    PeerStatus,
    PeerUp,
    Ready,
    Response,
)
from tests.support.builders import a_claim, a_receipt
from tests.support.cores import (
    DEADLINE_S,
    api_edge,
    genesis_hash,
    make_homes,
    network_edge,
    pay,
    running_core,
)

PEER = "12D3KooWPeer"


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


def test_status_is_the_first_thing_an_edge_hears(lonely: Home) -> None:
    async def story() -> None:
        async with running_core(lonely), network_edge(lonely) as edge:
            await edge.hears(Status)
            assert edge.heard[0] == Status(Height(0), genesis_hash(lonely))

    play(story)


def test_node_that_is_cut_off_stays_so_whatever_becomes_of_its_edge(lonely: Home) -> None:
    async def story() -> None:
        async with running_core(lonely) as core:
            async with network_edge(lonely) as edge:
                await edge.hears(Status)
                core.network.cut([PEER])
                assert await edge.hears(Cut) == Cut((PEER,))
            async with network_edge(lonely) as edge:
                assert await edge.hears(Cut) == Cut((PEER,))
                assert core.network.cut_peers == [PEER]
                core.network.cut([])
                await edge.hears(Cut, lambda cut: not cut.peers)
            async with network_edge(lonely) as edge:
                core.network.set_status(Height(1), ZERO_HASH)
                await edge.hears(Status, lambda status: status.height == 1)
                assert not any(isinstance(one, Cut) for one in edge.heard)

    play(story)


def test_later_edge_hears_of_the_last_block(home: Home) -> None:
    async def story() -> None:
        async with running_core(home), api_edge(home) as api:
            notice = await api.hears(Notice, lambda notice: notice.height >= 2)
            async with network_edge(home) as edge:
                status = await edge.hears(Status)
                assert status.height >= notice.height

    play(story)


def test_consensus_message_reaches_the_engine_and_its_reply_comes_back(lonely: Home) -> None:
    async def story() -> None:
        async with running_core(lonely), network_edge(lonely) as edge:
            edge.link.send(PeerUp("the other"))
            vote = await edge.hears(Broadcast)
            edge.link.send(PeerUp(PEER))
            told = await edge.hears(Send)
            assert told.peer == PEER
            assert vote.message
            edge.link.send(Consensus(PEER, b"rubbish"))
            assert (await edge.hears(Punish)).peer == PEER

    play(story)


def test_question_of_a_peer_is_answered(lonely: Home) -> None:
    async def story() -> None:
        async with running_core(lonely), network_edge(lonely) as edge:
            edge.link.send(Incoming(7, ProtocolId.FETCH, PEER, b"rubbish"))
            assert await edge.hears(Answer) == Answer(7, b"")
            edge.link.send(Incoming(8, ProtocolId.SYNC, PEER, b"rubbish"))
            await edge.hears(Answer, lambda answer: answer.id == 8)

    play(story)


def ahead(*edges_told: Callable[[FrameMessage], None]) -> None:
    """Tell of a peer that is far ahead."""
    for tell in edges_told:
        tell(PeerUp(PEER))
        tell(PeerStatus(PEER, Height(100), ZERO_HASH))


def test_peer_that_is_ahead_is_asked_for_blocks(lonely: Home) -> None:
    async def story() -> None:
        async with running_core(lonely) as core, network_edge(lonely) as edge:
            ahead(edge.link.send)
            request = await edge.hears(Request)
            assert (request.protocol, request.peer) == (ProtocolId.SYNC, PEER)
            assert core._engine.catch_up.open
            edge.link.send(Response(id=request.id, ok=False, peer=PEER, payload=b"timeout"))
            ahead(edge.link.send)
            await edge.hears(Request, lambda other: other.id != request.id)

    play(story)


@pytest.mark.parametrize("leaves", [True, False], ids=["lost", "replaced"])
def test_lost_edge_takes_its_peers_and_requests_along(lonely: Home, *, leaves: bool) -> None:
    async def story() -> None:
        async with running_core(lonely) as core, network_edge(lonely) as edge:
            ahead(edge.link.send)
            request = await edge.hears(Request)
            assert core.network.peers == 1
            if leaves:
                await edge.leave()
            async with network_edge(lonely) as other, api_edge(lonely) as api:
                await other.hears(Status)
                await edge.is_cut()
                status = await api.hears(NodeStatus, lambda status: not status.peers)
                assert not status.catching_up
                ahead(other.link.send)
                again = await other.hears(Request)
                assert again.id != request.id

    play(story)


def test_request_without_an_edge_fails_at_once(lonely: Home) -> None:
    async def story() -> None:
        async with running_core(lonely) as core:
            core.take(events.PeerStatus(PEER, 100, 0))
            assert core._engine.catch_up.open
            await asyncio.sleep(0)
            assert not core._engine.catch_up.open

    play(story)


def test_gossiped_transaction_waits_in_the_mempool(lonely: Home) -> None:
    async def story() -> None:
        async with (
            running_core(lonely),
            network_edge(lonely) as edge,
            api_edge(lonely) as api,
        ):
            payload = sequence([pay(lonely, 5).encode(), pay(lonely, 6, nonce=1).encode()])
            edge.link.send(Gossip(Topic.TX, PEER, payload))
            await api.hears(NodeStatus, lambda status: status.mempool == 2)
            assert not [one for one in edge.heard if isinstance(one, Publish)]

    play(story)


def a_lone_claim() -> bytes:
    """Return a claim without its document, in a batch."""
    return sequence([a_claim().encode()])


def a_pair_of_rubbish() -> bytes:
    """Return a pair whose document is none, in a batch."""
    return sequence([encode_claim_bundle(documents=[b"{}"], claim=a_claim().encode())])


GARBAGE: dict[str, FrameMessage] = {
    "transactions": Gossip(Topic.TX, PEER, b"noise"),
    "no transaction": Gossip(Topic.TX, PEER, sequence([b"noise"])),
    "claim without document": Gossip(Topic.TX, PEER, a_lone_claim()),
    "receipts": Gossip(Topic.RECEIPT, PEER, b"noise"),
    "document": Gossip(Topic.RECEIPT, PEER, a_pair_of_rubbish()),
    "huge document": Gossip(
        Topic.RECEIPT,
        PEER,
        sequence([bytes32(a_receipt().document * 3) + bytes32(a_claim().encode())]),
    ),
    "block": Gossip(Topic.BLOCK, PEER, b"noise"),
    "consensus": Consensus(PEER, b"\xff" * 1_000),
    "empty consensus": Consensus("", b""),
    "answer to nothing": Response(id=99, ok=True, peer=PEER, payload=b"noise"),
    "question": Incoming(0, ProtocolId.FETCH, PEER, b"\xff" * 1_000),
    "unknown peer down": PeerDown("nobody"),
    "impossible height": PeerStatus(PEER, Height(2**64 - 1), ZERO_HASH),
    "order": Status(Height(1), ZERO_HASH),
    "ready without addresses": Ready((), ""),
    "beat": Beat(2**64 - 1, 65_535, 2**64 - 1, 65_535, 2**64 - 1),
}


@pytest.mark.parametrize("report", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_from_the_edge_does_not_stop_the_chain(home: Home, report: FrameMessage) -> None:
    async def story() -> None:
        async with running_core(home) as core, network_edge(home) as edge:
            await edge.hears(Status)
            edge.link.send(PeerUp(PEER))
            edge.link.send(report)
            async with network_edge(home) as other, api_edge(home) as api:
                await other.hears(Status)
                target = core._engine.ledger.height + 2
                await api.hears(Notice, lambda notice: notice.height == target)

    play(story)


@pytest.mark.parametrize("protocol", list(ProtocolId))
def test_garbage_for_an_answer_fails_the_request(lonely: Home, protocol: ProtocolId) -> None:
    async def story() -> None:
        async with running_core(lonely) as core, network_edge(lonely) as edge:
            await edge.hears(Status)
            ask = events.Ask(7, ProtocolId(protocol), PEER, b"")
            core.network.perform(ask)
            await edge.hears(Request, lambda request: request.id == 7)
            edge.link.send(Response(id=7, ok=True, peer=PEER, payload=b"noise"))
            edge.link.send(Incoming(8, ProtocolId.FETCH, PEER, b"rubbish"))
            await edge.hears(Answer)
            assert not core.network._asked
            assert not edge.link.is_closed

    play(story)


SLEEPER = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
SLEEPER += "[s.recv(4096) for _ in range(100)]"


def test_silent_edge_is_killed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    taken: list[events.Event] = []
    side = NetworkSide(genesis_hash=Hash(bytes(32)), take=taken.append, silence_ms=100)

    async def story() -> None:
        server = await side.serve(home)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SLEEPER, str(home.network_socket)
        )
        ended = asyncio.create_task(process.wait())
        while not ended.done():
            side.watch()
            await asyncio.wait({ended}, timeout=0.01)
        assert process.returncode == -signal.SIGKILL
        side.watch()
        server.close()

    play(story)


def test_edge_that_beats_is_left_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    side = NetworkSide(genesis_hash=Hash(bytes(32)), take=lambda _: None, silence_ms=200)

    async def story() -> None:
        server = await side.serve(home)
        async with network_edge(home) as edge:
            await edge.hears(Status)
            deadline = monotonic_ms() + 600
            while monotonic_ms() < deadline:
                edge.link.send(Beat(1, 0, 0))
                await asyncio.wait({edge._listening}, timeout=0.02)
                side.watch()
            assert not edge.link.is_closed
            assert side.beat == Beat(1, 0, 0)
        server.close()

    play(story)


def test_transactions_of_one_moment_travel_in_one_message(lonely: Home) -> None:
    async def story() -> None:
        async with running_core(lonely), network_edge(lonely) as network, api_edge(lonely) as api:
            paid = [pay(lonely, 5, nonce=nonce).encode() for nonce in range(3)]
            for ticket, transaction in enumerate(paid):
                api.link.send(Submit(ticket, transaction))
            heard = await network.hears(Publish)
            assert heard == Publish(Topic.TX, sequence(paid))

    play(story)
