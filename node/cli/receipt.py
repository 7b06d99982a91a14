"""``aitbc receipt``: fetch a receipt's proof, and verify a receipt without believing a node."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chain.errors import ConfigError
from node.amounts import format_amount
from node.cli.asking import ask, understanding
from node.cli.default_group import DefaultGroup
from node.cli.options import JSON, RPC
from node.cli.output import OUTPUT, write_output
from node.cli.screen import print_fields, print_json, printable
from node.cli.words import aitbc_of, moment_of, units_of

if TYPE_CHECKING:
    from chain.verdict import Verification


@click.group(cls=DefaultGroup)
def receipt() -> None:
    """Show, fetch and verify receipts.

    The word show may stay unsaid: aitbc receipt ID.
    """


@receipt.command()
@click.argument("name", metavar="ID")
@RPC
@JSON
def show(name: str, rpc: str, *, as_json: bool) -> None:
    """Show the receipt ID, its hash or its miner's id for it, and what became of it.

    With --json the miner's signed document is in it.

    Example: aitbc receipt show receipt-1
    """
    found = ask(rpc, "ait_getReceipt", name)
    if as_json:
        print_json(found)
        return
    with understanding(rpc):
        print_fields(_fields(found))


def _fields(found: dict[str, Any]) -> list[tuple[str, object]]:
    settled = found["settledHeight"]
    dispute = found["dispute"]
    return [
        ("receipt", found["receiptId"]),
        ("hash", found["receiptHash"]),
        ("status", found["status"]),
        ("client", found["client"]),
        ("miner", found["provider"]),
        ("job", found["jobId"]),
        ("work", f"{units_of(found)} of {found['model']}"),
        ("price", f"{aitbc_of(found['price'])} AITBC"),
        ("paid", f"{aitbc_of(found['paid'])} AITBC, and a fee of {aitbc_of(found['fee'])}"),
        ("worked", f"{moment_of(found['startedAt'] * 1_000)} UTC"),
        ("claimed", f"in block {found['height']}, {moment_of(found['timeMs'])} UTC"),
        ("settled", None if settled is None else f"in block {settled}"),
        ("due", None if found["dueHeight"] is None else f"in block {found['dueHeight']}"),
        ("disputed", None if dispute is None else f"in block {dispute['openedAtHeight']}"),
        ("reservation", found["reservationId"]),
        ("transaction", found["transactionId"]),
    ]


@receipt.command()
@click.argument("name", metavar="ID")
@RPC
@OUTPUT
def proof(name: str, rpc: str, output: Path | None) -> None:
    """Fetch what proves the receipt ID, its hash or its miner's id for it.

    Example: aitbc receipt proof receipt-1 --rpc http://127.0.0.1:8545 --output proof.json
    """
    from node.receipt_check import get_receipt

    write_output(get_receipt(name, rpc).encode(), output)


@receipt.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@RPC
@JSON
def submit(file: Path, rpc: str, *, as_json: bool) -> None:
    """Hand in the claim of the receipt that a proof's FILE holds, for whomever it pays.

    A claim proves itself: anybody may carry one, nobody can alter it, and it pays once.

    Example: aitbc receipt submit proof.json
    """
    from chain.claim_batch import ClaimBatch
    from chain.proof import PROOF_BYTES_MAX, decode_proof
    from chain.proof_parts import open_proof
    from genesis.closed_json import read_file
    from node.rpc_client import RpcRefused

    proof = decode_proof(read_file(file, bytes_max=PROOF_BYTES_MAX))
    parts = open_proof(proof)
    if isinstance(parts.transaction, ClaimBatch):
        raise ConfigError(detail="its claim came in a batch, which is one with all its receipts")
    document, claim = proof.receipt.leaf.decode("ascii"), proof.claim.leaf.hex()
    try:
        found = ask(rpc, "ait_submitReceipt", document, claim)
    except RpcRefused:
        if not as_json:
            _tell_if_known(rpc, parts.receipt.hash)
        raise
    if as_json:
        print_json(found)
        return
    with understanding(rpc):
        click.echo(found["transactionId"])


def _tell_if_known(rpc: str, receipt_hash: bytes) -> None:
    """Say so where a receipt that is refused is on the chain already."""
    from node.rpc_client import RpcRefused

    try:
        found = ask(rpc, "ait_getReceipt", receipt_hash.hex())
    except RpcRefused:
        return
    with understanding(rpc):
        said = f"{found['status']}, in block {found['settledHeight'] or found['height']}"
        click.echo(f"this receipt is on the chain already: {printable(said)}", err=True)


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
@JSON
@click.pass_context
def verify(
    context: click.Context,
    name: str,
    rpc: str,
    genesis: Path | None,
    public_key: str | None,
    rate: int | None,
    *,
    as_json: bool,
) -> None:
    """Verify a proof or a receipt from FILE, or the receipt ID as a node hands it out.

    Nothing is asked of anybody for a FILE. Ends with 1 where a check fails, and where --genesis is
    given and the receipt is not proven final.

    Example: aitbc receipt verify proof.json --genesis genesis.json
    """
    from chain.proof import PROOF_BYTES_MAX
    from genesis.closed_json import read_file
    from node.receipt_check import get_receipt, verify_receipt

    given = (
        read_file(Path(name), bytes_max=PROOF_BYTES_MAX)
        if Path(name).is_file()
        else get_receipt(name, rpc)
    )
    found = verify_receipt(given, genesis=genesis, public_key=public_key, rate=rate)
    if as_json:
        print_json(_shape(found))
    else:
        click.echo(f"{'receipt':<18}{found.receipt_hash or 'unknown'}\n{found.report}")
        click.echo(_conclusion(found))
    if not (found.is_final if genesis else found):
        context.exit(1)


def _shape(found: "Verification") -> dict[str, Any]:
    amounts = {"paid": found.paid, "pending": found.pending}
    return {
        "valid": bool(found),
        "final": found.is_final,
        "receiptHash": f"0x{found.receipt_hash}" if found.receipt_hash else None,
        "height": found.height,
        **{name: None if one is None else str(one) for name, one in amounts.items()},
        "checks": [
            {"name": one.name, "state": one.state.value, "reason": one.reason}
            for one in found.checks
        ],
    }


def _conclusion(found: "Verification") -> str:
    if not found:
        return f"NOT VALID: {found.reason or found['signature']}"
    if not found.is_final:
        return f"valid, not proven final: {found['finality'].reason}"
    paid = f"{format_amount(found.paid or 0)} AITBC paid"
    pending = found.pending
    waiting = f", {format_amount(pending)} waiting for their window" if pending else ""
    return f"valid and final in block {found.height}: {paid}{waiting}"
