"""JSON-RPC 2.0, read strictly: what is not exactly a request gets the code that says so.

What is no strict JSON is refused before any method sees it (``strict_json``), and so is what is no
call (``requests``).
"""

import asyncio
import copy
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

import msgspec
from pydantic import BaseModel

from node.api import problems
from node.api.attempts import attempt
from node.api.problems import RpcError
from node.api.requests import Request, read_params, read_request, readable_id
from node.api.settings import Limits
from node.api.strict_json import decode_json
from node.clock import monotonic_us

Services = TypeVar("Services")
Params = TypeVar("Params", bound=BaseModel)

Charge = Callable[[int], None]
"""Takes a cost from an allowance.

Raises:
    RpcError: there is none left.
"""

Observe = Callable[[str, str, int], None]
"""Is told the method's name, how it went and how many microseconds it took. The name is of the
table, or ``UNKNOWN``; it went ``ok``, or as the error's code is named."""

UNKNOWN = "unknown"

CHARGED_BYTES = 64 * 1024
"""Bytes of a body that cost as much to read as a call of cost 1 to answer."""

_encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True)
class Method(Generic[Services, Params]):
    """One method of the table.

    Attributes:
        name: ``namespace_lowerCamel``.
        params: the closed form of its parameters, in the order of their positions.
        call: what answers; its docstring is what the README says.
        example: parameters that have the right form.
        is_submission: whether it hands something to the core: those of one batch go together.
        cost: what a call takes from its caller's allowance.
        whole_cost: the same when a parameter is true, as that which asks for whole transactions.
        timeout_ms: that a call may take where it is not what the limits say: of one that waits.
    """

    name: str
    params: type[Params]
    call: Callable[[Services, Params], Awaitable[object]]
    example: Mapping[str, object]
    is_submission: bool = False
    cost: int = 1
    whole_cost: int = 1
    timeout_ms: int | None = None

    def cost_of(self, call: object) -> int:
        """Return what a call of it costs; its parameters may be of any form."""
        params = call.get("params") if isinstance(call, dict) else None
        values = params.values() if isinstance(params, dict) else params
        asks_whole = isinstance(values, Iterable) and any(value is True for value in values)
        return max(self.cost, self.whole_cost if asks_whole else 0)


