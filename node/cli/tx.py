"""``aitbc tx``: send money, and look at transactions."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chain.errors import ConfigError
from chain.primitives import Address
from node.cli.asking import ask, understanding
from node.cli.keys import FROM, open_key
from node.cli.listing import Columns, Listing, listed
from node.cli.options import ADDRESS, AMOUNT, JSON, RPC
from node.cli.passphrases import PassphraseSource, takes_passphrase
from node.cli.screen import print_fields, print_json, shorten
from node.cli.submitting import FEE, GENESIS, WAIT, Sender, submit
from node.cli.words import aitbc_of, moment_of

if TYPE_CHECKING:
    from chain.transaction import Transaction

RAW_BYTES_MAX = 256 * 1024
"""A transaction has at most 64 KiB, in two digits each and perhaps with spaces around."""


@click.group()
def tx() -> None:
    """Send money, and look at transactions."""


@tx.command()
@FROM
@click.option("--to", required=True, type=ADDRESS, metavar="ADDRESS|WALLET", help="Who gets it.")
@click.argument("amount", type=AMOUNT)
@click.option("--memo", default="", help="Public text, at most 64 printable ASCII characters.")
@FEE
@GENESIS
@WAIT
@takes_passphrase
@RPC
@JSON
def send(  # noqa: PLR0913 - one option each
    source: str,
    to: Address,
    amount: int,
    *,
    memo: str,
    fee: int | None,
    genesis: str | None,
    wait: bool,
    passphrase: PassphraseSource,
    rpc: str,
    as_json: bool,
) -> None:
    """Send AMOUNT of AITBC from a wallet to an address.

    What will be done is said before the passphrase is asked for; without it nothing happens.

    Example: aitbc tx send 2.5 --from alice --to bob --wait
    """
    from chain.address import format_address
    from chain.payloads import Transfer

    if not (memo.isascii() and memo.isprintable()):
        raise ConfigError(detail="a memo is printable ASCII: it stays on the chain for ever")
    sender = Sender.of(rpc, genesis=genesis)
    receiver = format_address(to)
    click.echo(f"send {aitbc_of(str(amount))} AITBC from {source} to {receiver}", err=True)
    click.echo(f"on {sender.chain.id}, genesis {sender.chain.genesis_hash.hex()}", err=True)
    key = open_key(source, passphrase)
    payload = Transfer(to=to, amount=amount, memo=memo)
    submit(sender, payload, key=key, fee=fee, wait=wait, as_json=as_json)


@tx.command()
@click.argument("transaction_id", metavar="ID")
@RPC
@JSON
def show(transaction_id: str, rpc: str, *, as_json: bool) -> None:
    """Show a final transaction and what became of it.

    Example: aitbc tx show 0x901b90065756344b5eeaede9b3dae533c9925fd47cb999af4333187b9aba9b7b
    """
    found = ask(rpc, "ait_getTransaction", transaction_id)
    if as_json:
        print_json(found)
        return
    with understanding(rpc):
        fields: list[tuple[str, object]] = [
            ("transaction", found["transactionId"]),
            ("block", f"{found['height']}, place {found['index']}"),
            ("time", f"{moment_of(found['timeMs'])} UTC"),
            ("kind", found["kind"]),
            ("sender", found["sender"]),
            ("recipient", found["recipient"]),
            ("amount", f"{aitbc_of(found['amount'])} AITBC"),
            ("fee", f"{aitbc_of(found['fee'])} AITBC"),
            ("nonce", found["nonce"]),
            *(_payload_field(name, value) for name, value in dict(found["payload"]).items()),
        ]
        print_fields(fields)


def _payload_field(name: str, value: object) -> tuple[str, object]:
    import json

    return f"  {name}", json.dumps(value) if isinstance(value, dict | list) else value


@tx.command(name="list")
@click.option("--address", type=ADDRESS, metavar="ADDRESS|WALLET", help="Whose.")
@click.option("--kind", help="Of this kind, such as transfer or reserve.")
@RPC
@listed
def list_(address: Address | None, kind: str | None, rpc: str, listing: Listing) -> None:
    """List final transactions, the newest first.

    Example: aitbc tx list --kind transfer --limit 5
    """
    from chain.address import format_address

    wanted = {"address": None if address is None else format_address(address), "kind": kind}
    head = ("block", "kind", "aitbc", "sender", "recipient", "transaction")
    columns = Columns(head, _row, right=("block", "aitbc"), spare=("sender",))
    listing.print(rpc, "ait_getTransactions", wanted, columns)


def _row(item: dict[str, Any]) -> tuple[object, ...]:
    people = (item["sender"], item["recipient"])
    shown = [None if one is None else shorten(one) for one in people]
    amount, transaction_id = aitbc_of(item["amount"]), shorten(item["transactionId"])
    return (item["height"], item["kind"], amount, *shown, transaction_id)


@tx.command()
@click.argument("raw", metavar="HEX|FILE")
@GENESIS
@JSON
@click.pass_context
def inspect(context: click.Context, raw: str, genesis: str | None, *, as_json: bool) -> None:
    """Say what a transaction would do, from its bytes alone; asks nobody.

    With --genesis its id and its signature are checked too, and it ends with 1 where that does not
    hold.

    Example: aitbc tx inspect transaction.hex --genesis genesis.json
    """
    from chain.errors import ChainError
    from chain.transaction import decode_transaction
    from node.api.payload_shapes import payload_shape

    data = _bytes_of(raw)
    try:
        transaction = decode_transaction(data)
    except ChainError as error:
        raise ConfigError(detail=f"that is no transaction: {error}") from None
    shape = _envelope(transaction) | {"payload": payload_shape(transaction)}
    fault = None
    if genesis is not None:
        checked, fault = _check(data, genesis)
        shape |= checked
    if as_json:
        print_json(shape)
    else:
        envelope = [(name, value) for name, value in shape.items() if name != "payload"]
        print_fields([*envelope, *(_payload_field(*one) for one in shape["payload"].items())])
    if fault is not None:
        click.echo(f"NOT VALID: {fault}", err=True)
        context.exit(1)


def _bytes_of(raw: str) -> bytes:
    """Return the bytes that digits spell, given as they are or in a file.

    Raises:
        ConfigError: they are none.
    """
    from genesis.closed_json import read_file
    from node.home import is_file

    text = raw
    if len(raw) < 256 and is_file(Path(raw)):  # noqa: PLR2004 - longer than any name of a file
        text = read_file(Path(raw), bytes_max=RAW_BYTES_MAX).decode("ascii", errors="replace")
    try:
        return bytes.fromhex(text.strip().removeprefix("0x"))
    except ValueError:
        raise ConfigError(detail="that is neither hexadecimal digits nor a file of them") from None


def _envelope(transaction: "Transaction") -> dict[str, Any]:
    from chain.kind import Kind
    from chain.transaction import SignedTransaction
    from node.api.words import address_of, hex_of

    kind = {"kind": Kind(transaction.kind).name.lower()}
    if not isinstance(transaction, SignedTransaction):
        return kind
    return kind | {
        "sender": address_of(transaction.sender),
        "publicKey": hex_of(transaction.public_key),
        "nonce": transaction.nonce,
        "fee": str(transaction.fee),
        "validUntilHeight": transaction.valid_until,
    }


def _check(data: bytes, genesis: str) -> tuple[dict[str, Any], str | None]:
    """Return what the chain adds, and what is wrong with the signature, if anything."""
    from chain.errors import ChainError
    from chain.validation import verify_transaction
    from node.cli.submitting import hash_of_genesis

    try:
        verified = verify_transaction(data, genesis_hash=hash_of_genesis(genesis))
    except ChainError as error:
        return {"signatureValid": False}, str(error)
    return {"transactionId": f"0x{verified.id.hex()}", "signatureValid": True}, None
