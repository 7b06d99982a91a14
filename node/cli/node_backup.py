"""``aitbc node backup`` and ``restore``: a node's chain in a folder, and back."""

from dataclasses import asdict
from pathlib import Path

import click

from node.cli.options import HOME, JSON
from node.cli.progress_line import MIB, progress
from node.cli.screen import print_fields, print_json

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=FOLDER)
@HOME
@JSON
def backup(folder: Path, home: Path, *, as_json: bool) -> None:
    """Copy a node's chain into a new FOLDER, while the node goes on.

    The copy is the database as it is at one moment, the genesis document, and a manifest by which
    restore checks both. Keys are not in it, nor what a validator has signed: that must never go
    back in time.

    Example: aitbc node backup ~/backups/monday --home ~/aitbc
    """
    from node.backup import make_backup
    from node.home import Home

    with progress("copying the database", is_quiet=as_json) as line:
        manifest = make_backup(Home(home), folder, tell=line.tell_bytes)
    if as_json:
        print_json({"folder": str(folder), "manifest": asdict(manifest)})
        return
    print_fields(
        [
            ("backup", folder),
            ("height", manifest.height),
            ("size", f"{-(-manifest.database_bytes // MIB):,} MiB"),
            ("sha256", manifest.database_sha256),
        ]
    )
    click.echo(f"put it back with: aitbc node restore {folder} --home HOME", err=True)


@click.command()
@click.argument("folder", type=FOLDER)
@HOME
@JSON
def restore(folder: Path, home: Path, *, as_json: bool) -> None:
    """Put the backup in FOLDER into the home of a stopped node that has no database.

    The home is made with aitbc node init, for the chain that you trust. The file must be the one
    that was backed up, and is checked as at a node's start; what came after it the node gets from
    its peers.

    Example: aitbc node restore ~/backups/monday --home ~/aitbc
    """
    from node.backup import restore_backup
    from node.home import Home

    with progress("copying the database", is_quiet=as_json) as line:
        manifest = restore_backup(Home(home), folder, tell=line.tell_bytes, say=line.say)
    if as_json:
        print_json(
            {"home": str(home), "height": manifest.height, "blockHash": f"0x{manifest.block_hash}"}
        )
        return
    print_fields([("home", home), ("height", manifest.height), ("block", manifest.block_hash)])
    click.echo(f"start it with:          aitbc node start --home {home}", err=True)
    click.echo(f"check it to the bottom: aitbc node verify --home {home}", err=True)
