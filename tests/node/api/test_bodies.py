import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web

from node.api.bodies import SMALL_BYTES, Bodies
from node.api.settings import Limits

LARGE = SMALL_BYTES + 1
Act = Callable[[str, asyncio.Event], Awaitable[None]]


def with_bodies(act: Act, limits: Limits) -> None:
    """Serve what reads a body, and then waits until it may answer unless the body is "small"."""

    async def run() -> None:
        bodies, may_answer = Bodies(limits), asyncio.Event()

        async def answer(request: web.Request) -> web.Response:
            async with bodies.held(request) as body:
                if len(body) != len(b"small"):
                    await may_answer.wait()
                return web.Response(text=str(len(body)))

        application = web.Application(client_max_size=limits.body_bytes_max)
        application.router.add_route("*", "/", answer)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        try:
            async with asyncio.timeout(20):
                await act(f"http://{host}:{port}/", may_answer)
        finally:
            await runner.cleanup()

    asyncio.run(run())


async def send(url: str, body: bytes | None = None) -> tuple[int, str]:
    method = "GET" if body is None else "POST"
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, data=body) as reply,
    ):
        return reply.status, await reply.text()


async def begin(url: str, size: int) -> asyncio.StreamWriter:
    """Begin to send a body of some size, and no more."""
    host, _, port = url.removeprefix("http://").rstrip("/").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\nx"
    writer.write(head.encode())
    await writer.drain()
    return writer


@pytest.mark.parametrize(("body", "size"), [(None, "0"), (b"", "0"), (b"abc", "3")])
def test_body_is_read(body: bytes | None, size: str) -> None:
    async def act(url: str, may_answer: asyncio.Event) -> None:
        may_answer.set()
        assert await send(url, body) == (200, size)

    with_bodies(act, Limits())


def test_large_ones_wait_for_a_place_and_small_ones_do_not() -> None:
    async def act(url: str, may_answer: asyncio.Event) -> None:
        sent = {asyncio.create_task(send(url, b"x" * LARGE)) for _ in range(3)}
        (refused,), held = await asyncio.wait(sent, return_when=asyncio.FIRST_COMPLETED)
        assert refused.result() == (408, "the body took too long\n")
        assert await send(url, b"small") == (200, "5")
        may_answer.set()
        assert [await one for one in held] == [(200, str(LARGE))] * 2
        assert await send(url, b"x" * LARGE) == (200, str(LARGE))

    with_bodies(act, Limits(large_bodies_max=2, body_timeout_ms=500))


def test_slow_small_ones_take_no_place() -> None:
    async def act(url: str, may_answer: asyncio.Event) -> None:
        may_answer.set()
        slow = [await begin(url, 100) for _ in range(20)]
        assert await send(url, b"x" * (LARGE)) == (200, str(LARGE))
        for writer in slow:
            writer.close()
            await writer.wait_closed()

    with_bodies(act, Limits(large_bodies_max=1, requests_max=1))


def test_answers_at_once_have_a_limit_and_places_come_back() -> None:
    async def act(url: str, may_answer: asyncio.Event) -> None:
        first = asyncio.create_task(send(url, b"a"))
        second = asyncio.create_task(send(url, b"b"))
        done, waiting = await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED)
        (refused,) = done
        assert refused.result() == (503, "the node answers too many already\n")
        may_answer.set()
        (answered,) = waiting
        assert await answered == (200, "1")
        assert await send(url, b"c") == (200, "1")

    with_bodies(act, Limits(requests_max=1, body_timeout_ms=500))
