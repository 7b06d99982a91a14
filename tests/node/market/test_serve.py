import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from chain.errors import ConfigError
from node.cli.job import job
from node.cli.miner import miner
from node.keystore import write_key
from node.market.card import read_card
from tests.support.builders import key_of, seed_of
from tests.support.market_processes import MinerProcess
from tests.support.market_shell import Shell, market_shell

pytestmark = [pytest.mark.network, pytest.mark.slow]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with market_shell(tmp_path) as shell:
        yield shell


@pytest.fixture
def serving(shell: Shell) -> Iterator[MinerProcess]:
    """A miner that turns its input round."""
    folder = shell.folder
    write_key(folder / "miner.key", seed_of("miner"))
    who = ("--from", folder / "miner.key", "--home", folder / "miner", "--rpc", shell.served.url)
    process = MinerProcess((*who, "--price", "llama3.2=2", "--command", "rev"), folder / "log")
    process.start()
    yield process
    process.kill()


WANTED = ("--model", "llama3.2", "--max-price", "0.5")


def test_job_goes_over_the_network_and_is_paid(shell: Shell, serving: MinerProcess) -> None:
    card = serving.card
    assert card is not None
    more = ("--card", card, "--job", "one", "--wait-s", 60, "--genesis", shell.served.genesis)
    done = shell.run(job, "client", "run", *WANTED, *more, input_=b"abc\n")
    assert done.stdout == "cba\n"
    assert "proven final in block" in done.stderr
    receipt = shell.run(job, "client", "show", "one", "--receipt").stdout.strip()
    assert f"see it at {shell.served.url}/receipt/{receipt}\n" in done.stderr
    document = json.loads(shell.run(job, "client", "show", "one", "--json").stdout)
    (attempt,) = document["attempts"]
    assert (document["state"], attempt["state"]) == ("done", "paid")
    earned = json.loads(shell.run(miner, "miner", "earnings", "--json").stdout)
    assert earned["paid"] == document["paid"] == attempt["amount"]
    assert int(earned["paid"]) > 0
    balance = shell.served.do(lambda stored: stored.chain.balance("client"))
    assert balance == 1_000_000 - int(document["paid"])


def test_card_is_the_miners_word_and_a_second_miner_is_kept_out(
    shell: Shell, serving: MinerProcess
) -> None:
    assert serving.card is not None
    genesis_hash = shell.served.do(lambda stored: stored.chain.genesis.hash)
    card = read_card(serving.card, genesis_hash=genesis_hash)
    assert card.provider == key_of("miner").address
    assert all("/p2p/12D3KooW" in one for one in card.addresses)
    with pytest.raises(ConfigError, match="in use by another process"):
        shell.run(miner, "miner", "serve", "--price", "llama3.2=2", "--stub")


def test_miner_ends_when_it_is_asked_to_and_starts_again(
    shell: Shell, serving: MinerProcess
) -> None:
    assert serving.stop() == 0
    serving.start()
    assert serving.is_running
    assert "Traceback" not in serving.log.read_text()
