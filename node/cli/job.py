"""``aitbc job``: have a miner do a job, and pay for it."""

import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import click

from chain.address import format_address
from chain.errors import AitbcError, ConfigError
from chain.primitives import DISPUTE_WINDOW_MAX, EXPIRY_HEIGHTS_MAX
from node.amounts import format_amount
from node.cli.options import ADDRESS, AMOUNT, JSON, LIMIT
from node.cli.parties import acting
from node.cli.screen import print_json, print_table, printable
from node.market.job_book import ATTEMPTS_MAX, JobBook, JobState, Result, Terms
from node.market.messages import INPUT_BYTES_MAX
from node.market.reports import job_document, job_lines

if TYPE_CHECKING:
    from node.market.client import Client
    from node.market.party import Party

OUTPUT = click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file for the job's output; the screen unless given.",
)
WAIT = click.option(
    "--wait-s",
    type=click.IntRange(1, 1_000_000),
    help="Seconds after which a job that has not ended is left to aitbc job resume.",
)
F = TypeVar("F", bound=Callable[..., Any])

_WANTED = (
    click.option("--model", required=True, help="The model that must run."),
    click.option("--unit", default="gpu_seconds", show_default=True, help="What a unit is."),
    click.option(
        "--max-price",
        type=AMOUNT,
        required=True,
        metavar="AITBC",
        help="What is reserved, and paid at most.",
    ),
    click.option("--max-rate", type=AMOUNT, default=0, metavar="AITBC",
                 help="The most that a unit may cost."),
    click.option("--miner", type=ADDRESS, metavar="ADDRESS", help="The only miner to ask."),
    click.option("--card", "cards", multiple=True, type=click.Path(path_type=Path),
                 help="A miner's card; it is known from then on."),
    click.option("--input", "-i", "input_", type=click.File("rb"), default="-",
                 help="The file with the input; the keyboard or a pipe unless given."),
    click.option("--parameters", default="", help="What the miner's worker is told beside it."),
    click.option("--check", default="", metavar="COMMAND",
                 help="A command that ends with 0 for an output, on its stdin, that is accepted."),
    click.option("--window", type=click.IntRange(0, DISPUTE_WINDOW_MAX), default=60,
                 show_default=True, help="Heights in which a claim may be disputed; 0 for none."),
    click.option("--expires-after", type=click.IntRange(5, EXPIRY_HEIGHTS_MAX), default=600,
                 show_default=True, help="Heights after which unclaimed money returns."),
    click.option("--attempts", type=click.IntRange(1, ATTEMPTS_MAX), default=3, show_default=True,
                 help="Miners to try, one after the other."),
    click.option("--timeout-s", type=click.IntRange(1, 86_400), default=600, show_default=True,
                 help="Seconds that a miner has."),
    click.option("--job", "job_id", default="", metavar="NAME", help="The job's name."),
)  # fmt: skip


def wanted(command: F) -> F:
    """Give a command the options that say what is wanted."""
    for option in reversed(_WANTED):
        command = option(command)
    return command


@click.group()
def job() -> None:
    """Have a miner do a job, and pay for it."""


@job.command()
@acting
@wanted
@WAIT
@OUTPUT
@JSON
def run(
    party: "Party",
    output: Path | None,
    wait_s: int | None,
    *,
    as_json: bool,
    **options: Any,  # noqa: ANN401 - each of its own type
) -> None:
    """Reserve, have the work done, check it, accept it, and print its output.

    A miner that fails is not paid, and the next one is tried once the money is back. Whatever
    happens to this command, aitbc job resume goes on. Ends with 1 where the job was not done.

    Example: aitbc job run --as client-0 --model llama3.2 --max-price 6 --input prompt.txt
    """
    client, book = _open(party, options["cards"])
    name = _add(client, options)
    _finish(client, book, name, output=output, wait_s=wait_s, as_json=as_json)


@job.command()
@acting
@wanted
@JSON
def reserve(party: "Party", *, as_json: bool, **options: Any) -> None:  # noqa: ANN401 - options
    """Choose a miner and reserve, and leave the rest to aitbc job resume.

    Example: aitbc job reserve --as client-0 --model llama3.2 --max-price 6 -i prompt.txt --job one
    """
    client, _ = _open(party, options["cards"])
    _print(client.reserve(_add(client, options)), as_json=as_json)


@job.command()
@acting
@click.argument("name", metavar="JOB")
@WAIT
@OUTPUT
@JSON
def resume(
    party: "Party", name: str, output: Path | None, wait_s: int | None, *, as_json: bool
) -> None:
    """Take a job to its end from wherever it is, and print its output.

    Example: aitbc job resume one --as client-0
    """
    client, book = _open(party, ())
    _finish(client, book, name, output=output, wait_s=wait_s, as_json=as_json)


