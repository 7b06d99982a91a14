"""Asking an edge's methods as a caller does, without HTTP between."""

# ruff: noqa: ANN401 -- answers are JSON

import asyncio
import json
from typing import Any

from node.api.eth_methods import ETH_METHODS
from node.api.jsonrpc import Rpc
from node.api.methods import METHODS
from node.api.services import Services
from tests.support.judged import judge


def reply_of(services: Services, method: str, **params: Any) -> dict[str, Any]:
    """Return the whole reply to one call."""
    rpc = Rpc(METHODS + ETH_METHODS, services, limits=services.settings.limits)
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    reply: dict[str, Any] = json.loads(asyncio.run(rpc.answer(json.dumps(request).encode())))
    judge(method, reply)
    return reply


def ask(services: Services, method: str, **params: Any) -> Any:
    """Return the answer to a call that succeeds."""
    return reply_of(services, method, **params)["result"]


def refusal(services: Services, method: str, **params: Any) -> tuple[int, str]:
    """Return the code and reason of a call that fails."""
    error = reply_of(services, method, **params)["error"]
    return error["code"], error["data"]["reason"]
