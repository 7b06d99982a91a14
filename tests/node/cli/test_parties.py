from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from chain.address import format_address
from chain.errors import ConfigError
from genesis.make import development_key
from node.cli.parties import acting
from node.devnet import Devnet
from node.keystore import write_key
from node.market.party import Party
from tests.support.builders import key_of, seed_of


@click.command()
@acting
@click.option("--word", default="")
def told(party: Party, word: str) -> None:
    """Say who acts."""
    click.echo(f"{format_address(party.key.address)} {party.url} {party.home.name} {word}")


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(told, list(map(str, arguments)))
    if isinstance(result.exception, ConfigError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def test_account_of_a_devnet_acts_through_its_first_node_or_another(tmp_path: Path) -> None:
    net = Devnet(tmp_path / "net")
    net.make(validators=1)
    client = format_address(development_key("client-0").address)
    said = run("--as", "client-0", "--devnet", net.root, "--word", "hi").output.split()
    assert said == [client, net.nodes()[0].rpc, "client-0", "hi"]
    other = run("--as", "client-0", "--devnet", net.root, "--rpc", "http://h:1").output.split()
    assert other[1] == "http://h:1"


def test_key_file_acts_in_its_own_folder(tmp_path: Path) -> None:
    write_key(tmp_path / "key", seed_of("miner"))
    said = run("--from", tmp_path / "key", "--home", tmp_path / "home").output.split()
    assert said == [format_address(key_of("miner").address), "http://127.0.0.1:8545", "home"]


def test_nobody_or_two_who_act_are_refused(tmp_path: Path) -> None:
    for arguments in ((), ("--as", "a", "--from", "b")):
        with pytest.raises(ConfigError, match="say who acts"):
            run(*arguments)
    with pytest.raises(ConfigError, match="holds no devnet"):
        run("--as", "client-0", "--devnet", tmp_path)
