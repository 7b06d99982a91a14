# ruff: noqa: ANN401 -- settings are handed on by name, and pydantic checks them

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from node.api.callers import CALLER
from node.api.jsonrpc import Charge
from node.api.problems import RpcError
from node.api.routes import Route
from node.api.server import RpcServer, ServerFigures
from node.api.settings import ApiEdgeSettings, Limits

BODY = b'{"hello":1}'
DEAR = 1_000
JSON = {"Content-Type": "application/json"}


async def echo(body: bytes, charge: Charge) -> bytes:
    try:
        charge(DEAR if body == b"dear" else 1)
    except RpcError:
        return b"refused"
    if body == b"who":
        return CALLER.get().network
    return b"" if body == b"quiet" else body


def settings_of(**settings: Any) -> ApiEdgeSettings:
    defaults: dict[str, Any] = {"chain_id": "aitbc-test", "genesis_hash": "00" * 32, "port": 0}
    return ApiEdgeSettings(**(defaults | settings))


def with_server(
    act: Callable[[str], Awaitable[Any]],
    *,
    routes: Sequence[Route] = (),
    seen: list[tuple[str, int, bool]] | None = None,
    **settings: Any,
) -> Any:
    def observe(route: str, status: int, took_us: int | None) -> None:
        if seen is not None:
            seen.append((route, status, took_us is not None))

    async def run() -> Any:
        server = RpcServer(
            settings_of(**settings),
            answer=echo,
            converse=pytest.fail,
            routes=routes,
            observe=observe,
        )
        url = await server.start()
        try:
            return await act(url)
        finally:
            await server.close()

    return asyncio.run(run())


def ask(
    method: str = "POST",
    path: str = "/",
    *,
    body: bytes | None = BODY,
    headers: dict[str, str] | None = None,
    **settings: Any,
) -> tuple[int, bytes, Mapping[str, str]]:
    async def act(url: str) -> tuple[int, bytes, Mapping[str, str]]:
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                method, url + path, data=body, headers=JSON if headers is None else headers
            ) as reply,
        ):
            return reply.status, await reply.read(), reply.headers

    return with_server(act, **settings)


def send_raw(*pieces: bytes, **settings: Any) -> bytes:
    """Send bytes as they are, and return all that comes until the server closes."""

    async def act(url: str) -> bytes:
        host, _, port = url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        for piece in pieces:
            writer.write(piece)
        async with asyncio.timeout(10):
            try:
                return await reader.read()
            except ConnectionError:
                return b""
            finally:
                writer.close()

    return with_server(act, **settings)


def test_what_answers_knows_who_calls() -> None:
    assert ask(body=b"who")[1] == b"\x7f\0\0\x01"


@pytest.mark.parametrize("path", ["/", "/rpc"])
def test_post_is_answered_as_json(path: str) -> None:
    status, reply, headers = ask(path=path)
    assert (status, reply) == (200, BODY)
    assert headers["Content-Type"] == "application/json"
    assert "Access-Control-Allow-Origin" not in headers


def test_nothing_to_say_is_204() -> None:
    assert ask(body=b"quiet")[:2] == (204, b"")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 405), ("PUT", "/", 405), ("DELETE", "/rpc", 405), ("POST", "/admin", 404)],
)
def test_other_methods_and_paths_are_refused(method: str, path: str, status: int) -> None:
    assert ask(method, path)[0] == status


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {},
        {**JSON, "Content-Encoding": "gzip"},
        {**JSON, "Content-Encoding": "br"},
    ],
)
def test_other_content_is_refused(headers: dict[str, str]) -> None:
    assert ask(headers=headers)[0] == 415


def test_content_type_may_name_its_charset() -> None:
    assert ask(headers={"Content-Type": "application/json; charset=utf-8"})[0] == 200


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        ("https://evil.example", "localhost", 403),
        ("null", "localhost", 403),
        ("http://localhost", "localhost", 200),
        ("https://wallet.example", "localhost", 200),
    ],
)
def test_origin_must_be_allowed(origin: str, host: str, status: int) -> None:
    got, _, headers = ask(
        headers={**JSON, "Origin": origin, "Host": host},
        allowed_origins=("https://wallet.example",),
    )
    assert got == status
    assert headers.get("Access-Control-Allow-Origin") == (origin if status == 200 else None)


