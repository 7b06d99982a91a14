"""``aitbc rpc``: call a node's JSON-RPC from the shell."""

import json
from typing import Any

import click

from node.cli.options import JSON, RPC
from node.cli.screen import print_json, print_table

DISCOVER = "discover"


@click.command()
@click.argument("method")
@click.argument("parameters", nargs=-1)
@RPC
@JSON
def rpc(method: str, parameters: tuple[str, ...], rpc: str, *, as_json: bool) -> None:
    """Call METHOD of a node and print its result, which is JSON.

    Each parameter is JSON; what is not JSON is taken as a text. One parameter that is a JSON
    object names the parameters. The word discover lists the methods, with --json their OpenRPC
    document.

    Example: aitbc rpc ait_getBlock 1
    """
    from node.rpc_client import call

    if method != DISCOVER:
        print_json(call(rpc, method, *map(_read, parameters)))
        return
    document = call(rpc, "rpc.discover")
    if as_json:
        print_json(document)
    else:
        print_table(("method", "parameters", "what it does"), list(map(_line, _methods(document))))


def _read(parameter: str) -> object:
    try:
        return json.loads(parameter)
    except ValueError:
        return parameter


def _methods(document: object) -> list[dict[str, Any]]:
    """Return the methods of an OpenRPC document.

    Raises:
        StrangeAnswer: it is none.
    """
    from node.rpc_client import StrangeAnswer

    match document:
        case {"methods": list(methods)} if all(isinstance(one, dict) for one in methods):
            return methods
    raise StrangeAnswer(detail="the node's answer is no OpenRPC document")


def _line(method: dict[str, Any]) -> tuple[object, ...]:
    names = [str(one.get("name")) for one in method.get("params", []) if isinstance(one, dict)]
    return method.get("name"), " ".join(names) or None, method.get("summary")
