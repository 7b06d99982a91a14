"""What a caller is told when a call fails: a sentence for people and a reason for programs.

    RpcError    ``data.reason`` is one of ``node.api.reasons``, which says its JSON-RPC code

A fault of the chain's rules keeps its own stable code as the reason and its fields beside it.
Nothing here repeats what a caller sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chain.errors import ChainError
from node.api.reasons import REASONS, RpcCode


@dataclass(eq=False)
class RpcError(Exception):
    """A call that fails.

    Attributes:
        message: one sentence for people.
        reason: a name of ``REASONS``, for programs.
        data: typed fields beside the reason.
    """

    message: str
    reason: str
    data: Mapping[str, object] = field(default_factory=dict)

    @property
    def code(self) -> RpcCode:
        """The JSON-RPC code of the reason."""
        return REASONS[self.reason].code

    def as_json(self) -> dict[str, object]:
        """Return the JSON-RPC error object."""
        data = {"reason": self.reason, **self.data}
        return {"code": int(self.code), "message": self.message, "data": data}


def parse_error(*, detail: str) -> RpcError:
    """Return the error for a body that is no JSON."""
    return RpcError(f"the body is not valid JSON: {detail}", "parse_error")


def invalid_request(*, detail: str) -> RpcError:
    """Return the error for JSON that is no JSON-RPC 2.0 request."""
    message = f"this is no JSON-RPC 2.0 request: {detail}"
    return RpcError(message, "invalid_request")


def unknown_method() -> RpcError:
    """Return the error for a method that does not exist."""
    message = "there is no such method; node/api/README.md lists them"
    return RpcError(message, "unknown_method")


def invalid_params(errors: list[dict[str, str]]) -> RpcError:
    """Return the error for parameters outside their form.

    Args:
        errors: each with ``path``, a parameter's name, and ``msg``.
    """
    first = errors[0]
    message = f"the parameter {first['path']} is not valid: {first['msg']}"
    return RpcError(message, "invalid_params", {"errors": errors})


def invalid_param(*, path: str, msg: str) -> RpcError:
    """Return :func:`invalid_params` for one parameter."""
    return invalid_params([{"path": path, "msg": msg}])


def internal_error() -> RpcError:
    """Return the error for a fault of ours, which the log knows and the caller does not."""
    return RpcError("the node failed at this call", "internal_error")


def not_found(what: str) -> RpcError:
    """Return the error for a thing that this node's final state and history do not hold."""
    message = f"there is no such {what} in the final chain of this node"
    return RpcError(message, f"{what}_not_found")


def unavailable() -> RpcError:
    """Return the error for a call that needs the core while it is away."""
    message = "the node's core does not answer at the moment; try again in a second"
    return RpcError(message, "core_unavailable", {"retryAfterMs": 1_000})


def websocket_only() -> RpcError:
    """Return the error for a call over HTTP of what only an open connection can be told."""
    message = "subscriptions need a WebSocket: connect to the same address with ws:// for http://"
    return RpcError(message, "websocket_only")


def eth_read_only() -> RpcError:
    """Return the error for what a client of the EVM would sign, send or prove."""
    message = (
        "Method not supported: the eth_ view only reads, and nothing here is signed with ECDSA"
    )
    hint = "sign a transaction of this chain with Ed25519 and hand it in with ait_sendTransaction"
    return RpcError(message, "eth_read_only", {"hint": hint})


def filter_not_found() -> RpcError:
    """Return the error for a filter that is forgotten; clients make it again at its code."""
    message = "filter not found: it was taken off or not asked for long, or the node restarted"
    return RpcError(message, "filter_not_found")


def state_not_kept() -> RpcError:
    """Return the error for an account as it was at a block before the last one."""
    message = "accounts are kept as they are at the last block: ask for latest"
    return RpcError(message, "state_not_kept")


def too_fast(*, retry_ms: int) -> RpcError:
    """Return the error for a caller that has used up its allowance.

    Args:
        retry_ms: milliseconds after which it may call again.
    """
    message = f"you call more often than this node allows; try again in {retry_ms} ms"
    return RpcError(message, "rate_limited", {"retryAfterMs": retry_ms})


def limit_error(reason: str, message: str, *, limit: int) -> RpcError:
    """Return the error for more than a stated limit."""
    return RpcError(message, reason, {"limit": limit})


def range_error(message: str, limit: int, suggested: Mapping[str, str]) -> RpcError:
    """Return the error for a range of blocks that is too large for one answer.

    Args:
        message: which limit it is above.
        limit: that limit.
        suggested: a smaller range, which is answered.
    """
    return RpcError(message, "range_too_large", {"limit": limit, "suggested": suggested})


def rejected(error: ChainError, **where: int) -> RpcError:
    """Return the error for a transaction or receipt that a rule refuses.

    Args:
        error: names the rule.
        where: says which of several it was.
    """
    return RpcError(str(error), error.code, {**vars(error), **where})


def unknown_path() -> RpcError:
    """Return the error for a path of REST that does not exist."""
    return RpcError("there is no such path; /v1/openapi.json lists them", "unknown_path")


def method_not_allowed() -> RpcError:
    """Return the error for a method of HTTP that a path of REST has not."""
    message = "this path has other methods; the header Allow lists them"
    return RpcError(message, "method_not_allowed")


def not_acceptable(*, has_table: bool) -> RpcError:
    """Return the error for a media type that REST does not speak."""
    also = " or text/csv" if has_table else "; there is no table to be CSV"
    return RpcError(f"this path answers application/json{also}", "not_acceptable")


def unauthorized() -> RpcError:
    """Return the error for an operator's call without the operator's token."""
    message = "this call needs the token of the node's operator, as Authorization: Bearer"
    return RpcError(message, "unauthorized")


def unsupported_media_type() -> RpcError:
    """Return the error for a body that is no plain JSON."""
    message = "send a body of application/json, not compressed"
    return RpcError(message, "unsupported_media_type")


def key_missing() -> RpcError:
    """Return the error for a request without an Idempotency-Key that needs one."""
    message = "the header Idempotency-Key is missing, or not 1 to 255 visible ASCII characters"
    return RpcError(message, "idempotency_key_missing")


def key_reused() -> RpcError:
    """Return the error for an Idempotency-Key under which something else was asked."""
    message = "under this Idempotency-Key another request was made"
    return RpcError(message, "idempotency_key_reused")


def key_under_way() -> RpcError:
    """Return the error for the same request while the first is still under way."""
    message = "the first request under this Idempotency-Key is still under way"
    return RpcError(message, "idempotency_in_flight", {"retryAfterMs": 1_000})
