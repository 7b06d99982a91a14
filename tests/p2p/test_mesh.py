from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from p2p.compat import ID, rpc_pb2
from p2p.intake import Intake
from p2p.mesh import CACHE_BYTES_MAX, QUEUE_BYTES_MAX, WANTED_MAX, BoundedCache, ByteQueue, Mesh
from p2p.verdicts import Verdict
from tests.support.network_hosts import networks, run

OURS, STRANGE = "/ours", "/strange"
PEER = ID(b"peer")


class Gate:
    """Knows nobody."""

    async def admit(self, peer: str, size_bytes: int) -> None:
        """Admit."""

    def penalise(self, peer: str, weight: int, reason: str) -> None:
        """Forgive."""


async def accept(topic: str, peer: str, data: bytes) -> Verdict:
    return Verdict.ACCEPT


@asynccontextmanager
async def mesh_with_a_peer() -> AsyncIterator[tuple[Mesh, ByteQueue]]:
    """Return a router that believes in one peer, and what it would send to it."""
    async with networks(1) as (network,):
        mesh = Mesh([OURS])
        intake = Intake(network.host, mesh, gate=Gate(), sink=accept, counter=1)
        queue = intake.peer_queues[PEER] = ByteQueue()
        mesh.mesh[OURS] = set()
        yield mesh, queue


def a_message(number: int, size: int = 10) -> rpc_pb2.Message:
    return rpc_pb2.Message(
        from_id=b"author", seqno=number.to_bytes(8, "big"), topicIDs=[OURS], data=bytes(size)
    )


def id_of(message: rpc_pb2.Message) -> bytes:
    return message.from_id + message.seqno


def with_mesh(test: Callable[[Mesh, ByteQueue], Awaitable[None]]) -> None:
    async def scenario() -> None:
        async with mesh_with_a_peer() as (mesh, queue):
            await test(mesh, queue)

    run(scenario)


@pytest.mark.network
def test_control_about_strange_topics_is_forgotten() -> None:
    async def scenario(mesh: Mesh, queue: ByteQueue) -> None:
        control = rpc_pb2.ControlMessage(
            graft=[rpc_pb2.ControlGraft(topicID=STRANGE)],
            prune=[rpc_pb2.ControlPrune(topicID=STRANGE)],
            ihave=[rpc_pb2.ControlIHave(topicID=STRANGE, messageIDs=[b"x"])],
        )
        await mesh.handle_rpc(rpc_pb2.RPC(control=control), PEER)
        assert not mesh.back_off
        assert len(queue) == 0

    with_mesh(scenario)


@pytest.mark.network
def test_prune_names_no_peers_and_no_endless_time() -> None:
    async def scenario(mesh: Mesh, _: ByteQueue) -> None:
        prune = rpc_pb2.ControlPrune(
            topicID=OURS, backoff=2**63, peers=[rpc_pb2.PeerInfo(peerID=b"trap")]
        )
        dialled: list[object] = []

        async def dial(peers: list[rpc_pb2.PeerInfo]) -> None:
            dialled.append(peers)

        mesh._do_px = dial  # type: ignore[method-assign] # to see that nobody calls it
        control = rpc_pb2.ControlMessage(prune=[prune])
        await mesh.handle_rpc(rpc_pb2.RPC(control=control), PEER)
        assert not dialled
        assert mesh.back_off[OURS][PEER] < 2**40

    with_mesh(scenario)


@pytest.mark.network
def test_wish_for_one_message_many_times_gets_it_once() -> None:
    async def scenario(mesh: Mesh, queue: ByteQueue) -> None:
        message = a_message(1, 1_000_000)
        mesh.mcache.put(message)
        await mesh.handle_iwant(rpc_pb2.ControlIWant(messageIDs=[id_of(message)] * 5_000), PEER)
        assert len(queue) == 1

    with_mesh(scenario)


@pytest.mark.network
def test_wish_for_everything_is_bounded() -> None:
    async def scenario(mesh: Mesh, queue: ByteQueue) -> None:
        messages = [a_message(number) for number in range(1_000)]
        for message in messages:
            mesh.mcache.put(message)
        wish = rpc_pb2.ControlIWant(messageIDs=[id_of(message) for message in messages])
        await mesh.handle_iwant(wish, PEER)
        assert len(queue) == WANTED_MAX

    with_mesh(scenario)


@pytest.mark.network
def test_offer_is_wished_for_once_it_is_new() -> None:
    async def scenario(mesh: Mesh, queue: ByteQueue) -> None:
        assert mesh.pubsub is not None
        mesh.pubsub.seen_messages.add(b"seen")
        offer = rpc_pb2.ControlIHave(topicID=OURS, messageIDs=[b"seen", b"new"])
        await mesh.handle_rpc(rpc_pb2.RPC(control=rpc_pb2.ControlMessage(ihave=[offer])), PEER)
        rpc = await queue.pop()
        assert rpc is not None
        assert list(rpc.control.iwant[0].messageIDs) == [b"new"]

    with_mesh(scenario)


def test_queue_is_bounded_by_bytes_and_counts_what_it_refuses() -> None:
    async def scenario() -> None:
        queue = ByteQueue()
        rpc = rpc_pb2.RPC(publish=[a_message(1, QUEUE_BYTES_MAX // 4)])
        assert [queue.push(rpc) for _ in range(5)] == [True, True, True, False, False]
        assert queue.refused == 2
        await queue.pop()
        assert queue.push(rpc)

    run(scenario)


def test_queue_sends_control_first_and_ends_when_closed() -> None:
    async def scenario() -> None:
        queue = ByteQueue()
        plain, urgent = rpc_pb2.RPC(publish=[a_message(1)]), rpc_pb2.RPC()
        queue.push(plain)
        queue.push(urgent, priority=True)
        assert await queue.pop() is urgent
        assert await queue.pop() is plain
        async with trio.open_nursery() as nursery:
            nursery.start_soon(queue.pop)
            await trio.testing.wait_all_tasks_blocked()
            queue.close()
        assert not queue.push(plain)

    run(scenario)


def test_cache_is_bounded_by_bytes() -> None:
    cache = BoundedCache(window_size=3, history_size=5)
    size = CACHE_BYTES_MAX // 8
    for number in range(20):
        cache.put(a_message(number, size))
        cache.shift()
    assert sum(message.ByteSize() for message in cache.msgs.values()) <= CACHE_BYTES_MAX
    for number in range(100, 120):
        cache.put(a_message(number, size))
    assert sum(message.ByteSize() for message in cache.msgs.values()) <= CACHE_BYTES_MAX
