import asyncio

import aiohttp
from aiohttp import web

from node.api.allowances import Allowances
from node.api.callers import caller_at
from node.api.problems import RpcError
from node.api.routes import ALLOWANCE, Route
from node.api.settings import Limits


async def hello(request: web.Request) -> web.Response:
    return web.Response(text=f"hello {request.method}")


def refuse(error: RpcError) -> web.Response:
    return web.json_response({"code": error.reason}, status=429)


def ask_twice(route: Route, limits: Limits) -> list[tuple[int, str, str | None]]:
    """Ask a route twice, and return each status, text and wait."""
    allowance = Allowances(limits).of(caller_at("127.0.0.1"))

    async def answer(request: web.Request) -> web.StreamResponse:
        request[ALLOWANCE] = allowance
        return await route.answer(request)

    async def run() -> list[tuple[int, str, str | None]]:
        application = web.Application()
        application.router.add_route(route.method, route.path, answer)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}{route.path}"
        answers = []
        async with aiohttp.ClientSession() as session:
            for _ in range(2):
                async with session.request(route.method, url) as reply:
                    wait = reply.headers.get("Retry-After")
                    answers.append((reply.status, await reply.text(), wait))
        await runner.cleanup()
        return answers

    return asyncio.run(run())


def test_route_answers_while_its_caller_can_pay() -> None:
    first, second = ask_twice(Route("/hello", hello, cost=1_000), Limits(rate_local_per_s=3))
    assert first == (200, "hello GET", None)
    assert second[0] == 429
    assert second[1].startswith("you call more often than this node allows")
    assert second[2] is not None
    assert int(second[2]) > 1


def test_route_may_refuse_in_its_own_form() -> None:
    route = Route("/hello", hello, "POST", cost=1_000, refuse=refuse)
    _, (status, text, wait) = ask_twice(route, Limits(rate_local_per_s=3))
    assert (status, text) == (429, '{"code": "rate_limited"}')
    assert wait is not None
    assert int(wait) > 1
