"""A small JSON-RPC caller for the command line and the devnet: blocking, one connection a call."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from chain.errors import PeerError

REPLY_BYTES_MAX = 16 * 1024 * 1024


class RpcRefused(PeerError):
    """The node answered with an error.

    Attributes:
        rpc_code: the JSON-RPC error code.
        reason: the stable code of the refusal, or "".
    """

    rpc_code: int
    reason: str
    code = "rpc_refused"
    sentence = "{detail}"


def call(url: str, method: str, *params: object, timeout_s: float = 10.0) -> Any:  # noqa: ANN401 - JSON
    """Call a method and return its result.

    Raises:
        PeerError: the node cannot be reached or does not answer JSON-RPC.
        RpcRefused: it answered with an error.
    """
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
    reply = _post(url, body.encode(), timeout_s=timeout_s)
    if "error" in reply:
        error = reply["error"]
        reason = (error.get("data") or {}).get("reason", "")
        raise RpcRefused(detail=error["message"], rpc_code=error["code"], reason=reason)
    return reply["result"]


def _post(url: str, body: bytes, *, timeout_s: float) -> dict[str, Any]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout_s)
    try:
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        data = connection.getresponse().read(REPLY_BYTES_MAX)
        reply = json.loads(data)
    except (OSError, http.client.HTTPException) as error:
        raise PeerError(detail=f"{url} does not answer: {error}") from None
    except ValueError:
        raise PeerError(detail=f"{url} does not answer JSON-RPC") from None
    finally:
        connection.close()
    if not isinstance(reply, dict):
        raise PeerError(detail=f"{url} does not answer JSON-RPC")
    return reply
