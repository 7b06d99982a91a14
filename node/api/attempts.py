"""The one place where a caller's call may fail in any way: it becomes an error to be told.

A fault of ours is logged with its traceback, and the caller hears that there was one.
"""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import structlog

from chain.errors import ChainError
from node.api import problems
from node.api.problems import RpcError

T = TypeVar("T")

log = structlog.get_logger()


async def attempt(doing: Awaitable[T], *, name: str, limit_ms: int) -> T:
    """Return what a call answers.

    Args:
        doing: the call.
        name: of the call, for the log.
        limit_ms: that it may take.

    Raises:
        RpcError: it fails, whatever the reason.
    """
    try:
        async with asyncio.timeout(limit_ms / 1_000):
            return await doing
    except RpcError:
        raise
    except ChainError as error:
        raise problems.rejected(error) from None
    except TimeoutError:
        message = f"the call took over {limit_ms} ms"
        raise problems.limit_error("timeout", message, limit=limit_ms) from None
    except Exception:  # noqa: BLE001, RUF100 -- one call's fault must not end the others'
        log.exception("call_failed", method=name)
        raise problems.internal_error() from None
