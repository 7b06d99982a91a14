import click
import pytest
from click.testing import CliRunner

from node.cli.default_group import DefaultGroup


@click.group(cls=DefaultGroup)
def thing() -> None:
    """Do something with a thing."""


@thing.command()
@click.argument("name")
@click.option("--loud", is_flag=True)
def show(name: str, *, loud: bool) -> None:
    """Show NAME."""
    click.echo(f"showing {name}{'!' if loud else ''}")


@thing.command()
@click.argument("name")
def verify(name: str) -> None:
    """Verify NAME."""
    click.echo(f"verifying {name}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "x"], "showing x\n"),
        (["rcpt-1", "--loud"], "showing rcpt-1!\n"),
        (["0x" + "ab" * 32], f"showing 0x{'ab' * 32}\n"),
        (["verify", "x"], "verifying x\n"),
    ],
)
def test_word_that_is_no_command_is_shown(arguments: list[str], said: str) -> None:
    assert CliRunner().invoke(thing, arguments).stdout == said


def test_slip_of_the_finger_is_told() -> None:
    done = CliRunner().invoke(thing, ["ver-ify", "x"])
    assert done.exit_code == 2
    assert "Did you mean 'verify'?" in done.stderr


def test_option_of_nobody_is_refused() -> None:
    assert CliRunner().invoke(thing, ["--nonsense"]).exit_code == 2
