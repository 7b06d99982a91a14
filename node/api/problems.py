"""What a caller is told when a call fails: JSON-RPC codes, and reasons that programs read.

    RpcError    with one of the codes below; ``data.reason`` is a stable name

Codes are those of JSON-RPC 2.0, section 5.1, and of the group that Ethereum's clients know
(EIP-1474). A fault of the chain's rules keeps its own stable code as the reason and its fields
beside it. Nothing here repeats what a caller sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, unique

from chain.errors import ChainError


@unique
class RpcCode(IntEnum):
    """The closed list of error codes."""

    PARSE_ERROR = -32700
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    INTERNAL_ERROR = -32603
    NOT_FOUND = -32001
    UNAVAILABLE = -32002
    REJECTED = -32003
    NOT_SUPPORTED = -32004
    LIMIT = -32005


@dataclass(eq=False)
class RpcError(Exception):
    """A call that fails.

    Attributes:
        code: what kind of failure.
        message: one sentence for people.
        reason: a stable name for programs.
        data: typed fields beside the reason.
    """

    code: RpcCode
    message: str
    reason: str
    data: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the JSON-RPC error object."""
        data = {"reason": self.reason, **self.data}
        return {"code": int(self.code), "message": self.message, "data": data}


def parse_error(*, detail: str) -> RpcError:
    """Return the error for a body that is no JSON."""
    return RpcError(RpcCode.PARSE_ERROR, f"the body is not valid JSON: {detail}", "parse_error")


def invalid_request(*, detail: str) -> RpcError:
    """Return the error for JSON that is no JSON-RPC 2.0 request."""
    message = f"this is no JSON-RPC 2.0 request: {detail}"
    return RpcError(RpcCode.INVALID_REQUEST, message, "invalid_request")


def unknown_method() -> RpcError:
    """Return the error for a method that does not exist."""
    message = "there is no such method; node/api/README.md lists them"
    return RpcError(RpcCode.METHOD_NOT_FOUND, message, "unknown_method")


def invalid_params(errors: list[dict[str, str]]) -> RpcError:
    """Return the error for parameters outside their form.

    Args:
        errors: each with ``path``, a parameter's name, and ``msg``.
    """
    first = errors[0]
    message = f"the parameter {first['path']} is not valid: {first['msg']}"
    return RpcError(RpcCode.INVALID_PARAMS, message, "invalid_params", {"errors": errors})


def invalid_param(*, path: str, msg: str) -> RpcError:
    """Return :func:`invalid_params` for one parameter."""
    return invalid_params([{"path": path, "msg": msg}])


def internal_error() -> RpcError:
    """Return the error for a fault of ours, which the log knows and the caller does not."""
    return RpcError(RpcCode.INTERNAL_ERROR, "the node failed at this call", "internal_error")


def not_found(what: str) -> RpcError:
    """Return the error for a thing that this node's final state and history do not hold."""
    message = f"there is no such {what} in the final chain of this node"
    return RpcError(RpcCode.NOT_FOUND, message, f"{what}_not_found")


def unavailable() -> RpcError:
    """Return the error for a call that needs the core while it is away."""
    message = "the node's core does not answer at the moment; try again in a second"
    return RpcError(RpcCode.UNAVAILABLE, message, "core_unavailable", {"retryAfterMs": 1_000})


def websocket_only() -> RpcError:
    """Return the error for a call over HTTP of what only an open connection can be told."""
    message = "subscriptions need a WebSocket: connect to the same address with ws:// for http://"
    return RpcError(RpcCode.NOT_SUPPORTED, message, "websocket_only")


def too_fast(*, retry_ms: int) -> RpcError:
    """Return the error for a caller that has used up its allowance.

    Args:
        retry_ms: milliseconds after which it may call again.
    """
    message = f"you call more often than this node allows; try again in {retry_ms} ms"
    return RpcError(RpcCode.LIMIT, message, "rate_limited", {"retryAfterMs": retry_ms})


def limit_error(reason: str, message: str, *, limit: int) -> RpcError:
    """Return the error for more than a stated limit."""
    return RpcError(RpcCode.LIMIT, message, reason, {"limit": limit})


def rejected(error: ChainError, **where: int) -> RpcError:
    """Return the error for a transaction or receipt that a rule refuses.

    Args:
        error: names the rule.
        where: says which of several it was.
    """
    return RpcError(RpcCode.REJECTED, str(error), error.code, {**vars(error), **where})
