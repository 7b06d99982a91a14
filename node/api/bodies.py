"""The bodies of requests, bounded: how large, how long on their way, how many at once.

A small body may dribble in as long as it likes within the time, for it costs nothing but its
connection. A large one needs one of a few places from its first byte on, and whatever is answered
needs a place while it is, so that memory has a bound however slow the callers are.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from node.api.settings import Limits

SMALL_BYTES = 64 * 1024
"""A body, or a reply, up to this is small."""


class Bodies:
    """Those that a server holds.

    Attributes:
        late: how many did not come in time, since the start.
        busy: how many found no place to be answered.
    """

    def __init__(self, limits: Limits) -> None:
        """Hold none."""
        self._body_s = limits.body_timeout_ms / 1_000
        self._large = asyncio.Semaphore(limits.large_bodies_max)
        self.late = self.busy = 0
        self._places = asyncio.Semaphore(limits.requests_max)

    @asynccontextmanager
    async def held(self, request: web.Request) -> AsyncIterator[bytes]:
        """Read a request's body, and keep a place for its answer while the context lasts.

        Raises:
            HTTPRequestTimeout: the body did not come in time.
            HTTPRequestEntityTooLarge: it is too large.
            HTTPServiceUnavailable: too much is being answered.
        """
        limit, said = request.client_max_size, request.content_length or 0
        if said > limit:  # it need not come at all
            raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=said)
        async with AsyncExitStack() as places:
            try:
                async with asyncio.timeout(self._body_s):
                    if not is_small(request):
                        await places.enter_async_context(self._large)
                    body = await request.read()
            except TimeoutError:
                self.late += 1
                raise web.HTTPRequestTimeout(text="the body took too long\n") from None
            try:
                async with asyncio.timeout(self._body_s):
                    await places.enter_async_context(self._places)
            except TimeoutError:
                self.busy += 1
                raise web.HTTPServiceUnavailable(
                    text="the node answers too many already\n", headers={"Retry-After": "1"}
                ) from None
            yield body


def is_small(request: web.Request) -> bool:
    """Return whether a request has said that its body is small, or that it has none."""
    if not request.body_exists:
        return True
    return request.content_length is not None and request.content_length <= SMALL_BYTES
