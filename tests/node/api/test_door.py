import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from node.api.door import Door, expect
from node.api.settings import ApiEdgeSettings

PAGE = "https://wallet.example"


def knock(headers: dict[str, str], method: str = "GET", **settings: Any) -> Any:  # noqa: ANN401
    """Knock at a real door, and return the status, the headers of the answer, and the door."""
    given = ApiEdgeSettings(
        chain_id="aitbc-test", genesis_hash="00" * 32, allowed_origins=(PAGE,), **settings
    )
    door = Door(given)

    async def enter(request: web.Request) -> web.Response:
        if request.method == "OPTIONS":
            return door.preflight(request, "GET, POST")
        return web.Response(headers=door.enter(request))

    async def run() -> Any:  # noqa: ANN401
        application = web.Application()
        application.router.add_route("*", "/", enter, expect_handler=expect)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            async with (
                asyncio.timeout(10),
                aiohttp.ClientSession() as session,
                session.request(method, url, headers=headers) as reply,
            ):
                return reply.status, reply.headers, door
        finally:
            await runner.cleanup()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("host", "is_let_in"),
    [
        ("localhost", True),
        ("LOCALHOST:80", True),
        ("192.0.2.1", True),
        ("[2001:db8::1]:8545", True),
        ("node.example", True),
        ("node.example.evil.example", False),
        ("evil.example", False),
        ("", False),
        ("[", False),
    ],
)
def test_host_must_be_ours(host: str, *, is_let_in: bool) -> None:
    status, _, door = knock({"Host": host}, allowed_hosts=("node.example",))
    assert status == (200 if is_let_in else 403)
    assert door.turned_away == (0 if is_let_in else 1)


def test_any_host_may_be_allowed() -> None:
    assert knock({"Host": "evil.example"}, allowed_hosts=("*",))[0] == 200


@pytest.mark.parametrize(
    ("origin", "is_let_in"), [(PAGE, True), ("https://evil.example", False), ("null", False)]
)
def test_page_must_be_allowed(origin: str, *, is_let_in: bool) -> None:
    status, headers, _ = knock({"Origin": origin})
    assert status == (200 if is_let_in else 403)
    assert headers.get("Access-Control-Allow-Origin") == (origin if is_let_in else None)
    assert ("retry-after" in headers.get("Access-Control-Expose-Headers", "")) is is_let_in


def test_page_may_ask_first() -> None:
    status, headers, _ = knock({"Origin": PAGE}, "OPTIONS")
    assert (status, headers["Access-Control-Allow-Methods"]) == (204, "GET, POST")
    assert "authorization" in headers["Access-Control-Allow-Headers"]
    assert knock({"Origin": "https://evil.example"}, "OPTIONS")[0] == 403


@pytest.mark.parametrize(("sent", "echoed"), [("a-1", "a-1"), ("a b", None), ("x" * 65, None)])
def test_id_of_a_request_comes_back(sent: str, echoed: str | None) -> None:
    assert knock({"X-Request-Id": sent})[1].get("X-Request-Id") == echoed


@pytest.mark.parametrize(("wish", "status"), [("100-continue", 200), ("private", 417)])
def test_nothing_else_is_expected(wish: str, status: int) -> None:
    assert knock({"Expect": wish})[0] == status