def test_browser_may_ask_before_it_posts() -> None:
    origin = {"Origin": "https://wallet.example"}
    status, _, headers = ask(
        "OPTIONS", body=None, headers=origin, allowed_origins=("https://wallet.example",)
    )
    assert status == 204
    assert headers["Access-Control-Allow-Methods"] == "POST, GET"
    assert ask("OPTIONS", body=None, headers=origin)[0] == 403


def test_body_above_the_limit_is_refused() -> None:
    limits = Limits(body_bytes_max=1_024)
    assert ask(body=b"x" * 1_024, limits=limits)[0] == 200
    assert ask(body=b"x" * 1_025, limits=limits)[0] == 413


def test_body_of_unknown_length_has_the_same_limit() -> None:
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    chunk = b"800\r\n" + b"x" * 0x800 + b"\r\n"
    reply = send_raw(
        head + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunk + b"0\r\n\r\n",
        limits=Limits(body_bytes_max=1_024),
    )
    assert reply.startswith(b"HTTP/1.1 413")


def test_body_that_does_not_come_is_refused_in_time() -> None:
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    reply = send_raw(
        head + b"Connection: close\r\nContent-Length: 100\r\n\r\n{",
        limits=Limits(body_timeout_ms=50),
    )
    assert reply.startswith(b"HTTP/1.1 408")


def test_silent_connection_is_closed() -> None:
    whole = (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 2\r\n\r\n{}"
    )
    assert send_raw(whole, limits=Limits(keepalive_ms=50)).endswith(b"{}")


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\n\r\n",
        b"GARBAGE\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\n" + b"X-Y: 1\r\n" * 500 + b"\r\n",
        b"POST /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=range(12),
)
def test_broken_http_gets_a_short_no(raw: bytes) -> None:
    reply = send_raw(raw, limits=Limits(keepalive_ms=100))
    assert b"Traceback" not in reply
    assert b".py" not in reply
    assert not reply.startswith(b"HTTP/1.1 2")


@pytest.mark.parametrize("seed", range(3))
def test_random_bytes_never_show_what_runs_inside(seed: int) -> None:
    dice = random.Random(seed)
    reply = send_raw(
        *(dice.randbytes(dice.randrange(1, 3_000)) for _ in range(5)),
        limits=Limits(keepalive_ms=100),
    )
    assert b"Traceback" not in reply
    assert b".py" not in reply


@pytest.mark.parametrize(
    "raw",
    [
        b"private / HTTP/1.1\r\n\r\n",
        b"GET / private\r\n\r\n",
        b"GET / HTTP/1.1\r\npri vate: 1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: private\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: private\r\n\r\n",
    ],
)
def test_what_cannot_be_served_is_not_repeated(raw: bytes) -> None:
    answer = send_raw(raw)
    assert answer.startswith((b"HTTP/1.0 4", b"HTTP/1.1 4"))
    assert b"private" not in answer
    assert b"pri vate" not in answer


def test_request_id_comes_back() -> None:
    assert ask(headers={**JSON, "X-Request-Id": "call-7"})[2]["X-Request-Id"] == "call-7"
    assert "X-Request-Id" not in ask(headers={**JSON, "X-Request-Id": "a b<"})[2]


async def shout(request: web.Request) -> web.Response:
    return web.Response(text=request.match_info.get("word", "home").upper())


def test_route_is_served_beside_the_calls() -> None:
    routes = (Route("/say/{word}", shout), Route("/", shout))
    assert ask("GET", "/say/hello", body=None, routes=routes)[:2] == (200, b"HELLO")
    assert ask("GET", "/", body=None, routes=routes)[:2] == (200, b"HOME")
    assert ask("GET", "/rpc", body=None, routes=routes)[0] == 405
    assert ask(routes=routes)[:2] == (200, BODY)


def test_route_is_behind_the_same_door() -> None:
    routes = (Route("/say/{word}", shout),)
    foreign = {"Origin": "https://evil.example"}
    assert ask("GET", "/say/hello", body=None, headers=foreign, routes=routes)[0] == 403
    allowed = {"Origin": "https://wallet.example", "X-Request-Id": "id-7"}
    origins = ("https://wallet.example",)
    _, _, headers = ask(
        "GET", "/say/hello", body=None, headers=allowed, routes=routes, allowed_origins=origins
    )
    assert headers["Access-Control-Allow-Origin"] == "https://wallet.example"
    assert headers["X-Request-Id"] == "id-7"


