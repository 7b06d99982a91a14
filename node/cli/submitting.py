"""What commands that send a transaction share: which chain, which fee, and whether to wait."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chain.errors import ConfigError
from chain.primitives import HASH_BYTES, Hash
from node.cli.options import AMOUNT
from node.cli.screen import is_terminal, print_json
from node.cli.words import aitbc_of

if TYPE_CHECKING:
    from chain.crypto import SecretKey
    from chain.payloads import Payload
    from node.sending import Chain

FEE = click.option(
    "--fee", type=AMOUNT, metavar="AMOUNT", help="In AITBC; the least that is taken unless given."
)
GENESIS = click.option(
    "--genesis",
    metavar="FILE|HASH",
    help="The chain you mean: its genesis document, or the 64 digits of its hash.",
)
WAIT = click.option("--wait", is_flag=True, help="Return once it is final.")


@dataclass(frozen=True, slots=True)
class Sender:
    """A node and the chain it follows.

    Attributes:
        rpc: its URL.
        chain: what is signed holds for this chain alone.
    """

    rpc: str
    chain: "Chain"

    @classmethod
    def of(cls, rpc: str, *, genesis: str | None) -> "Sender":
        """Ask a node for its chain.

        Raises:
            ConfigError: it is another one than the genesis document or hash names.
            PeerError: the node does not answer.
        """
        from node.sending import get_chain

        meant = None if genesis is None else hash_of_genesis(genesis)
        return cls(rpc, get_chain(rpc, meant=meant))


def hash_of_genesis(named: str) -> Hash:
    """Return the genesis hash that a document's path, or 64 digits, name.

    Raises:
        ConfigError: they are neither.
    """
    try:
        data = bytes.fromhex(named.removeprefix("0x"))
    except ValueError:
        data = b""
    if len(data) == HASH_BYTES:
        return Hash(data)
    from genesis.document import read_genesis

    return read_genesis(Path(named)).hash


def submit(
    sender: Sender,
    payload: "Payload",
    *,
    key: "SecretKey",
    fee: int | None,
    wait: bool,
    as_json: bool,
) -> None:
    """Sign a transaction, hand it in, and say what became of it.

    Raises:
        RpcRefused: a rule refuses it.
        NotFinal: it was to be waited for, and no block takes it.
        PeerError: the node does not answer.
    """
    from node.sending import make_transaction, send, wait_final

    made = make_transaction(sender.rpc, sender.chain, payload, key=key, fee=fee)
    click.echo(f"fee {aitbc_of(str(made.fee))} AITBC", err=True)
    transaction_id = send(sender.rpc, sender.chain, made)
    shown = f"0x{transaction_id.hex()}"
    if not wait:
        _print({"transactionId": shown, "validUntilHeight": made.valid_until}, as_json=as_json)
        click.echo(f"admitted; look with: aitbc tx show {shown}", err=True)
        return
    click.echo("waiting for a block", err=True)
    final = wait_final(sender.rpc, transaction_id, valid_until=made.valid_until, tell=_tell)
    _print(final, as_json=as_json)
    click.echo(f"final in block {final['height']}", err=True)


def _print(document: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(document)
    else:
        click.echo(document.get("transactionId"))


def _tell(height: int) -> None:
    if is_terminal():
        click.echo(f"not in block {height} yet", err=True)


def parse_label(text: str, *, what: str) -> str:
    """Return a label that the chain allows.

    Raises:
        ConfigError: it has another character, or too many.
    """
    import re

    if not re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", text, re.ASCII):
        detail = f"a {what} has 1 to 64 letters, digits, dots, colons, hyphens and underscores"
        raise ConfigError(detail=detail)
    return text
