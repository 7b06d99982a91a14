"""The pages over real HTTP, on a chain whose consensus is the test."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from genesis.document import canonical_bytes
from node.api.conversation import Conversation
from node.api.dev import DEV_METHODS
from node.api.jsonrpc import Rpc
from node.api.methods import METHODS
from node.api.server import RpcServer
from node.api.services import Services
from node.explorer.pages import PAGES
from node.explorer.site import Site
from tests.support.asking import ask
from tests.support.market_chain import Market, a_market
from tests.support.proofs import a_genesis_document


@dataclass(frozen=True)
class Answer:
    """What a browser gets.

    Attributes:
        status: of HTTP.
        headers: by name.
        text: of the body.
    """

    status: int
    headers: dict[str, str]
    text: str


@dataclass
class Pages:
    """The pages of a market's chain.

    Attributes:
        market: what happened on it.
    """

    market: Market

    def get(self, path: str, **headers: str) -> Answer:
        """Return the answer to a GET; redirections are not followed."""
        return asyncio.run(fetch(self.market.services, path, headers))

    def post(self, path: str, body: bytes, **headers: str) -> Answer:
        """Return the answer to a POST."""
        return asyncio.run(fetch(self.market.services, path, headers, body=body))

    def ask(self, method: str, **params: Any) -> Any:  # noqa: ANN401 - JSON
        """Return what the API answers."""
        return ask(self.market.services, method, **params)


@contextmanager
def market_pages(folder: Path) -> Iterator[Pages]:
    """Make a market's chain and show it while the context lasts; there is no core."""
    (folder / "genesis.json").write_bytes(canonical_bytes(a_genesis_document()))
    with a_market(folder) as market:
        yield Pages(market)


async def fetch(
    services: Services, path: str, headers: dict[str, str], *, body: bytes | None = None
) -> Answer:
    """Serve the pages for one request: a GET, or a POST of a body."""
    rpc = Rpc((*METHODS, *DEV_METHODS), services, limits=services.settings.limits)
    server = RpcServer(
        services.settings,
        answer=rpc.answer,
        converse=lambda: Conversation(rpc, services),
        routes=Site(PAGES, rpc.ask).routes,
    )
    url = await server.start()
    try:
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(
                "GET" if body is None else "POST", f"{url}{path}", data=body, allow_redirects=False
            ) as answer,
        ):
            return Answer(answer.status, dict(answer.headers), await answer.text())
    finally:
        await server.close()
