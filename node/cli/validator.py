"""``aitbc validator``: become a validator, leave, or move to another machine."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from chain.address import format_address
from chain.approval import ApprovedTransaction
from chain.errors import ConfigError
from chain.primitives import Hash
from chain.store.durable_file import write_file
from chain.store.pages import PAGE_MAX
from chain.validators import ValidatorSet
from genesis.closed_json import read_file
from node.cli.options import HOME, JSON, RPC
from node.cli.output import OUTPUT, write_output
from node.cli.passphrases import PassphraseSource, takes_passphrase
from node.cli.progress_line import progress
from node.cli.screen import print_done, print_json
from node.cli.validator_history import export, import_
from node.documents import CHANGE_BYTES_MAX
from node.home import Home
from node.rpc_client import StrangeAnswer, call
from node.seats import Seats, get_seats
from node.validator_change import Member, change_document, describe, find_worry, open_member
from node.validator_change import accept as accept_seat
from node.validator_change import approve as approve_change
from node.validator_change import propose as propose_change
from node.validator_files import encode_acceptance, encode_update, parse_acceptance, parse_update
from node.validator_submission import merge, wait_final
from node.validator_submission import submit as submit_change

T = TypeVar("T")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def validator() -> None:
    """Become a validator, leave, or move to another machine."""


validator.add_command(export)
validator.add_command(import_)


# Who they are.


@validator.command(name="list")
@RPC
@JSON
def list_(rpc: str, *, as_json: bool) -> None:
    """List who signs blocks, who proposes next, and who comes and goes.

    Example: aitbc validator list --rpc http://127.0.0.1:8545
    """
    if as_json:
        print_json(call(rpc, "ait_getValidators"))
        return
    seats = get_seats(rpc)
    voting, following = seats.voting, seats.height + 1
    click.echo(
        f"height {following} is next; validators {len(voting)}, quorum {voting.quorum}, approved "
        f"changes {seats.version}\n"
    )
    turn = voting.proposer_index(height=following, round_=0)
    width = max(len(one.name) for one in voting)
    click.echo(f"#   {'name':{width}}  since     public key{' ' * 56}payee")
    for index, one in enumerate(voting):
        mark = "   proposes next" if index == turn else ""
        since = seats.since[one.public_key]
        click.echo(
            f"{index:<3} {one.name:{width}}  {since:<9} {one.public_key.hex()}  "
            f"{format_address(one.payee)}{mark}"
        )
    for line in _coming(seats):
        click.echo(line)
    if seats.tombstoned:
        click.echo(f"\npunished {len(seats.tombstoned)}; look with aitbc validator evidence")


def _coming(seats: Seats) -> list[str]:
    """Return who comes and goes after the next block."""
    lines: list[str] = []
    before = seats.voting
    for start, after in seats.sets:
        if start > seats.height + 1:
            lines += [f"joins at height {start}: {one}" for one in _only_in(after, before)]
            lines += [f"leaves at height {start}: {one}" for one in _only_in(before, after)]
            before = after
    return ["", *lines] if lines else []


def _only_in(these: ValidatorSet, those: ValidatorSet) -> list[str]:
    return [
        f"{one.name} {one.public_key.hex()}"
        for one in these
        if those.find_index(one.public_key) is None
    ]


@validator.command()
@RPC
@JSON
def evidence(rpc: str, *, as_json: bool) -> None:
    """List validators that contradicted themselves, the latest punished first.

    Example: aitbc validator evidence --rpc http://127.0.0.1:8545
    """
    found = call(rpc, "ait_getEvidence", PAGE_MAX)
    if as_json:
        print_json(found)
        return
    try:
        lines = [
            f"height {one['height']}: {one['name']} {one['publicKey'].removeprefix('0x')} signed "
            f"two {one['kind']}s at height {one['offenceHeight']}, round {one['offenceRound']}"
            for one in found["items"]
        ]
    except (AttributeError, KeyError, TypeError):
        lines = ["\n"]
    if not all(line.isascii() and line.isprintable() for line in lines):
        raise StrangeAnswer(detail=f"{rpc} does not answer as a node of this program")
    for line in lines or ["nobody was punished"]:
        click.echo(line)


# Changing them.


@validator.command()
@HOME
@click.option("--name", required=True, help="What the validator is called.")
@click.option("--payee", required=True, help="The address that is paid its share of the fees.")
@takes_passphrase
@RPC
@OUTPUT
def accept(
    home: Path,
    name: str,
    payee: str,
    rpc: str,
    output: Path | None,
    passphrase: PassphraseSource,
) -> None:
    """Sign that this home's key accepts a seat, for the validators to approve.

    Ask this home's own node, which must run and follow the chain: a seat whose node is away can
    stop the chain. The file is public; it holds for an hour of one-second blocks.

    Example: aitbc validator accept --home ~/aitbc --name ada --payee ait1… --output ada.json
    """
    seats = get_seats(rpc)
    member = _open_member(home, seats, passphrase)
    accepted = accept_seat(member, seats, name=name, payee=payee)
    write_output(encode_acceptance(accepted, genesis_hash=member.genesis_hash), output)
    click.echo(f"accepted until height {accepted.until}; the chain is at {seats.height}", err=True)
    worry = find_worry(Home(home), seats)
    if worry is not None:
        click.echo(f"but {worry}", err=True)


@validator.command()
@click.option("--add", type=FILE, multiple=True, help="An acceptance of who is to join.")
@click.option("--remove", multiple=True, metavar="KEY|NAME", help="Who is to leave.")
@RPC
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file that goes round for approval.",
)
@JSON
def propose(
    add: tuple[Path, ...], remove: tuple[str, ...], rpc: str, output: Path, *, as_json: bool
) -> None:  # fmt: skip
    """Write a change of the validators, for more than two thirds of them to approve.

    A key is rotated by adding the new one and removing the old one in one change.

    Example: aitbc validator propose --add ada.json --remove bob --output update.json
    """
    if not add and not remove:
        raise ConfigError(detail="say who is to join with --add, or who is to leave with --remove")
    seats = get_seats(rpc)
    joining = [_parsed(parse_acceptance, file, seats.genesis_hash) for file in add]
    proposed = propose_change(seats, add=joining, remove=remove)
    write_output(encode_update(proposed, genesis_hash=seats.genesis_hash), output)
    _say(proposed, seats, output, as_json=as_json)
    if not as_json:
        click.echo(f"next        aitbc validator approve --home HOME {output}, at each validator")


@validator.command()
@HOME
@click.argument("file", type=FILE)
@takes_passphrase
@RPC
@JSON
def approve(
    home: Path, file: Path, rpc: str, passphrase: PassphraseSource, *, as_json: bool
) -> None:  # fmt: skip
    """Say what an update does, and add this validator's approval to the file.

    Example: aitbc validator approve --home ~/aitbc update.json
    """
    seats = get_seats(rpc)
    member = _open_member(home, seats, passphrase)
    approved = approve_change(_parsed(parse_update, file, seats.genesis_hash), member, seats)
    try:
        write_file(file, encode_update(approved, genesis_hash=seats.genesis_hash))
    except OSError as error:
        raise ConfigError(detail=f"cannot write {file}: {error.strerror}") from None
    _say(approved, seats, file, as_json=as_json)
    if not as_json:
        click.echo(f"next        aitbc validator submit {file}, once enough approve")


@validator.command()
@click.argument("files", type=FILE, nargs=-1, required=True, metavar="FILE...")
@RPC
@click.option("--wait", is_flag=True, help="Return once the change is final.")
@JSON
def submit(files: tuple[Path, ...], rpc: str, *, wait: bool, as_json: bool) -> None:
    """Hand in an update that enough validators approve; several files of it are put together.

    Example: aitbc validator submit update.json update-of-bob.json --wait
    """
    seats = get_seats(rpc)
    merged = merge([_parsed(parse_update, file, seats.genesis_hash) for file in files])
    transaction_id = submit_change(merged, seats, rpc)
    done: dict[str, object] = {"transactionId": f"0x{transaction_id.hex()}"}
    if not as_json:
        click.echo(f"transaction {transaction_id.hex()}")
    if not wait:
        later = "two heights after its block the new set votes; look with aitbc validator list"
        print_done(later, done, as_json=as_json)
        return
    with progress("waiting for a block", is_quiet=as_json):
        height = wait_final(transaction_id, rpc)
    said = f"final in block {height}; the new set votes from height {height + 2} on"
    document = done | {"height": height, "votesFromHeight": height + 2}
    print_done(said, document, as_json=as_json)


def _open_member(home: Path, seats: Seats, passphrase: PassphraseSource) -> Member:
    place = Home(home)
    return open_member(place, seats, lambda: passphrase.get(str(place.validator_key)))


def _say(
    transaction: ApprovedTransaction, seats: Seats, file: Path, *, as_json: bool
) -> None:  # fmt: skip
    """Say what the change in a file does, and who approves it."""
    lines = describe(transaction, seats)
    document = {"file": str(file), **change_document(transaction, seats)}
    print_done("\n".join(lines), document, as_json=as_json)


def _parsed(parse: Callable[[bytes, Hash], T], file: Path, genesis_hash: Hash) -> T:
    """Read a file of this chain.

    Raises:
        ConfigError: it cannot be read, or is not what it should be; says which file.
    """
    data = read_file(file, bytes_max=CHANGE_BYTES_MAX)
    try:
        return parse(data, genesis_hash)
    except ConfigError as error:
        raise ConfigError(detail=f"{file}: {error.detail}") from None
