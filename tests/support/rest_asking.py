"""Asking an edge's REST over HTTP, on a real port."""

# ruff: noqa: ANN401 -- answers are JSON

import asyncio
import csv
import io
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from chain.address import format_address
from node.api.rest_problems import MEDIA_TYPE
from node.api.rest_routes import Rest
from node.api.rest_table import CALLS
from node.api.server import RpcServer
from node.api.services import Services
from tests.support.builders import address_of_name

CLIENT, MINER, NOBODY = (
    format_address(address_of_name(name)) for name in ("client", "miner", "nobody")
)


@dataclass(frozen=True)
class RestReply:
    """What came back.

    Attributes:
        status: of HTTP.
        headers: names in any case.
        body: its bytes.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The reason of a problem document."""
        assert self.headers["Content-Type"].partition(";")[0] == MEDIA_TYPE
        assert self.content["status"] == self.status
        code: str = self.content["code"]
        return code

    @property
    def table(self) -> list[dict[str, str]]:
        """The body as CSV."""
        assert self.headers["Content-Type"] == "text/csv; charset=utf-8"
        return list(csv.DictReader(io.StringIO(self.body.decode())))


async def _no_rpc(_: bytes, __: object) -> bytes:
    pytest.fail("nobody calls JSON-RPC here")


def with_rest(services: Services, act: Callable[[str], Awaitable[Any]]) -> Any:
    """Serve REST, and return what ``act`` returns for its URL."""

    async def run() -> Any:
        server = RpcServer(
            services.settings,
            answer=_no_rpc,
            converse=pytest.fail,
            routes=Rest(CALLS, services).routes(),
        )
        url = await server.start()
        try:
            return await act(url)
        finally:
            await server.close()

    return asyncio.run(run())


def ask_rest(services: Services, path: str, *, method: str = "GET", **headers: str) -> RestReply:
    """Return the reply to one request; names of headers have ``_`` for ``-``."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}

    async def act(url: str) -> RestReply:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url + path, headers=sent) as reply,
        ):
            return RestReply(reply.status, reply.headers.copy(), await reply.read())

    reply: RestReply = with_rest(services, act)
    return reply


def answer_of(services: Services, path: str) -> Any:
    """Return the answer to a request that succeeds."""
    reply = ask_rest(services, path)
    assert reply.status == 200, reply.body
    return reply.content