def test_route_is_paid_from_the_same_allowance() -> None:
    async def act(url: str) -> list[int]:
        async with aiohttp.ClientSession() as session:
            async with session.post(url, data=b"dear", headers=JSON) as reply:
                statuses = [reply.status]
            async with session.get(f"{url}/say/hello") as reply:
                return [*statuses, reply.status]

    routes = (Route("/say/{word}", shout),)
    assert with_server(act, routes=routes, limits=Limits(rate_local_per_s=1)) == [200, 429]


def test_browser_is_told_the_methods_of_a_path() -> None:
    routes = (Route("/say/{word}", shout), Route("/say/{word}", shout, "DELETE"))
    _, _, headers = ask("OPTIONS", "/say/hello", body=None, routes=routes)
    assert headers["Access-Control-Allow-Methods"] == "GET, DELETE"
    assert "idempotency-key" in headers["Access-Control-Allow-Headers"]


def test_caller_above_its_rate_gets_429_and_when_to_come_back() -> None:
    async def act(url: str) -> tuple[int, str, bytes]:
        async with aiohttp.ClientSession() as session:
            async with session.post(url, data=b"dear", headers=JSON) as reply:
                assert (reply.status, await reply.read()) == (200, b"dear")
            async with session.post(url, data=BODY, headers=JSON) as reply:
                return reply.status, reply.headers["Retry-After"], await reply.read()

    status, wait_s, body = with_server(act, limits=Limits(rate_local_per_s=1))
    assert (status, body) == (429, b"refused")
    assert 1 < int(wait_s) <= DEAR


@pytest.mark.parametrize("header", ["X-Api-Key", "Authorization"])
def test_key_has_a_rate_of_its_own(header: str) -> None:
    async def act(url: str) -> list[int]:
        statuses = []
        async with aiohttp.ClientSession() as session:
            for key in ("Bearer one", "Bearer one", "Bearer two"):
                headers = {**JSON, header: key}
                async with session.post(url, data=b"dear", headers=headers) as reply:
                    statuses.append(reply.status)
        return statuses

    assert with_server(act, limits=Limits(rate_key_per_s=1)) == [200, 429, 200]


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    return response


def test_every_answer_is_told_by_its_route() -> None:
    seen: list[tuple[str, int, bool]] = []
    routes = (Route("/say/{word}", shout), Route("/stream", stream))

    async def act(url: str) -> None:
        async with aiohttp.ClientSession() as session:
            for path in ("/say/hello", "/say/again", "/stream", "/secret", "/rpc"):
                async with session.get(url + path) as reply:
                    await reply.read()

    with_server(act, routes=routes, seen=seen)
    assert seen == [
        ("/say/{word}", 200, True),
        ("/say/{word}", 200, True),
        ("/stream", 200, False),
        ("none", 404, True),
        ("/rpc", 405, True),
    ]


def test_what_was_refused_is_counted_by_reason() -> None:
    async def run() -> ServerFigures:
        settings = settings_of(limits=Limits(rate_local_per_s=1, body_timeout_ms=50))
        server = RpcServer(settings, answer=echo, converse=pytest.fail)
        url = await server.start()
        host, _, port = url.removeprefix("http://").partition(":")
        async with aiohttp.ClientSession() as session:
            for headers in ({"Host": "evil.example"}, JSON, JSON):
                async with session.post(url, data=b"dear", headers=headers) as reply:
                    await reply.read()
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n")
            writer.write(b"Content-Type: application/json\r\n\r\n{")
            await reader.readline()
            figures = server.figures()
            writer.close()
            await writer.wait_closed()
        await server.close()
        return figures

    figures = asyncio.run(run())
    assert (figures.connections, figures.sockets, figures.subscriptions) == (2, 0, 0)
    assert {reason for reason, count in figures.refused.items() if count} == {
        "door",
        "rate",
        "slow_body",
    }
    assert all(count <= 1 for count in figures.refused.values())
