from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from chain.address import format_address
from chain.errors import ConfigError
from node.cli.job_options import terms_of, wanted
from node.market.job_book import Terms
from tests.support.builders import key_of


def run(*words: str) -> tuple[Result, list[Terms]]:
    """Read options into terms."""
    found: list[Terms] = []

    @click.command()
    @wanted
    def command(**options: Any) -> None:  # noqa: ANN401 - options
        found.append(terms_of(options))

    return CliRunner().invoke(command, words, input="hello"), found


def test_options_come_to_terms() -> None:
    miner = format_address(key_of("miner").address)
    words = (
        *("--model", "m", "--unit", "jobs", "--max-price", "1.5", "--max-rate", "0.5"),
        *("--miner", miner, "--parameters", "{}", "--check", "grep -q 'a b'", "--window", "7"),
        *("--expires-after", "9", "--attempts", "2", "--timeout-s", "3"),
    )
    result, (terms,) = run(*words)
    assert result.exit_code == 0
    assert terms == Terms(
        model="m",
        unit_type="jobs",
        max_price=1_500_000,
        max_rate=500_000,
        miner=miner,
        parameters="{}",
        check=("grep", "-q", "a b"),
        window=7,
        expires_after=9,
        attempts=2,
        timeout_ms=3_000,
    )


def test_little_is_enough() -> None:
    _, (terms,) = run("--model", "m", "--max-price", "1")
    assert terms == Terms(model="m", max_price=1_000_000)


@pytest.mark.parametrize("check", ["/nowhere/at/all", "grep '"])
def test_check_that_cannot_be_is_refused(check: str) -> None:
    result, _ = run("--model", "m", "--max-price", "1", "--check", check)
    assert isinstance(result.exception, ConfigError)


@pytest.mark.parametrize(
    "words", [("--window", "-1"), ("--attempts", "0"), ("--miner", "x1"), ("--timeout-s", "0")]
)
def test_number_outside_its_bounds_is_a_usage_error(words: tuple[str, ...]) -> None:
    result, found = run("--model", "m", "--max-price", "1", *words)
    assert result.exit_code != 0
    assert not found
