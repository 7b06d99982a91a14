"""Asking a node, and not trusting the form of what it says."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def ask(url: str, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON
    """Call a method of a node and return its result.

    Raises:
        NodeUnreachable: nobody answers at this URL.
        RpcRefused: the node answers with an error.
        StrangeAnswer: what answers is no JSON-RPC.
    """
    from node.rpc_client import call

    return call(url, method, *params)


@contextmanager
def understanding(url: str) -> Iterator[None]:
    """Read an answer in the body: a field that is missing or of another type is the node's fault.

    Raises:
        StrangeAnswer: it is not of the form that a node of this program gives it.
    """
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        detail = f"{url} does not answer as a node of this program; check the address and versions"
        from node.rpc_client import StrangeAnswer

        raise StrangeAnswer(detail=detail) from None
