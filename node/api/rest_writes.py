"""How REST takes what changes something: a body within bounds, once for each key.

Nothing is signed here. A body carries what its sender has signed; where an operator's call is
guarded, the token of the home's file is needed as well.
"""

import hmac
from typing import Any, Final, Self

import msgspec
from aiohttp import hdrs, web

from chain.errors import ChainError
from node.api import problems
from node.api.bodies import SMALL_BYTES
from node.api.callers import caller_of
from node.api.problems import RpcError
from node.api.reasons import REASONS
from node.api.rest_calls import RestCall
from node.api.rest_forms import Asked
from node.api.rest_idempotency import (
    FAILED,
    HEADER,
    REPLAYED,
    Answered,
    Once,
    fingerprint_of,
    key_of,
    scope_of,
)
from node.api.rest_journal import REFUSED, RestJournal
from node.api.rest_problems import MEDIA_TYPE, problem_of
from node.api.rest_reading import query_of, read_form
from node.api.rest_token import read_token
from node.api.routes import ALLOWANCE
from node.api.services import Services
from node.api.strict_json import decode_json

JSON: Final = "application/json"

BEARER: Final = "Bearer "

_encode = msgspec.json.Encoder(decimal_format="number").encode


class Writes:
    """Answers what is no GET."""

    def __init__(self, services: Services, once: Once, *, token: str) -> None:
        """Answer with an edge's services.

        Args:
            services: of the edge.
            once: for what needs an Idempotency-Key.
            token: of the operator.
        """
        self._services, self._once, self._token = services, once, token

    @classmethod
    def open(cls, services: Services) -> Self:
        """Open the journal and the token that an edge's settings name.

        Raises:
            ConfigError: there is no token for the operator alone.
            StoreError: the journal cannot be written.
        """
        settings = services.settings
        once = Once(RestJournal.open(settings.journal))
        return cls(services, once, token=read_token(settings.token))

    def check(self, one: RestCall[Any], request: web.Request) -> None:
        """Check what there is to check before a body is read.

        Raises:
            RpcError: it is no JSON, or the operator's token is missing.
        """
        if one.is_guarded:
            given = request.headers.get(hdrs.AUTHORIZATION, "")
            expected = BEARER + self._token
            if not hmac.compare_digest(given.encode(errors="replace"), expected.encode()):
                raise problems.unauthorized()
        if request.content_type != JSON or hdrs.CONTENT_ENCODING in request.headers:
            raise problems.unsupported_media_type()

    async def answer(self, one: RestCall[Any], request: web.Request, body: bytes) -> web.Response:
        """Return the answer to a request that was checked.

        Raises:
            ChainError: what was signed is not valid.
            RpcError: it is refused.
        """
        request[ALLOWANCE].take(len(body) // SMALL_BYTES)
        content = decode_json(body)
        if not isinstance(content, dict):
            raise problems.parse_error(detail="it is no object")
        query = query_of(request)
        form = read_form(one, query, dict(request.match_info), content)
        if not one.is_idempotent:
            answer = await one.call(self._services, form)
            return web.Response(body=_encode(answer), status=one.status, content_type=JSON)
        key = key_of(request.headers.get(HEADER))
        caller = caller_of(request.remote, request.headers)
        scope = scope_of(caller, one.method, request.path.removeprefix("/api"), key)

        async def act() -> Answered:
            return await self._perform(one, form)

        (status, said), is_replayed = await self._once.do(
            scope, fingerprint_of([query, content]), act
        )
        media_type = MEDIA_TYPE if status >= REFUSED else JSON
        headers = {hdrs.CACHE_CONTROL: "no-store"} | ({REPLAYED: "true"} if is_replayed else {})
        return web.Response(body=said, status=status, content_type=media_type, headers=headers)

    async def _perform(self, one: RestCall[Any], form: Asked) -> Answered:
        """Return what there is to keep: an answer, or a refusal by a rule."""
        try:
            return one.status, _encode(await one.call(self._services, form))
        except RpcError as error:
            refusal = error
        except ChainError as error:
            refusal = problems.rejected(error)
        if REASONS[refusal.reason].status >= FAILED:
            raise refusal
        return REASONS[refusal.reason].status, _encode(problem_of(refusal))
