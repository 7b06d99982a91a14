import contextlib

import pytest
import trio
import trio.testing

from chain.errors import PeerError
from p2p import mux
from p2p.compat import WINDOW_BYTES_MAX, Libp2pIOError
from p2p.mux import HELD_BYTES_MAX, STREAMS_INBOUND_MAX, BoundedStream, BoundedYamux
from p2p.network import Network, PeerStream
from tests.support.network_attacks import YAMUX_HEADER, muxer
from tests.support.network_hosts import connect, networks, run, until

pytestmark = pytest.mark.network

NAME = "/test/1"


def test_every_connection_is_bounded() -> None:
    async def scenario() -> None:
        async with networks(2) as (left, right):
            await connect(left, right)
            for network in (left, right):
                assert isinstance(muxer(network), BoundedYamux)
            stream = await left.open_stream(right.peer, "/ipfs/ping/1.0.0")
            assert isinstance(stream._stream.muxed_stream, BoundedStream)  # type: ignore[attr-defined] # libp2p's

    run(scenario)


async def open_to_sleeper(left: Network, right: Network, wake: trio.Event) -> PeerStream:
    """Open a stream whose other end reads nothing until it is woken."""

    async def sleep(stream: PeerStream) -> None:
        await wake.wait()
        total = 0
        while data := await stream.read():
            total += len(data)
        await stream.write(total.to_bytes(8, "big"))
        await stream.close()

    right.serve(NAME, sleep)
    await connect(left, right)
    return await left.open_stream(right.peer, NAME)


def test_writer_waits_for_a_slow_reader_and_loses_nothing() -> None:
    async def scenario() -> None:
        async with networks(2) as (left, right):
            wake = trio.Event()
            stream = await open_to_sleeper(left, right, wake)
            size = 8 * WINDOW_BYTES_MAX
            async with trio.open_nursery() as nursery:
                nursery.start_soon(stream.write, bytes(size))
                await until(
                    lambda: muxer(left).streams and stream._stream.muxed_stream._credit == 0
                )  # type: ignore[attr-defined] # libp2p's
                wake.set()
            await stream.close()
            assert int.from_bytes(await stream.read(), "big") == size

    run(scenario)


def test_writer_gives_up_when_nothing_is_taken_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mux, "STALL_S", 0.3)

    async def scenario() -> None:
        async with networks(2) as (left, right):
            wake = trio.Event()
            stream = await open_to_sleeper(left, right, wake)
            with pytest.raises(PeerError):
                await stream.write(bytes(WINDOW_BYTES_MAX))
            wake.set()

    run(scenario)


def test_peer_that_ignores_its_windows_is_disconnected() -> None:
    async def scenario() -> None:
        async with networks(2) as (left, right):
            stream = await open_to_sleeper(left, right, trio.Event())
            muxed = stream._stream.muxed_stream  # type: ignore[attr-defined] # libp2p's
            sent = 0
            with contextlib.suppress(Libp2pIOError):
                while sent < 2 * HELD_BYTES_MAX and right.is_connected(left.peer):
                    frame = YAMUX_HEADER.pack(0, 0, 0, muxed.stream_id, 65_000) + bytes(65_000)
                    await muxer(left).secured_conn.write(frame)
                    sent += 65_000
            await until(lambda: not right.is_connected(left.peer))
            assert sent <= HELD_BYTES_MAX + 8 * 1024 * 1024  # what the sockets hold besides

    run(scenario)


def test_streams_above_the_limit_are_reset_and_the_rest_live() -> None:
    async def scenario() -> None:
        async with networks(2) as (left, right):
            served = 0
            wake = trio.Event()

            async def hold(stream: PeerStream) -> None:
                nonlocal served
                served += 1
                await wake.wait()
                await stream.close()

            right.serve(NAME, hold)
            await connect(left, right)
            await trio.testing.wait_all_tasks_blocked(0.1)  # let identify end
            opened = 0
            async with trio.open_nursery() as nursery:

                async def open_one() -> None:
                    nonlocal opened
                    with contextlib.suppress(PeerError):
                        await left.open_stream(right.peer, NAME)
                        opened += 1

                for _ in range(STREAMS_INBOUND_MAX + 20):
                    nursery.start_soon(open_one)
            await until(lambda: served == opened)
            assert opened <= STREAMS_INBOUND_MAX
            wake.set()
            assert left.is_connected(right.peer)

    run(scenario)
