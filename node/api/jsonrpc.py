"""JSON-RPC 2.0, read strictly: what is not exactly a request gets the code that says so.

What is no strict JSON is refused before any method sees it (``strict_json``). Ids come back exactly
as they were sent, and an id of null is answered: only a request without one is a notification.
"""

import asyncio
import copy
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, Self, TypeVar

import msgspec
import structlog
from pydantic import BaseModel, ValidationError

from chain.errors import ChainError
from node.api import problems
from node.api.problems import RpcError
from node.api.settings import Limits
from node.api.strict_json import decode_json

log = structlog.get_logger()

Services = TypeVar("Services")
Params = TypeVar("Params", bound=BaseModel)

Charge = Callable[[int], None]
"""Takes a cost from an allowance.

Raises:
    RpcError: there is none left.
"""

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
    """

    name: str
    params: type[Params]
    call: Callable[[Services, Params], Awaitable[object]]
    example: Mapping[str, object]
    is_submission: bool = False
    cost: int = 1
    whole_cost: int = 1

    def cost_of(self, params: object) -> int:
        """Return what a call with such parameters costs; they may be of any form."""
        values = params.values() if isinstance(params, dict) else params
        asks_whole = isinstance(values, Iterable) and any(value is True for value in values)
        return max(self.cost, self.whole_cost if asks_whole else 0)


@dataclass(frozen=True)
class Request:
    """One call.

    Attributes:
        method: its name; it need not exist.
        params: by name or by position.
        id_text: the id as JSON text; None for a notification.
    """

    method: str
    params: Mapping[str, Any] | Sequence[Any]
    id_text: str | None


class Rpc(Generic[Services]):
    """Answers request bodies by a table of methods."""

    def __init__(
        self,
        methods: Sequence[Method[Services, Any]],
        services: Services,
        *,
        limits: Limits,
    ) -> None:
        """Serve these methods, each with ``services`` as its first argument."""
        self._methods = {method.name: method for method in methods}
        self._services = services
        self._limits = limits
        self._charge: Charge = _nothing

    def serving(self, services: Services, charge: Charge | None = None) -> Self:
        """Return the same methods for one caller.

        Args:
            services: what its calls work with.
            charge: takes what a body costs from the caller's allowance, or raises; None for none.
        """
        served = copy.copy(self)
        served._services, served._charge = services, charge or _nothing  # noqa: SLF001 - it is one of us
        return served

    async def answer(self, body: bytes) -> bytes:
        """Return the answer to a request or a batch; empty when there is nothing to say."""
        content: object = None
        try:
            content = decode_json(body)
            self._charge(self._cost_of(content))
            if isinstance(content, list):
                return await self._answer_batch(content)
        except RpcError as error:
            return _failure(error, _readable_id(content))
        return await self._answer_one(content)

    def _cost_of(self, content: object) -> int:
        """Return what a body costs; whatever is no call costs as much as the cheapest."""
        if isinstance(content, list):
            return sum(self._cost_of(item) for item in content if isinstance(item, dict)) or 1
        name = content.get("method") if isinstance(content, dict) else None
        method = self._methods.get(name) if isinstance(name, str) else None
        return (
            1
            if method is None or not isinstance(content, dict)
            else method.cost_of(content.get("params"))
        )

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
        name = item.get("method") if isinstance(item, dict) else None
        method = self._methods.get(name) if isinstance(name, str) else None
        return method is not None and method.is_submission

    async def _answer_one(self, item: object, *, reply_bytes: int = 0) -> bytes:
        """Answer one call; empty for a notification.

        Args:
            item: any JSON.
            reply_bytes: of what its batch has answered so far.
        """
        try:
            request = read_request(item)
        except RpcError as error:
            return _failure(error, _readable_id(item))
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
        limit = self._limits.call_timeout_ms
        try:
            async with asyncio.timeout(limit / 1_000):
                return _success(await self._call(request), id_text)
        except RpcError as error:
            return _failure(error, id_text)
        except ChainError as error:
            return _failure(problems.rejected(error), id_text)
        except TimeoutError:
            late = problems.limit_error("timeout", f"the call took over {limit} ms", limit=limit)
            return _failure(late, id_text)
        except Exception:  # noqa: BLE001, RUF100 -- one call's fault must not end the others'
            log.exception("call_failed", method=request.method)
            return _failure(problems.internal_error(), id_text)

    async def _call(self, request: Request) -> object:
        method = self._methods.get(request.method)
        if method is None:
            raise problems.unknown_method()
        return await method.call(self._services, read_params(method.params, request.params))


def _nothing(_: int) -> None:
    """Charge nobody."""


def read_request(item: object) -> Request:
    """Return the request that an element is.

    Raises:
        RpcError: it is none.
    """
    if not isinstance(item, dict):
        raise problems.invalid_request(detail="it is not an object")
    if "id" in item and not _is_id(item["id"]):
        raise problems.invalid_request(detail="its id is neither a string nor a number nor null")
    if item.get("jsonrpc") != "2.0":
        raise problems.invalid_request(detail='its jsonrpc is not "2.0"')
    method, params = item.get("method"), item.get("params", {})
    if not isinstance(method, str):
        raise problems.invalid_request(detail="its method is not a string")
    if not isinstance(params, dict | list):
        raise problems.invalid_request(detail="its params are neither an object nor an array")
    return Request(method, params, _id_text(item["id"]) if "id" in item else None)


def _is_id(value: object) -> bool:
    return value is None or (isinstance(value, str | int | Decimal) and not isinstance(value, bool))


def _id_text(value: object) -> str:
    """Return an id as JSON; ASCII, so that even half a surrogate pair comes back as it was."""
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


def _readable_id(item: object) -> str:
    """Return the id of what is no request, or null where it has none that can be read."""
    value = item.get("id") if isinstance(item, dict) else None
    return _id_text(value) if _is_id(value) else "null"


def read_params(form: type[Params], given: Mapping[str, Any] | Sequence[Any]) -> Params:
    """Return parameters in their form.

    Raises:
        RpcError: one is missing, unknown or ill-typed; names each.
    """
    names = [field.alias or name for name, field in form.model_fields.items()]
    if not isinstance(given, Mapping):
        if len(given) > len(names):
            raise problems.invalid_param(path="params", msg=f"at most {len(names)} are taken")
        given = dict(zip(names, given, strict=False))
    try:
        return form.model_validate(given)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise problems.invalid_params([_fault(fault, names) for fault in faults[:10]]) from None


def _fault(fault: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """Say where and what, without repeating a name or a value that the caller made up."""
    place = fault["loc"][0] if fault["loc"] else "params"
    return {
        "path": place if place in names else "params",
        "msg": fault["msg"].removeprefix("Value error, "),
    }


def notification(method: str, params: Mapping[str, object]) -> bytes:
    """Return a message to a caller that nobody answers."""
    return _encode({"jsonrpc": "2.0", "method": method, "params": params})


def _success(result: object, id_text: str) -> bytes:
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (id_text.encode(), _encode(result))


def _failure(error: RpcError, id_text: str) -> bytes:
    return b'{"jsonrpc":"2.0","id":%b,"error":%b}' % (id_text.encode(), _encode(error.as_json()))
