import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from chain.address import format_address
from chain.errors import ConfigError
from node.cli.miner import miner
from node.market.account import Account
from node.market.journal import Journal
from node.market.node_view import NodeView
from node.market.price_list import keep_offered
from tests.support.builders import key_of
from tests.support.market_shell import Shell, market_shell


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with market_shell(tmp_path) as shell:
        yield shell


def test_offers_are_listed_and_dropped(shell: Shell) -> None:
    journal = Journal.open(shell.folder / "miner" / "journal.db")
    account = Account(key_of("miner"), NodeView(shell.served.url), journal)
    rates = {("llama3.2", "gpu_seconds"): 2_000_000, ("other", "jobs"): 5}
    keep_offered(account, rates, capacity=1)
    listed = json.loads(shell.run(miner, "miner", "offers", "--json").stdout)
    assert [(one["model"], one["rate"]) for one in listed] == [
        ("llama3.2", "2000000"),
        ("other", "5"),
    ]
    left = shell.run(miner, "miner", "offers", "--drop", "other/jobs").output
    assert "llama3.2" in left
    assert "2.000000" in left
    assert "other" not in left
    with pytest.raises(ConfigError, match="a miner measures"):
        shell.run(miner, "miner", "offers", "--drop", "llama3.2/tokens")


def test_earnings_of_a_miner_that_has_none(shell: Shell) -> None:
    assert "all" in shell.run(miner, "miner", "earnings").output
    document = json.loads(shell.run(miner, "miner", "earnings", "--json").stdout)
    assert (document["paid"], document["jobs"], document["isComplete"]) == ("0", 0, True)


def test_keys_are_shown_and_no_secret(shell: Shell) -> None:
    document = json.loads(shell.run(miner, "miner", "keys", "--json").stdout)
    assert document["address"] == format_address(key_of("miner").address)
    assert document["peer"].startswith("12D3KooW")
    again = shell.run(miner, "miner", "keys").output
    assert document["peer"] in again
    assert "aitbc miner serve writes it" in again


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--price", "m=1"), "say who works"),
        (("--price", "m=1", "--stub", "--command", "cat"), "say who works"),
        (("--price", "m=1", "--command", "/nowhere/at/all"), "no program"),
        (("--price", "m=1", "--command", "'"), "cannot be read"),
        (("--price", "m=1", "--command", " "), "is empty"),
        (("--price", "m", "--stub"), "is no price"),
        (("--price", "m=1", "--stub", "--listen", "here"), "no address to listen on"),
    ],
)
def test_service_that_cannot_be_is_refused(
    shell: Shell, options: tuple[str, ...], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        shell.run(miner, "miner", "serve", *options)


@pytest.mark.parametrize("command", ["earnings", "offers", "keys"])
def test_nobody_who_acts_is_refused(shell: Shell, command: str) -> None:
    result = CliRunner().invoke(miner, [command])
    assert isinstance(result.exception, ConfigError)
