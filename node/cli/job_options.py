"""The options that say what a client wants of a job, and what they come to."""

import shlex
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from chain.address import format_address
from chain.errors import ConfigError
from chain.primitives import DISPUTE_WINDOW_MAX, EXPIRY_HEIGHTS_MAX
from node.cli.options import ADDRESS, AMOUNT
from node.market.job_book import ATTEMPTS_MAX, Terms

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
GENESIS = click.option(
    "--genesis",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The genesis document of the chain that you trust: the node must prove the payment.",
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


def terms_of(options: Mapping[str, Any]) -> Terms:
    """Return what the options of :func:`wanted` ask for.

    Raises:
        ConfigError: the check's program does not exist, or its command cannot be read.
    """
    miner = options["miner"]
    return Terms(
        model=options["model"],
        unit_type=options["unit"],
        max_price=options["max_price"],
        max_rate=options["max_rate"],
        miner="" if miner is None else format_address(miner),
        parameters=options["parameters"],
        check=_check(options["check"]),
        window=options["window"],
        expires_after=options["expires_after"],
        attempts=options["attempts"],
        timeout_ms=1_000 * options["timeout_s"],
    )


def _check(command: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise ConfigError(detail=f"the check cannot be read: {error}") from None
    if words and shutil.which(words[0]) is None:
        raise ConfigError(detail=f"there is no program {words[0]} to check outputs with")
    return words
