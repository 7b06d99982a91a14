"""``aitbc receipt``: fetch a receipt's proof, and verify a receipt without believing a node."""

from pathlib import Path

import click

from chain.proof import PROOF_BYTES_MAX
from chain.verdict import Verification
from genesis.closed_json import read_file
from node.cli.options import RPC
from node.cli.output import OUTPUT, write_output
from node.receipt_check import get_receipt, verify_receipt


@click.group()
def receipt() -> None:
    """Fetch and verify receipts."""


@receipt.command()
@click.argument("name", metavar="ID")
@RPC
@OUTPUT
def proof(name: str, rpc: str, output: Path | None) -> None:
    """Fetch what proves the receipt ID, its hash or its miner's id for it.

    Example: aitbc receipt proof receipt-1 --rpc http://127.0.0.1:8545 --output proof.json
    """
    write_output(get_receipt(name, rpc).encode(), output)


@receipt.command()
@click.argument("name", metavar="FILE|ID")
@RPC
@click.option(
    "--genesis",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The genesis document of the chain that you trust; without it nothing is proven final.",
)
@click.option("--public-key", help="The miner's key; a receipt of version 1.0 needs it.")
@click.option(
    "--rate",
    type=click.IntRange(min=0),
    help="Base units per whole unit that the reservation allows at most.",
)
@click.pass_context
def verify(
    context: click.Context,
    name: str,
    rpc: str,
    genesis: Path | None,
    public_key: str | None,
    rate: int | None,
) -> None:
    """Verify a proof or a receipt from FILE, or the receipt ID as a node hands it out.

    Nothing is asked of anybody for a FILE. Ends with 1 where a check fails, and where --genesis is
    given and the receipt is not proven final.

    Example: aitbc receipt verify proof.json --genesis genesis.json
    """
    given = (
        read_file(Path(name), bytes_max=PROOF_BYTES_MAX)
        if Path(name).is_file()
        else get_receipt(name, rpc)
    )
    found = verify_receipt(given, genesis=genesis, public_key=public_key, rate=rate)
    click.echo(f"{'receipt':<18}{found.receipt_hash or 'unknown'}\n{found.report}")
    click.echo(_conclusion(found))
    if not (found.is_final if genesis else found):
        context.exit(1)


def _conclusion(found: Verification) -> str:
    if not found:
        return f"NOT VALID: {found.reason or found['signature']}"
    if not found.is_final:
        return f"valid, not proven final: {found['finality'].reason}"
    paid = f"{found.paid} base units paid"
    waiting = f", {found.pending} waiting for their window" if found.pending else ""
    return f"valid and final in block {found.height}: {paid}{waiting}"
