"""``aitbc miner``: sell computation."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from chain.address import format_address
from chain.errors import ConfigError
from chain.primitives import DISPUTE_WINDOW_MAX
from node.amounts import format_amount
from node.cli.options import JSON
from node.cli.parties import acting
from node.cli.screen import print_fields, print_json, print_line, print_table
from node.logs import configure_logs
from node.market.node_view import NodeView
from node.market.reports import earnings_of, offer_document
from node.market.worker import CommandWorker, Limits, StubWorker, Worker
from node.market.workshop import WINDOW_MAX

if TYPE_CHECKING:
    from node.market.party import Party

EARNED = ("model", "jobs", "paid", "fees", "waiting")

LogLevel = Literal["debug", "info", "warning", "error"]
LogForm = Literal["text", "json"]


@click.group()
def miner() -> None:
    """Sell computation: take jobs, sign receipts, be paid."""


@miner.command()
@acting
@click.option(
    "--price",
    "prices",
    multiple=True,
    required=True,
    metavar="MODEL[/UNIT]=AITBC",
    help="What a unit of a model costs; the unit is gpu_seconds unless said.",
)
@click.option("--command", default="", help="The worker: input on stdin, output on stdout.")
@click.option("--stub", is_flag=True, help="Work with SHA-256 instead, to try things out.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Jobs at once."
)
@click.option(
    "--timeout-s",
    type=click.IntRange(1, 86_400),
    default=600,
    show_default=True,
    help="Seconds that one job may take.",
)
@click.option(
    "--output-kib",
    type=click.IntRange(1, 8_192),
    default=1_024,
    show_default=True,
    help="KiB that one output may have.",
)
@click.option(
    "--processes",
    type=click.IntRange(1, 4_096),
    default=64,
    show_default=True,
    help="Processes that one job may have at once.",
)
@click.option(
    "--max-window",
    "window_max",
    type=click.IntRange(0, DISPUTE_WINDOW_MAX),
    default=WINDOW_MAX,
    show_default=True,
    help="Heights of dispute window, at most, that a job's payment may wait.",
)
@click.option(
    "--listen",
    default="/ip4/127.0.0.1/tcp/0",
    show_default=True,
    metavar="ADDRESS",
    help="Where clients connect; port 0 takes a free one.",
)
@click.option(
    "--announce",
    multiple=True,
    metavar="ADDRESS",
    help="What the card says instead, such as /ip4/192.0.2.1/tcp/26700.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
)
@click.option("--log-form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print where it serves as a JSON document.")
def serve(  # noqa: PLR0913 - one for each option
    party: "Party",
    *,
    prices: tuple[str, ...],
    command: str,
    jobs: int,
    timeout_s: int,
    output_kib: int,
    processes: int,
    window_max: int,
    listen: str,
    announce: tuple[str, ...],
    log_level: LogLevel,
    log_form: LogForm,
    stub: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Take jobs until Ctrl-C: offer on the chain, work, sign receipts and claim them.

    Clients reach a miner by its card, a small signed file that this command writes and that the
    miner hands to whom it likes. What was signed and not yet claimed when a miner was killed is
    claimed at the next start; what it had not finished is given back.

    Example: aitbc miner serve --as miner-0 --price llama3.2=2 --stub
    """
    from node.market import serve as serving
    from node.market.price_list import read_line

    limits = Limits(1_024 * output_kib, processes)
    service = serving.Service(
        rates=dict(map(read_line, prices)),
        worker=_worker(command, limits, stub=stub),
        work_ms=1_000 * timeout_s,
        jobs=jobs,
        window_max=window_max,
        listen=listen,
        announce=announce,
    )
    configure_logs(level=log_level, form=log_form)

    def tell(address: str, card: Path) -> None:
        if as_json:
            print_line({"address": address, "card": str(card)})
        else:
            click.echo(f"serving at {address}\ncard for clients: {card}")

    serving.serve(party, service, tell=tell)


def _worker(command: str, limits: Limits, *, stub: bool) -> Worker:
    """Return who works.

    Raises:
        ConfigError: it is not said, said twice, or there is no such program.
    """
    if stub == bool(command):
        raise ConfigError(detail="say who works: --command COMMAND, or --stub to try things out")
    if stub:
        return StubWorker()
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise ConfigError(detail=f"the command cannot be read: {error}") from None
    if not words:
        raise ConfigError(detail="the command is empty")
    return CommandWorker.open(words, limits)


@miner.command()
@acting
@JSON
def earnings(party: "Party", *, as_json: bool) -> None:
    """Add up what the chain has paid to this miner, by model.

    Example: aitbc miner earnings --as miner-0
    """
    found = earnings_of(NodeView(party.url), party.key.address)
    if as_json:
        print_json(found.document(party.key.address))
        return
    print_table(EARNED, found.rows(), right=EARNED[1:])
    if not found.is_complete:
        click.echo("these are the newest receipts; there are more", err=True)


@miner.command()
@acting
@click.option(
    "--drop",
    "dropped",
    multiple=True,
    metavar="MODEL[/UNIT]",
    help="Take a line off the chain first.",
)
@JSON
def offers(party: "Party", dropped: tuple[str, ...], *, as_json: bool) -> None:  # fmt: skip
    """List what this miner offers on the chain.

    Example: aitbc miner offers --as miner-0 --drop llama3.2
    """
    if dropped:
        from node.market.price_list import read_name, withdraw

        account = party.open_account()
        for name in dropped:
            withdraw(account, read_name(name))
    found = NodeView(party.url).offers_of(party.key.address)
    if as_json:
        print_json([offer_document(one) for one in found])
        return
    rows = [
        (one.model, one.unit_type, format_amount(one.rate), one.capacity, one.expires_at)
        for one in found
    ]
    print_table(("model", "unit", "rate", "jobs", "until height"), rows, right=("rate", "jobs"))


@miner.command()
@acting
@JSON
def keys(party: "Party", *, as_json: bool) -> None:
    """Show this miner's account, its network identity, and where its card is.

    Example: aitbc miner keys --as miner-0
    """
    from p2p.identity import load_keys, peer_of

    party.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = {
        "address": format_address(party.key.address),
        "publicKey": party.key.public_key.hex(),
        "peer": peer_of(load_keys(party.node_key)),
        "card": str(party.card) if party.card.exists() else None,
    }
    if as_json:
        print_json(found)
        return
    card = found["card"] or "none yet; aitbc miner serve writes it"
    print_fields(
        (
            ("address", found["address"]),
            ("public key", found["publicKey"]),
            ("peer", found["peer"]),
            ("card", card),
        )
    )
