"""``aitbc signer``: a validator's key in a process of its own."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from node.cli.options import HOME
from node.cli.passphrases import PassphraseSource, takes_passphrase
from node.home import Home

if TYPE_CHECKING:
    from node.signer import Desk


@click.group()
def signer() -> None:
    """Keep a validator's key in a process of its own."""


@signer.command()
@HOME
@click.option(
    "--socket",
    type=click.Path(dir_okay=False, resolve_path=True, path_type=Path),
    help="Where the node finds it; run/signer.sock in the home unless given.",
)
@takes_passphrase
def serve(home: Path, socket: Path | None, passphrase: PassphraseSource) -> None:
    """Sign for one node, until Ctrl-C; the key never leaves this process.

    The home is made by aitbc node init --validator, and no node runs in it. The node has no key:
    its validator.signer names the socket. What is signed is written down here first, so a node that
    lost its way cannot make the key contradict itself.

    Example: aitbc signer serve --home ~/signer
    """
    import asyncio

    from node.config import load_settings
    from node.keystore import read_key
    from node.logs import configure_logs
    from node.signer import check_socket_path, open_desk

    place = Home(home)
    place.check_key()
    path = place.run / "signer.sock" if socket is None else socket
    check_socket_path(path)
    key = read_key(place.validator_key, lambda: passphrase.get(str(place.validator_key)))
    settings = load_settings(place)
    configure_logs(level=settings.log.level, form=settings.log.form)
    with ExitStack() as closing:
        desk = open_desk(place, key, closing)
        click.echo(f"public key   {key.public_key.hex()}", err=True)
        asyncio.run(_serve(desk, path))


async def _serve(desk: "Desk", path: Path) -> None:
    from node.signer import SignerServer

    where = f"aitbc config set validator.signer {path} --home HOME"
    server = SignerServer(desk)
    await server.run(path, tell=lambda: click.echo(f"in the node: {where}", err=True))
