import pytest
import trio

from chain.errors import MalformedMessage, PeerError
from p2p.network import Network, PeerStream
from p2p.streams import MessageReader, Outbox, write_message
from tests.support.network_hosts import connect, networks, run

NAME = "/test/1"


async def streams(sender: Network, receiver: Network) -> tuple[PeerStream, PeerStream]:
    """Return both ends of a stream."""
    opened, taken = trio.open_memory_channel[PeerStream](1)
    ended = trio.Event()

    async def take(stream: PeerStream) -> None:
        await opened.send(stream)
        await ended.wait()

    receiver.serve(NAME, take)
    await connect(sender, receiver)
    return await sender.open_stream(receiver.peer, NAME), await taken.receive()


@pytest.mark.network
def test_messages_come_out_as_they_went_in() -> None:
    async def scenario() -> None:
        async with networks(2) as (left, right):
            out, into = await streams(left, right)
            sizes = [0, 1, 65_507, 65_508, 3_000_000, 9 * 1024 * 1024]
            reader = MessageReader(into, limit=sizes[-1])
            async with trio.open_nursery() as nursery:
                nursery.start_soon(send, out, sizes)
                for size in sizes:
                    message = await reader.next()
                    assert message == bytes([size % 251]) * size
                assert await reader.next() is None

    async def send(out: PeerStream, sizes: list[int]) -> None:
        for size in sizes:
            await write_message(out, bytes([size % 251]) * size)
        await out.close()

    run(scenario)


@pytest.mark.network
@pytest.mark.parametrize(
    ("data", "error"), [(b"\0\0\0\x0b", MalformedMessage), (b"\0\0\0\x09short", PeerError)]
)
def test_bad_message_is_refused(data: bytes, error: type[Exception]) -> None:
    async def scenario() -> None:
        async with networks(2) as (left, right):
            out, into = await streams(left, right)
            await out.write(data)
            await out.close()
            with pytest.raises(error):
                await MessageReader(into, limit=10).next()

    run(scenario)


@pytest.mark.network
def test_reset_within_a_message_is_a_peer_error() -> None:
    async def scenario() -> None:
        async with networks(2) as (left, right):
            out, into = await streams(left, right)
            await out.write(b"\0\0\0\x09short")
            await out.reset()
            with pytest.raises(PeerError):
                await MessageReader(into, limit=10).next()

    run(scenario)


def test_full_outbox_loses_the_oldest_and_counts_them() -> None:
    async def scenario() -> None:
        outbox = Outbox(count_max=2, bytes_max=100)
        assert [outbox.put(b"%d" % number) for number in range(4)] == [0, 0, 1, 1]
        assert await outbox.first() == b"2"
        assert outbox.put(bytes(99)) == 1
        assert await outbox.first() == b"3"

    run(scenario)


def test_message_larger_than_the_outbox_still_passes() -> None:
    async def scenario() -> None:
        outbox = Outbox(count_max=2, bytes_max=100)
        assert outbox.put(bytes(1_000)) == 0
        assert await outbox.first() == bytes(1_000)

    run(scenario)


def test_message_stays_until_it_is_done() -> None:
    async def scenario() -> None:
        outbox = Outbox(count_max=1, bytes_max=100)
        outbox.put(b"first")
        message = await outbox.first()
        assert await outbox.first() is message
        outbox.put(b"second")
        outbox.done(message)
        assert await outbox.first() == b"second"

    run(scenario)
