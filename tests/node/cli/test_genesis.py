import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chain.errors import ConfigError
from genesis.document import read_genesis
from genesis.make import format_document, make_devnet_document
from node.cli.genesis import genesis


def run(*arguments: object) -> Result:
    """Run a command of the group."""
    return CliRunner().invoke(genesis, [str(one) for one in arguments])


def test_devnet_document_goes_to_standard_output_or_a_file(tmp_path: Path) -> None:
    shown = run("devnet", "--validators", 2)
    written = run("devnet", "--validators", 2, "-o", tmp_path / "genesis.json")
    assert (shown.exit_code, written.exit_code, written.output) == (0, 0, "")
    assert (tmp_path / "genesis.json").read_text() == shown.output
    assert shown.output == format_document(make_devnet_document(validators=2))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--validators", 0),
        ("--validators", 65),
        ("--time-ms", -1),
        ("--time-ms", 253_402_300_799_999),
        ("--block-interval-ms", 49),
        ("--block-interval-ms", 600_001),
    ],
)
def test_option_that_no_document_may_have_is_refused(option: str, value: int) -> None:
    done = run("devnet", option, value)
    assert done.exit_code == 2
    assert f"'{option}'" in done.stderr


@pytest.mark.parametrize("time_ms", [0, 253_402_300_799_998])
def test_whatever_it_makes_is_valid(tmp_path: Path, time_ms: int) -> None:
    path = tmp_path / "genesis.json"
    run("devnet", "--time-ms", time_ms, "--block-interval-ms", 600_000, "-o", path)
    assert read_genesis(path).time_ms == time_ms


def test_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    done = run("devnet", "-o", tmp_path / "missing" / "genesis.json")
    assert isinstance(done.exception, ConfigError)
    assert "cannot write" in str(done.exception)


def test_check_says_what_a_document_means(tmp_path: Path) -> None:
    path = tmp_path / "genesis.json"
    path.write_text(format_document(make_devnet_document(validators=3)))
    lines = dict(line.split(maxsplit=1) for line in run("check", path).output.splitlines()[2:])
    assert lines == {
        "validators": "3",
        "accounts": "4",
        "supply": "1004000000000 base units",
    }
    document = json.loads(run("check", path, "--json").stdout)
    assert document["genesisHash"] == f"0x{read_genesis(path).hash.hex()}"
    assert (document["validators"], document["supply"]) == (3, "1004000000000")


def test_hash_is_one_word(tmp_path: Path) -> None:
    path = tmp_path / "genesis.json"
    path.write_text(format_document(make_devnet_document()))
    digits = read_genesis(path).hash.hex()
    assert run("hash", path).output == f"{digits}\n"
    assert json.loads(run("hash", path, "--json").output) == {"genesisHash": f"0x{digits}"}


@pytest.mark.parametrize("command", ["check", "hash"])
def test_missing_document_is_wrong_usage(tmp_path: Path, command: str) -> None:
    done = run(command, tmp_path / "missing.json")
    assert done.exit_code == 2
    assert "does not exist" in done.stderr


@pytest.mark.parametrize("command", ["check", "hash"])
def test_invalid_document_is_refused(tmp_path: Path, command: str) -> None:
    path = tmp_path / "genesis.json"
    path.write_text("[]")
    assert isinstance(run(command, path).exception, ConfigError)
