"""``aitbc rpc``: call a node's JSON-RPC from the shell."""

import json

import click

from node.rpc_client import call


@click.command()
@click.argument("url")
@click.argument("method")
@click.argument("parameters", nargs=-1)
def rpc(url: str, method: str, parameters: tuple[str, ...]) -> None:
    """Call METHOD of the node at URL and print its result.

    Each parameter is JSON; what is not JSON is taken as a text.

    Example: aitbc rpc http://127.0.0.1:8545 ait_getBlock 1
    """
    result = call(url, method, *(_read(parameter) for parameter in parameters))
    click.echo(json.dumps(result, indent=2))


def _read(parameter: str) -> object:
    try:
        return json.loads(parameter)
    except ValueError:
        return parameter
