"""``aitbc job``: have a miner do a job, and pay for it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from chain.errors import AitbcError, ConfigError
from chain.primitives import Hash
from node.amounts import format_amount
from node.cli.job_options import GENESIS, OUTPUT, WAIT, terms_of, wanted
from node.cli.options import JSON, LIMIT
from node.cli.parties import acting
from node.cli.screen import print_json, print_table, printable
from node.market.job_book import JobBook, JobState, Result
from node.market.messages import INPUT_BYTES_MAX
from node.market.reports import job_document, job_lines

if TYPE_CHECKING:
    from node.market.client import Client
    from node.market.party import Party


@click.group()
def job() -> None:
    """Have a miner do a job, and pay for it."""


@job.command()
@acting
@wanted
@WAIT
@GENESIS
@OUTPUT
@JSON
def run(
    party: "Party",
    *,
    output: Path | None,
    wait_s: int | None,
    genesis: Path | None,
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
    result = _finish(client, name, wait_s=wait_s)
    _hand_out(result, book, output=output, as_json=as_json)
    _prove(result, party, genesis)


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
@GENESIS
@OUTPUT
@JSON
def resume(
    party: "Party",
    name: str,
    *,
    output: Path | None,
    wait_s: int | None,
    genesis: Path | None,
    as_json: bool,
) -> None:
    """Take a job to its end from wherever it is, and print its output.

    Example: aitbc job resume one --as client-0
    """
    client, book = _open(party, ())
    result = _finish(client, name, wait_s=wait_s)
    _hand_out(result, book, output=output, as_json=as_json)
    _prove(result, party, genesis)


@job.command()
@acting
@click.argument("name", metavar="JOB")
@OUTPUT
@click.option("--receipt", is_flag=True, help="Print the hash of its receipt, and nothing else.")
@JSON
def show(
    party: "Party", name: str, output: Path | None, *, receipt: bool, as_json: bool
) -> None:  # fmt: skip
    """Show where a job is, and write its output with --output.

    Example: aitbc job show one --as client-0 --output answer.txt
    """
    client, book = _open(party, ())
    result = client.look(name)
    if receipt:
        click.echo(f"0x{_receipt_of(result).hex()}")
    else:
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
    source: BinaryIO = options["input_"]
    terms = terms_of(options)
    return client.add(terms, source.read(INPUT_BYTES_MAX + 1), job_id=options["job_id"])


def _finish(client: "Client", name: str, *, wait_s: int | None) -> Result:
    """Take a job to its end.

    Raises:
        AitbcError: it is not at its end, or nobody did it.
    """
    from node.market.miners import NoMiner

    try:
        return client.finish(name, timeout_ms=None if wait_s is None else 1_000 * wait_s)
    except NoMiner:  # the job has failed, and there is nothing to go on with
        raise
    except (AitbcError, KeyboardInterrupt):
        click.echo(f"the job is {name}; go on with: aitbc job resume {name}", err=True)
        raise


def _hand_out(result: Result, book: JobBook, *, output: Path | None, as_json: bool) -> None:
    """Say how a job ended and hand out its output; end with 1 where it was not done.

    Raises:
        ConfigError: the output's file cannot be written.
    """
    is_done = result.job.state is JobState.DONE
    if as_json or not is_done:
        _print(result, as_json=as_json)
    if not is_done:
        sys.exit(1)
    data = book.output_of(result.job.job_id)
    if output is not None:
        _write(data, output)
    elif not as_json:
        click.echo(data, nl=False)


def _receipt_of(result: Result) -> Hash:
    """Return the hash of the receipt that a job was given last.

    Raises:
        ConfigError: there is none.
    """
    for one in reversed(result.attempts):
        if any(one.receipt_hash):
            return one.receipt_hash
    raise ConfigError(detail=f"the job {result.job.job_id} has no receipt")


def _prove(result: Result, party: "Party", genesis: Path | None) -> None:
    """Have the node prove the payment, where a genesis document is trusted; say where to see it.

    Raises:
        NotProven: the proof does not hold.
    """
    from node.market.finality import prove_paid

    trusted = genesis or party.genesis
    height = None if trusted is None else prove_paid(result, url=party.url, genesis=trusted)
    if height is not None:
        click.echo(f"the payment is proven final in block {height}", err=True)
    click.echo(f"see it at {party.url}/receipt/0x{_receipt_of(result).hex()}", err=True)


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
