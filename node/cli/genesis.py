"""``aitbc genesis``: make, check and hash genesis documents."""

from pathlib import Path

import click

from chain.primitives import TIME_MS_MAX, VALIDATORS_MAX
from genesis.document import read_genesis
from genesis.make import DEVNET_TIME_MS, format_document, make_devnet_document
from node.cli.options import JSON
from node.cli.output import OUTPUT, write_output
from node.cli.screen import print_done, print_json


@click.group()
def genesis() -> None:
    """Make, check and hash genesis documents."""


@genesis.command()
@click.option("--validators", type=click.IntRange(1, VALIDATORS_MAX), default=4, show_default=True)
@click.option(
    "--time-ms", type=click.IntRange(0, TIME_MS_MAX - 1), default=DEVNET_TIME_MS, show_default=True
)
@click.option("--block-interval-ms", type=click.IntRange(50, 600_000), default=1_000)
@OUTPUT
def devnet(validators: int, time_ms: int, block_interval_ms: int, output: Path | None) -> None:
    """Write a devnet's document: development keys, prefunded accounts, the price list.

    The same options give the same bytes.

    Example: aitbc genesis devnet --validators 4 --output genesis.json
    """
    text = format_document(
        make_devnet_document(
            validators=validators, time_ms=time_ms, block_interval_ms=block_interval_ms
        )
    )
    write_output(text.encode(), output)


@genesis.command()
@click.argument("document", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@JSON
def check(document: Path, *, as_json: bool) -> None:
    """Check a document and say what it means.

    Example: aitbc genesis check genesis.json
    """
    parsed = read_genesis(document)
    if as_json:
        print_json(
            {
                "chainId": parsed.chain_id,
                "genesisHash": f"0x{parsed.hash.hex()}",
                "validators": len(parsed.validators),
                "accounts": len(parsed.balances),
                "supply": str(parsed.supply),
            }
        )
        return
    click.echo(f"chain id     {parsed.chain_id}")
    click.echo(f"hash         {parsed.hash.hex()}")
    click.echo(f"validators   {len(parsed.validators)}")
    click.echo(f"accounts     {len(parsed.balances)}")
    click.echo(f"supply       {parsed.supply} base units")


@genesis.command(name="hash")
@click.argument("document", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@JSON
def hash_(document: Path, *, as_json: bool) -> None:
    """Print the genesis hash of a document.

    Example: aitbc genesis hash genesis.json
    """
    digits = read_genesis(document).hash.hex()
    print_done(digits, {"genesisHash": f"0x{digits}"}, as_json=as_json)