@job.command()
@acting
@click.argument("name", metavar="JOB")
@OUTPUT
@JSON
def show(party: "Party", name: str, output: Path | None, *, as_json: bool) -> None:
    """Show where a job is, and write its output with --output.

    Example: aitbc job show one --as client-0 --output answer.txt
    """
    client, book = _open(party, ())
    result = client.look(name)
    _print(result, as_json=as_json)
    if output is not None:
        _write(book.output_of(name), output)


@job.command()
@acting
@click.argument("name", metavar="JOB")
@JSON
@click.pass_context
def release(context: click.Context, party: "Party", name: str, *, as_json: bool) -> None:
    """Give a job up and have its money back.

    Before a reservation expires only its miner can release it, and does so on this request unless
    it works already; at its expiry the money comes back by itself.

    Example: aitbc job release one --as client-0
    """
    client, _ = _open(party, ())
    result = client.release(name)
    _print(result, as_json=as_json)
    if result.job.state is JobState.DONE:
        context.exit(1)


@job.command(name="list")
@acting
@click.option("--open", "only_open", is_flag=True, help="Only those that have not ended.")
@LIMIT
@JSON
def list_(party: "Party", limit: int, *, only_open: bool, as_json: bool) -> None:
    """List the jobs of the journal, the newest first.

    Example: aitbc job list --as client-0 --open
    """
    client, book = _open(party, ())
    results = [client.look(one.job_id) for one in book.jobs(limit=limit, only_open=only_open)]
    if as_json:
        print_json([job_document(one) for one in results])
        return
    rows = [
        (one.job.job_id, one.job.state.value, format_amount(one.paid), one.job.terms.model)
        for one in results
    ]
    print_table(("job", "state", "paid", "model"), rows, right=("paid",))


def _open(party: "Party", cards: tuple[Path, ...]) -> "tuple[Client, JobBook]":
    """Open a client with its journal and the cards that it knows.

    Raises:
        ConfigError: a card is none.
        PeerError: the node does not answer.
    """
    from node.market.card import keep_cards
    from node.market.client import Client
    from node.market.miners import Miners

    account = party.open_account()
    known = keep_cards(party.cards, cards, genesis_hash=account.genesis_hash)
    book = JobBook(account.journal)

    def tell(said: str) -> None:
        click.echo(said, err=True)

    return Client(account, book, Miners(known, party.key), tell=tell), book


def _add(client: "Client", options: dict[str, Any]) -> str:
    """Write down the job that the options describe.

    Raises:
        ConfigError: an option cannot be.
    """
    check = tuple(shlex.split(options["check"]))
    if check and shutil.which(check[0]) is None:
        raise ConfigError(detail=f"there is no program {check[0]} to check outputs with")
    miner = options["miner"]
    terms = Terms(
        model=options["model"],
        unit_type=options["unit"],
        max_price=options["max_price"],
        max_rate=options["max_rate"],
        miner="" if miner is None else format_address(miner),
        parameters=options["parameters"],
        check=check,
        window=options["window"],
        expires_after=options["expires_after"],
        attempts=options["attempts"],
        timeout_ms=1_000 * options["timeout_s"],
    )
    source: BinaryIO = options["input_"]
    return client.add(terms, source.read(INPUT_BYTES_MAX + 1), job_id=options["job_id"])


def _finish(
    client: "Client",
    book: JobBook,
    name: str,
    *,
    output: Path | None,
    wait_s: int | None,
    as_json: bool,
) -> None:
    """Take a job to its end and hand out its output.

    Raises:
        AitbcError: it is not at its end, or nobody did it.
    """
    try:
        result = client.finish(name, timeout_ms=None if wait_s is None else 1_000 * wait_s)
    except (AitbcError, KeyboardInterrupt):
        click.echo(f"the job is {name}; go on with: aitbc job resume {name}", err=True)
        raise
    if as_json:
        _print(result, as_json=True)
    if result.job.state is not JobState.DONE:
        if not as_json:
            _print(result, as_json=False)
        sys.exit(1)
    if output is not None:
        _write(book.output_of(name), output)
    elif not as_json:
        click.echo(book.output_of(name), nl=False)


def _write(data: bytes, output: Path) -> None:
    """Write an output where its owner wants it, closed to others.

    Raises:
        ConfigError: the file cannot be written.
    """
    try:
        output.touch(mode=0o600)
        output.write_bytes(data)
    except OSError as error:
        raise ConfigError(detail=f"cannot write {output}: {error.strerror}") from None


def _print(result: Result, *, as_json: bool) -> None:
    if as_json:
        print_json(job_document(result))
        return
    for line in job_lines(result):
        click.echo(printable(line))
