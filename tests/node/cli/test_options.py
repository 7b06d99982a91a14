import click
import pytest
from click.testing import CliRunner

from chain.address import format_address
from chain.primitives import Address
from node.cli.options import ADDRESS, AMOUNT, RPC

ONE = Address(bytes(19) + b"\1")


@click.command()
@RPC
@click.argument("address", type=ADDRESS)
@click.argument("amount", type=AMOUNT)
def told(rpc: str, address: Address, amount: int) -> None:
    """Say what arrived."""
    click.echo(f"{rpc} {address.hex()} {amount}")


def test_address_is_read_in_either_spelling() -> None:
    for spelt in (format_address(ONE), format_address(ONE).upper(), "0x" + ONE.hex()):
        done = CliRunner().invoke(told, [spelt, "0.5", "--rpc", "http://a"])
        assert done.stdout == f"http://a {ONE.hex()} 500000\n"


def test_node_is_named_by_the_environment_and_by_the_option_before_it() -> None:
    runner = CliRunner(env={"AITBC_RPC_URL": "http://b"})
    assert runner.invoke(told, ["0x" + ONE.hex(), "1"]).stdout.startswith("http://b ")
    done = runner.invoke(told, ["0x" + ONE.hex(), "1", "--rpc", "http://c"])
    assert done.stdout.startswith("http://c ")


@pytest.mark.parametrize(
    ("address", "amount", "said"),
    [
        (format_address(ONE)[:-1] + "q", "1", "checksum is wrong"),
        ("0x12", "1", "40 hexadecimal digits"),
        ("0x" + ONE.hex(), "1.0000001", "is no amount"),
        ("0x" + ONE.hex(), "many", "is no amount"),
    ],
)
def test_mistyped_value_is_refused_with_its_reason(address: str, amount: str, said: str) -> None:
    done = CliRunner().invoke(told, [address, amount])
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
