"""Server-sent events: ``GET /v1/stream`` tells of blocks, receipts and transactions as they come.

Each stream is a place in the chain and reads the database from there, so that it neither misses nor
repeats anything: not after a pause, not at another node, not after a restart. Nothing is queued for
a reader; what it takes slowly comes late, and the connection of one that takes nothing is cut.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

import structlog
from aiohttp import hdrs, web
from pydantic import Field, ValidationError, field_validator

from chain.errors import StoreError
from chain.primitives import HEIGHT_MAX
from chain.store.follow_queries import FollowReader, place_of
from chain.store.views import ReceiptFilter
from node.api import forms, problems
from node.api.callers import CALLER, Caller
from node.api.problems import RpcError
from node.api.rest_calls import ROOTS
from node.api.rest_event_shapes import event_bytes
from node.api.rest_events import NUMBERS, EventId, EventRun, Following, Topic
from node.api.rest_forms import Asked
from node.api.rest_problems import WHOLE, problem_response
from node.api.routes import HEADERS, Route
from node.api.services import READ_MS_MAX, Services

PATH: Final = "/stream"
MEDIA_TYPE: Final = "text/event-stream"
LAST_EVENT_ID: Final = "Last-Event-ID"

HEARTBEAT_S = 15.0
"""Seconds of silence, after which a stream says where it is."""

RETRY_MS = 2_000
"""Milliseconds after which a reader should come back that has lost its connection."""

RETRY_S = 0.2
"""Seconds after which a read that took too long is tried again."""

COST = 10

log = structlog.get_logger()

_EVENT_ID: Final = r"^[0-9]{1,13}\.[0-9]{1,7}$"


class StreamAsked(Asked):
    """What to tell of.

    Attributes:
        topics: of ``blocks``, ``receipts`` and ``transactions``, divided by commas.
        client: the buyer's address, of receipts.
        provider: the miner's address, of receipts.
        model: the model that ran, of receipts.
        from_height: the first height of interest; the next one unless it is given.
        last_event_id: go on behind this event; the header Last-Event-ID comes before it.
    """

    topics: frozenset[Topic] = frozenset({"blocks", "receipts"})
    client: forms.AddressText | None = None
    provider: forms.AddressText | None = None
    model: forms.LabelText | None = None
    from_height: Annotated[int, Field(ge=0, le=HEIGHT_MAX)] | None = None
    last_event_id: Annotated[str, Field(pattern=_EVENT_ID)] | None = None

    @field_validator("topics", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return value.split(",") if isinstance(value, str) else value

    def following(self) -> Following:
        """Return what this follows.

        Raises:
            RpcError: it says which receipts, and follows none.
        """
        wanted = ReceiptFilter(
            client=forms.address_of(self.client),
            provider=forms.address_of(self.provider),
            model=self.model,
        )
        if wanted != ReceiptFilter() and "receipts" not in self.topics:
            raise problems.invalid_param(path="topics", msg="the filter is one of receipts")
        return Following(self.topics, wanted)


class Streams:
    """All streams of an edge.

    Attributes:
        turned_away: how many were too many, since the start.
    """

    def __init__(self, services: Services, *, heartbeat_s: float = HEARTBEAT_S) -> None:
        """Serve nobody yet."""
        self._services, self._heartbeat_s = services, heartbeat_s
        self._open: Counter[bytes] = Counter()
        self.turned_away = 0

    def __len__(self) -> int:
        """Return how many are open."""
        return self._open.total()

    def routes(self) -> tuple[Route, ...]:
        """Return where they are asked for."""
        return tuple(
            Route(f"{root}{PATH}", respond, method, cost=COST, refuse=problem_response)
            for root in ROOTS
            for method, respond in ((hdrs.METH_GET, self._respond), (hdrs.METH_ANY, _refuse))
        )

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        try:
            asked = read_form(request)
            following, behind = asked.following(), self._begin(asked)
            with self._counted(CALLER.get()):
                return await self._serve(request, following, behind)
        except RpcError as error:
            return problem_response(error)

    def _begin(self, asked: StreamAsked) -> EventId:
        """Return the place behind which a stream begins.

        Raises:
            RpcError: there can be no such event, or the look at the chain took too long.
        """
        if asked.last_event_id is not None:
            height, number = map(int, asked.last_event_id.split("."))
            if height > HEIGHT_MAX or number >= NUMBERS:
                raise problems.invalid_param(path="last_event_id", msg="there is no such event")
            return EventId(height, number)
        if asked.from_height is not None:
            return EventId.before(place_of(asked.from_height))
        try:
            return EventId.before(place_of(self._services.tip_height() + 1))
        except TimeoutError:
            message = f"the look at the chain took over {READ_MS_MAX} ms"
            raise problems.limit_error("timeout", message, limit=READ_MS_MAX) from None

    @contextmanager
    def _counted(self, caller: Caller) -> Iterator[None]:
        """Count a stream while the context lasts.

        Raises:
            RpcError: there are too many, in all or of this caller.
        """
        limits, network = self._services.settings.limits, caller.network
        is_crowd = self._open[network] >= limits.streams_per_address_max and not caller.is_local
        if is_crowd or len(self) >= limits.streams_max:
            self.turned_away += 1
            message = "there are too many streams already"
            raise problems.limit_error("too_many_streams", message, limit=limits.streams_max)
        self._open[network] += 1
        try:
            yield
        finally:
            self._open[network] -= 1
            if not self._open[network]:
                del self._open[network]

    async def _serve(
        self, request: web.Request, following: Following, behind: EventId
    ) -> web.StreamResponse:
        """Tell until the reader has gone."""
        headers = {hdrs.CONTENT_TYPE: MEDIA_TYPE, hdrs.CACHE_CONTROL: "no-store"}
        response = web.StreamResponse(headers=request[HEADERS] | headers)
        try:
            await response.prepare(request)
            await response.write(b"retry: %d\n\n" % RETRY_MS)
            await self._tell(request, response, following, behind)
        except ConnectionError:
            pass
        except StoreError as error:
            log.error("streaming_failed", reason=str(error))  # noqa: TRY400 - it says it all
        return response

    async def _tell(
        self,
        request: web.Request,
        response: web.StreamResponse,
        following: Following,
        behind: EventId,
    ) -> None:
        rung = asyncio.Event()
        with self._services.core.bell.heard_by(rung.set):
            while not _is_gone(request):
                rung.clear()
                run = self._read(following, behind)
                if run is None:
                    await asyncio.sleep(RETRY_S)
                    continue
                behind = run.place
                for event in run.events:
                    await response.write(event_bytes(event))
                if run.is_last and not await _is_set(rung, within_s=self._heartbeat_s):
                    await response.write(b": you have all\nid: %s\n\n" % str(behind).encode())
                await asyncio.sleep(0)  # others have their turn between two runs

    def _read(self, following: Following, behind: EventId) -> EventRun | None:
        """Return the run behind a place; None if that took too long."""
        try:
            with self._services.reading() as reader:
                return following.read(FollowReader(reader), behind)
        except TimeoutError:
            return None


def read_form(request: web.Request) -> StreamAsked:
    """Return what a request asks for.

    Raises:
        RpcError: a field is unknown, given twice or ill-typed.
    """
    values = dict(request.query)
    if len(values) != len(request.query):
        raise problems.invalid_param(path=WHOLE, msg="a name is given twice")
    last = request.headers.get(LAST_EVENT_ID)
    if last:
        values["last_event_id"] = last
    try:
        return StreamAsked.model_validate(values)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = str(fault["loc"][0]) if fault["loc"] else ""
        path = name if name in StreamAsked.model_fields else WHOLE
        raise problems.invalid_param(path=path, msg=fault["msg"]) from None


async def _refuse(_: web.Request) -> web.StreamResponse:
    response = problem_response(problems.method_not_allowed())
    response.headers[hdrs.ALLOW] = "GET, OPTIONS"
    return response


async def _is_set(rung: asyncio.Event, *, within_s: float) -> bool:
    try:
        async with asyncio.timeout(within_s):
            await rung.wait()
    except TimeoutError:
        return False
    return True


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()
