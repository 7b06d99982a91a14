"""How REST says no: problem documents of RFC 9457, with the reasons that JSON-RPC gives.

``code`` is a name of ``reasons.py``, and ``type`` the address of what there is to say about it. The
sentence in ``detail`` is for people; nothing a caller sent is repeated, neither names nor values.
"""

from typing import Any, Final

import msgspec
from aiohttp import hdrs, web
from pydantic.alias_generators import to_snake

from node.api.problems import RpcError
from node.api.reasons import REASONS

MEDIA_TYPE: Final = "application/problem+json"
RETRY_S: Final = "1"

WHOLE: Final = "query"
"""What a fault is at that is at no field of the form."""

REASON_OF_STATUS: Final = {408: "body_too_slow", 413: "body_too_large", 503: "too_busy"}
"""Why a body is refused before it is read."""

_encode = msgspec.json.Encoder(decimal_format="number").encode


def problem_of(error: RpcError) -> dict[str, Any]:
    """Return the problem document of a call that failed."""
    reason = REASONS[error.reason]
    fields = {to_snake(name): value for name, value in error.data.items() if name != "errors"}
    document = {
        "type": f"/v1/problems/{reason.name}",
        "title": reason.title,
        "status": reason.status,
        "code": reason.name,
        "detail": error.message,
        "advice": reason.advice,
    }
    faults = error.data.get("errors")
    if isinstance(faults, list):
        document["errors"] = [
            {"pointer": _pointer(one["path"]), "detail": one["msg"]} for one in faults
        ]
    return fields | document


def _pointer(path: str) -> str:
    """Return where a fault is; the whole where it is at no field that the form knows."""
    return "#" if path == WHOLE else f"#/{path.replace('.', '/')}"


def problem_response(error: RpcError) -> web.Response:
    """Return the HTTP answer to a call that failed."""
    status = REASONS[error.reason].status
    response = web.Response(
        body=_encode(problem_of(error)),
        status=status,
        content_type=MEDIA_TYPE,
        headers={hdrs.CACHE_CONTROL: "no-store"},
    )
    wait_ms = error.data.get("retryAfterMs")
    if isinstance(wait_ms, int):
        response.headers[hdrs.RETRY_AFTER] = str(max(1, -(-wait_ms // 1_000)))
    elif status == web.HTTPServiceUnavailable.status_code:
        response.headers[hdrs.RETRY_AFTER] = RETRY_S
    if status == web.HTTPUnauthorized.status_code:
        response.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
    return response


def unread(error: web.HTTPException) -> RpcError:
    """Return why a body was refused before anything was read of it."""
    reason = REASON_OF_STATUS.get(error.status, "bad_http")
    return RpcError("the body was refused, or could not be read", reason)
