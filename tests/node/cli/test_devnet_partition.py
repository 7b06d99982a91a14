from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from node.cli.devnet import devnet
from node.devnet import Devnet


@pytest.fixture
def net(tmp_path: Path) -> Devnet:
    """A devnet of four that do not run."""
    net = Devnet(tmp_path / "net")
    net.make(validators=4)
    return net


def run(net: Devnet, *arguments: str) -> Result:
    return CliRunner().invoke(devnet, [*arguments, "--home", str(net.root)])


@pytest.mark.parametrize(
    "group", ["", "a", "0,", ",", "0,,1", "0;1", "1.5", "0x1", "\u0661", "0 1", "1234"]
)
def test_group_that_is_no_list_of_validators_is_used_wrongly(net: Devnet, group: str) -> None:
    done = run(net, "partition", group)
    assert done.exit_code == 2
    assert "is no list of validators such as 0,1" in done.output


def test_partition_needs_a_group(net: Devnet) -> None:
    done = run(net, "partition")
    assert done.exit_code == 2
    assert "Missing argument 'GROUP...'" in done.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("partition", "4"), "there is no validator 4; there are 0 to 3"),
        (("partition", "0,1", "1"), "validator 1 is named twice"),
        (("partition", "0,1,2,3"), "name some of them alone"),
        (("partition", "0,1"), "no validator runs; start them with: aitbc devnet up"),
        (("heal",), "no validator runs; start them with: aitbc devnet up"),
    ],
)
def test_what_cannot_be_done_is_said(
    net: Devnet, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in str(run(net, *arguments).exception)


@pytest.mark.parametrize("arguments", [("partition", "0"), ("heal",)])
def test_folder_without_a_devnet_is_refused(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert "holds no devnet" in str(run(Devnet(tmp_path), *arguments).exception)


def test_help_says_what_becomes_of_validators_that_are_not_named(net: Devnet) -> None:
    said = " ".join(run(net, "partition", "--help").output.split())
    assert "Those that are in none are one more part together" in said
