from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import trio

from chain.errors import ConfigError, PeerError
from p2p import job_streams
from p2p.job_streams import JobServer, ask_miner
from p2p.network import Network, PeerStream, split_address
from p2p.protocols import JOB_REQUEST_BYTES_MAX, job_name
from p2p.streams import MessageReader, write_message
from tests.support.network import GENESIS, free_port
from tests.support.network_hosts import connect, networks, run, until

pytestmark = pytest.mark.network


@dataclass
class Word:
    """A ticket whose answer is the request, upside down, once it is let go."""

    request: bytes
    is_done: bool = True
    verdicts: list[bytes | None] = field(default_factory=list)

    def find_answer(self) -> bytes | None:
        return self.request[::-1] if self.is_done else None

    def conclude(self, verdict: bytes | None) -> None:
        self.verdicts.append(verdict)


@dataclass
class Words:
    """A desk that remembers its tickets."""

    is_done: bool = True
    tickets: list[Word] = field(default_factory=list)

    def take(self, request: bytes) -> Word:
        self.tickets.append(Word(request, self.is_done))
        return self.tickets[-1]


@asynccontextmanager
async def a_miner(desk: Words) -> AsyncIterator[Network]:
    """Run a host that serves a desk."""
    async with networks(1) as (network,):
        JobServer(network, GENESIS, desk)
        yield network


async def ask(
    miner: Network,
    request: bytes,
    judge: Callable[[bytes], bytes] = lambda _: b"fine",
    timeout_s: float = 10.0,
) -> None:
    """Ask as a client does, in another thread with an event loop of its own."""
    address = miner.addresses()[0]
    await trio.to_thread.run_sync(
        lambda: ask_miner(address, GENESIS, request, judge, timeout_s=timeout_s)
    )


def test_request_answer_and_verdict_pass() -> None:
    async def scenario() -> None:
        desk, heard = Words(), []
        async with a_miner(desk) as miner:
            await ask(miner, b"abc" * 100_000, lambda answer: heard.append(answer) or b"fine")
            await until(lambda: desk.tickets[0].verdicts)
        assert heard == [b"cba" * 100_000]
        assert desk.tickets[0].verdicts == [b"fine"]

    run(scenario)


def test_client_without_a_verdict_ends_the_conversation() -> None:
    async def scenario() -> None:
        desk = Words()
        async with a_miner(desk) as miner:
            await ask(miner, b"abc", lambda _: b"")
            await until(lambda: desk.tickets[0].verdicts)
        assert desk.tickets[0].verdicts == [None]

    run(scenario)


def test_miner_that_works_long_shows_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_streams, "ALIVE_EVERY_S", 0.05)
    monkeypatch.setattr(job_streams, "SILENCE_S", 1.0)

    async def scenario() -> None:
        desk, heard = Words(is_done=False), []
        async with a_miner(desk) as miner, trio.open_nursery() as nursery:
            nursery.start_soon(ask, miner, b"abc", lambda answer: heard.append(answer) or b"ok")
            await until(lambda: desk.tickets)
            await trio.sleep(2.0)
            desk.tickets[0].is_done = True
        assert heard == [b"cba"]

    run(scenario)


def test_silent_miner_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_streams, "SILENCE_S", 0.2)

    async def scenario() -> None:
        async with a_miner(Words(is_done=False)) as miner:
            with pytest.raises(PeerError, match="said nothing"):
                await ask(miner, b"abc")

    run(scenario)


def test_miner_that_takes_too_long_is_left() -> None:
    async def scenario() -> None:
        async with a_miner(Words(is_done=False)) as miner:
            with pytest.raises(PeerError, match=r"no answer within 0\.5 s"):
                await ask(miner, b"abc", timeout_s=0.5)

    run(scenario)


def test_client_that_leaves_is_concluded_without_a_verdict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(job_streams, "ALIVE_EVERY_S", 0.05)

    async def scenario() -> None:
        desk = Words(is_done=False)
        async with a_miner(desk) as miner, networks(1) as (client,):
            await connect(client, miner)
            stream = await client.open_stream(miner.peer, job_name(GENESIS))
            await write_message(stream, b"abc")
            await until(lambda: desk.tickets)
            await stream.reset()
            await client.disconnect(miner.peer)
            await until(lambda: desk.tickets[0].verdicts)
        assert desk.tickets[0].verdicts == [None]

    run(scenario)


def test_request_above_the_limit_and_stream_above_the_count_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(job_streams, "SERVING_PER_PEER_MAX", 1)

    async def scenario() -> None:
        desk = Words(is_done=False)
        async with a_miner(desk) as miner, networks(1) as (client,):
            await connect(client, miner)
            large = await client.open_stream(miner.peer, job_name(GENESIS))
            await large.write((JOB_REQUEST_BYTES_MAX + 1).to_bytes(4, "big"))
            assert not await read_or_end(large)
            first = await client.open_stream(miner.peer, job_name(GENESIS))
            await write_message(first, b"abc")
            await until(lambda: desk.tickets)
            second = await client.open_stream(miner.peer, job_name(GENESIS))
            await write_message(second, b"abc")
            assert not await read_or_end(second)
        assert len(desk.tickets) == 1

    run(scenario)


async def read_or_end(stream: PeerStream) -> bytes:
    """Return what comes, or nothing where the stream ends in any way."""
    try:
        return await stream.read()
    except PeerError:
        return b""


def test_verdict_above_its_limit_is_none() -> None:
    async def scenario() -> None:
        desk = Words()
        async with a_miner(desk) as miner:
            await ask(miner, b"abc", lambda _: b"x" * 1_000)
            await until(lambda: desk.tickets[0].verdicts)
        assert desk.tickets[0].verdicts == [None]

    run(scenario)


def test_nobody_and_somebody_else_at_the_address_are_peer_errors() -> None:
    async def scenario() -> None:
        async with networks(2) as (one, other):
            peer, _ = split_address(one.addresses()[0])
            _, where = split_address(other.addresses()[0])
            for address in (f"{where}/p2p/{peer}", f"/ip4/127.0.0.1/tcp/{free_port()}/p2p/{peer}"):
                with pytest.raises(PeerError):
                    await trio.to_thread.run_sync(
                        lambda address=address: ask_miner(
                            address, GENESIS, b"abc", lambda _: b"", timeout_s=5.0
                        )
                    )

    run(scenario)


def test_address_that_is_none_is_an_error_of_the_operator() -> None:
    with pytest.raises(ConfigError, match="peer address"):
        ask_miner("127.0.0.1:1", GENESIS, b"abc", lambda _: b"", timeout_s=5.0)


def test_stream_of_a_miner_that_ends_early_is_a_peer_error() -> None:
    async def scenario() -> None:
        async def leave(stream: PeerStream) -> None:
            await MessageReader(stream, limit=100).next()
            await stream.close()

        async with networks(1) as (miner,):
            miner.serve(job_name(GENESIS), leave)
            with pytest.raises(PeerError, match="ended the conversation"):
                await ask(miner, b"abc")

    run(scenario)