class Rpc(Generic[Services]):
    """Answers request bodies by a table of methods."""

    def __init__(
        self,
        methods: Sequence[Method[Services, Any]],
        services: Services,
        *,
        limits: Limits,
        observe: Observe | None = None,
    ) -> None:
        """Serve these methods.

        Args:
            methods: the table.
            services: the first argument of each.
            limits: of bodies and calls.
            observe: is told of every call.
        """
        self._methods = {method.name: method for method in methods}
        self._services = services
        self._limits, self._observe = limits, observe

    def serving(self, services: Services) -> Self:
        """Return the same methods with other services."""
        served = copy.copy(self)
        served._services = services  # noqa: SLF001 - it is one of us
        return served

    async def ask(self, name: str, params: Mapping[str, Any]) -> object:
        """Return the result of a call that this program makes itself.

        Raises:
            RpcError: the method refuses.
            TimeoutError: it takes too long.
        """
        async with asyncio.timeout(self._limits.call_timeout_ms / 1_000):
            return await self._call(Request(name, params, id_text=None))

    async def answer(self, body: bytes, charge: Charge | None = None) -> bytes:
        """Return the answer to a request or a batch; empty when there is nothing to say.

        Args:
            body: what came.
            charge: takes what it costs from the caller's allowance, or raises; None for nothing.
        """
        charge = charge or _nothing
        content: object = None
        try:
            content = _read_body(body, charge)
            charge(self._cost_of(content))
            if isinstance(content, list):
                return await self._answer_batch(content)
        except RpcError as error:
            return _failure(error, readable_id(content))
        return await self._answer_one(content)

    def _cost_of(self, content: object) -> int:
        """Return what a body costs; whatever is no call costs as much as the cheapest."""
        if isinstance(content, list):
            return sum(self._cost_of(item) for item in content[: self._limits.batch_max]) or 1
        method = self._method_of(content)
        return 1 if method is None else method.cost_of(content)

    async def _answer_batch(self, items: list[Any]) -> bytes:
        """Answer a batch: submissions go to the core as one, the rest one by one.

        Raises:
            RpcError: it is empty, or above the limit.
        """
        if not items:
            raise problems.invalid_request(detail="a batch has at least one call")
        limit = self._limits.batch_max
        if len(items) > limit:
            message = f"a batch has at most {limit} calls"
            raise problems.limit_error("batch_too_large", message, limit=limit)
        pending = {
            place: asyncio.ensure_future(self._answer_one(item))
            for place, item in enumerate(items)
            if self._is_submission(item)
        }
        answers, size = [], 0
        for place, item in enumerate(items):
            if place in pending:
                answers.append(await pending[place])
                continue
            await asyncio.sleep(0)  # other callers have their turn between two reads
            answer = await self._answer_one(item, reply_bytes=size)
            size += len(answer)
            answers.append(answer)
        said = [answer for answer in answers if answer]
        return b"[" + b",".join(said) + b"]" if said else b""

    def _is_submission(self, item: object) -> bool:
        method = self._method_of(item)
        return method is not None and method.is_submission

    def _method_of(self, item: object) -> Method[Services, Any] | None:
        """Return the method that any JSON calls, if it does."""
        name = item.get("method") if isinstance(item, dict) else None
        return self._methods.get(name) if isinstance(name, str) else None

    async def _answer_one(self, item: object, *, reply_bytes: int = 0) -> bytes:
        """Answer one call; empty for a notification.

        Args:
            item: any JSON.
            reply_bytes: of what its batch has answered so far.
        """
        try:
            request = read_request(item)
        except RpcError as error:
            return _failure(error, readable_id(item))
        id_text = request.id_text or "null"
        limit = self._limits.reply_bytes_max
        if reply_bytes > limit:
            message = f"the batch's reply is above {limit} bytes; ask for less at once"
            full = problems.limit_error("reply_too_large", message, limit=limit)
            answer = _failure(full, id_text)
        else:
            answer = await self._perform(request, id_text)
        return b"" if request.id_text is None else answer

    async def _perform(self, request: Request, id_text: str) -> bytes:
        began_us, outcome = monotonic_us(), "ok"
        try:
            answer = await self._try(request, id_text)
        except RpcError as error:
            outcome, answer = error.code.name.lower(), _failure(error, id_text)
        if self._observe is not None:
            name = request.method if request.method in self._methods else UNKNOWN
            self._observe(name, outcome, monotonic_us() - began_us)
        return answer

    async def _try(self, request: Request, id_text: str) -> bytes:
        """Return the answer to a call that succeeds.

        Raises:
            RpcError: it does not, whatever the reason.
        """
        method = self._methods.get(request.method)
        limit = (method and method.timeout_ms) or self._limits.call_timeout_ms
        return await attempt(self._succeed(request, id_text), name=request.method, limit_ms=limit)

    async def _succeed(self, request: Request, id_text: str) -> bytes:
        return _success(await self._call(request), id_text)

    async def _call(self, request: Request) -> object:
        method = self._methods.get(request.method)
        if method is None:
            raise problems.unknown_method()
        return await method.call(self._services, read_params(method.params, request.params))


def _nothing(_: int) -> None:
    """Charge nobody."""


def _read_body(body: bytes, charge: Charge) -> object:
    """Return what a body says, for a charge if it is a large one, or none of ours.

    Raises:
        RpcError: it is no strict JSON, or the allowance is used up.
    """
    if len(body) >= CHARGED_BYTES:
        charge(len(body) // CHARGED_BYTES)
    try:
        return decode_json(body)
    except RpcError:
        charge(1)
        raise


def notification(method: str, params: Mapping[str, object]) -> bytes:
    """Return a message to a caller that nobody answers."""
    return _encode({"jsonrpc": "2.0", "method": method, "params": params})


def _success(result: object, id_text: str) -> bytes:
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (id_text.encode(), _encode(result))


def _failure(error: RpcError, id_text: str) -> bytes:
    return b'{"jsonrpc":"2.0","id":%b,"error":%b}' % (id_text.encode(), _encode(error.as_json()))
