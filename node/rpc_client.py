"""A small JSON-RPC caller for the command line and the devnet: blocking, one connection a call."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any
from urllib.parse import urlsplit

from chain.errors import PeerError
from node.unix_http import SCHEME, UnixConnection

REPLY_BYTES_MAX = 16 * 1024 * 1024


class NodeUnreachable(PeerError):
    """Nobody answers at a URL."""

    url: str
    code = "node_unreachable"
    sentence = "cannot reach a node at {url} ({detail})"


class BadUrl(PeerError):
    """What was given is no address of a node."""

    code = "bad_url"
    sentence = "{detail} is no address of a node; they look like http://127.0.0.1:8545"


class StrangeAnswer(PeerError):
    """What answers is no node of this program, or one of another version."""

    code = "strange_answer"
    sentence = "{detail}"


class RpcRefused(PeerError):
    """The node answered with an error.

    Attributes:
        rpc_code: the JSON-RPC error code.
        reason: the stable code of the refusal, or "".
        data: typed fields beside the reason.
    """

    rpc_code: int
    reason: str
    data: Mapping[str, object] = field(default_factory=dict)
    code = "rpc_refused"
    sentence = "{detail}"


def call(url: str, method: str, *params: object, timeout_s: float = 10.0) -> Any:  # noqa: ANN401 - JSON
    """Call a method and return its result.

    Args:
        url: of the node.
        method: its name.
        params: by position; one that is a dictionary holds them by name.
        timeout_s: seconds without a word after which the node is given up.

    Raises:
        BadUrl: it is none.
        NodeUnreachable: nobody answers there.
        StrangeAnswer: what answers is no JSON-RPC.
        RpcRefused: it answered with an error.
    """
    named = params[0] if len(params) == 1 and isinstance(params[0], dict) else list(params)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": named})
    match _post(url, body.encode(), timeout_s=timeout_s):
        case {"error": {"code": int(rpc_code), "message": str(message), **rest}}:
            data = rest.get("data")
            known = data if isinstance(data, dict) else {}
            reason = known.get("reason")
            raise RpcRefused(
                detail=message,
                rpc_code=rpc_code,
                reason=reason if isinstance(reason, str) else "",
                data=known,
            )
        case {"result": result}:
            return result
    raise StrangeAnswer(detail=f"{url} does not answer JSON-RPC; check the address")


def _connect(url: str, *, timeout_s: float) -> http.client.HTTPConnection:
    if url.startswith(SCHEME):
        return UnixConnection(url.removeprefix(SCHEME), timeout_s=timeout_s)
    try:
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname:
            return http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=timeout_s)
    except ValueError:
        pass  # a bracket or a port that is none: the same sentence says what is missing
    raise BadUrl(detail=url)


def _why(error: Exception) -> str:
    """Return in a few words why a node does not answer."""
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    said = error.strerror if isinstance(error, OSError) else None
    return (said or str(error) or "it hung up").lower()


def _post(url: str, body: bytes, *, timeout_s: float) -> object:
    connection = _connect(url, timeout_s=timeout_s)
    try:
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        data = connection.getresponse().read(REPLY_BYTES_MAX)
        return json.loads(data)
    except (OSError, http.client.HTTPException) as error:
        raise NodeUnreachable(url=url, detail=_why(error)) from None
    except (ValueError, RecursionError):
        raise StrangeAnswer(detail=f"{url} does not answer JSON-RPC; check the address") from None
    finally:
        connection.close()
