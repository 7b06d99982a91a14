"""Asking an edge's REST over HTTP, on a real port."""

# ruff: noqa: ANN401 -- answers are JSON

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from chain.address import format_address
from node.api.rest_problems import MEDIA_TYPE
from node.api.rest_routes import Rest
from node.api.rest_table import CALLS
from node.api.rest_writes import Writes
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


@asynccontextmanager
async def rest_served(services: Services) -> AsyncIterator[str]:
    """Serve REST while the context lasts, and return its URL."""
    server = RpcServer(
        services.settings,
        answer=_no_rpc,
        converse=pytest.fail,
        routes=Rest(CALLS, services, Writes.open(services)).routes(),
    )
    url = await server.start()
    try:
        yield url
    finally:
        await server.close()


async def send(
    url: str,
    path: str,
    *,
    method: str = "GET",
    body: object = None,
    headers: Mapping[str, str] | None = None,
) -> RestReply:
    """Return the reply to one request; a body that is not bytes is sent as JSON."""
    sent = dict(headers or {})
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    if data is not None:
        sent.setdefault("Content-Type", "application/json")
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            method, url + path, headers=sent, data=None if data is None else io.BytesIO(data)
        ) as reply,
    ):
        return RestReply(reply.status, reply.headers.copy(), await reply.read())


def ask_rest(services: Services, path: str, *, method: str = "GET", **headers: str) -> RestReply:
    """Return the reply to one request; names of headers have ``_`` for ``-``."""

    async def run() -> RestReply:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with rest_served(services) as url:
            return await send(url, path, method=method, headers=sent)

    return asyncio.run(run())


def answer_of(services: Services, path: str) -> Any:
    """Return the answer to a request that succeeds."""
    reply = ask_rest(services, path)
    assert reply.status == 200, reply.body
    return reply.content
