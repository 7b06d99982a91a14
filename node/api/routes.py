"""What else is served beside JSON-RPC: a path, what answers it, and what that costs.

Whoever answers is called once the door has let the request in and the caller's allowance has paid.
``request[HEADERS]`` is what the answer will carry besides its own headers, for an answer that
begins before it is returned; ``request[ALLOWANCE]`` is there to pay more.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import hdrs, web

from node.api.allowances import Allowance
from node.api.problems import RpcError

Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]
"""Answers a request."""

HEADERS = web.RequestKey("headers", dict[str, str])
ALLOWANCE = web.RequestKey("allowance", Allowance)


def plain_refusal(error: RpcError) -> web.Response:
    """Return the answer to a caller above its rate, for people."""
    return web.Response(status=429, text=f"{error.message}\n")


@dataclass(frozen=True)
class Route:
    """One route.

    Attributes:
        path: as the HTTP library's router reads it, such as ``/v1/receipts/{receipt_hash}``.
        respond: what answers.
        method: of HTTP.
        cost: what a request takes from its caller's allowance.
        refuse: makes the answer to a caller above its rate; Retry-After is set for it.
    """

    path: str
    respond: Respond
    method: str = hdrs.METH_GET
    cost: int = 1
    refuse: Callable[[RpcError], web.Response] = plain_refusal

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a request that was let in, if its caller can pay."""
        allowance = request[ALLOWANCE]
        try:
            allowance.take(self.cost)
        except RpcError as error:
            refusal = self.refuse(error)
            refusal.headers[hdrs.RETRY_AFTER] = allowance.retry_after
            return refusal
        return await self.respond(request)
