import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from chain.errors import ConfigError
from node.cli.passphrases import PassphraseSource, read_secret, takes_passphrase
from node.private_file import SECRET_BYTES_MAX
from tests.support.command_line import on_a_terminal


@click.command()
@takes_passphrase
def told(passphrase: PassphraseSource) -> None:
    """Say what arrived."""
    click.echo(passphrase.get("it"))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(told, [str(one) for one in arguments])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text("correct horse\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


def test_private_file_is_read(file: Path) -> None:
    assert run("--passphrase-file", file).stdout == "correct horse\n"


def test_descriptor_is_read_to_its_end(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.write(writing, b"correct ")
    os.write(writing, b"horse\n")
    os.close(writing)
    assert run("--passphrase-fd", reading).stdout == "correct horse\n"


def test_file_open_to_others_is_refused(file: Path) -> None:
    file.chmod(0o644)
    assert isinstance(run("--passphrase-file", file).exception, ConfigError)


def test_two_sources_are_one_too_many(file: Path) -> None:
    error = run("--passphrase-file", file, "--passphrase-fd", 9).exception
    assert str(error) == "give --passphrase-file or --passphrase-fd, not both"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"one\ntwo\n", "one line of text"),
        (b"\xff\n", "is not UTF-8"),
        (b"a\x1b[2J\n", "one line of text"),
        (b"x" * (SECRET_BYTES_MAX + 1), "one line of text"),
    ],
    ids=lambda one: repr(one[:12]),
)
def test_what_is_no_line_of_text_is_refused(file: Path, data: bytes, said: str) -> None:
    file.write_bytes(data)
    assert said in str(run("--passphrase-file", file).exception)


def test_closed_descriptor_is_named(pipe: tuple[int, int]) -> None:
    _, writing = pipe
    os.close(writing)
    assert "cannot read from fd" in str(run("--passphrase-fd", writing).exception)


def test_secret_comes_through_a_pipe(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = pipe
    os.write(writing, b"a secret\n")
    os.close(writing)
    with os.fdopen(os.dup(reading)) as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert read_secret("phrase") == "a secret"


def test_nothing_typed_is_shown_and_both_times_must_agree(tmp_path: Path) -> None:
    code, shown = on_a_terminal(
        *("wallet", "new", "alice", "--devnet"),
        answers=("correct horse", "correct house", "battery staple", "battery staple"),
        variables={"AITBC_WALLETS": str(tmp_path / "wallets")},
    )
    assert code == 0, shown
    assert "do not match" in shown
    assert not {"correct", "battery"} & set(shown.split())


def test_interrupt_at_the_prompt_ends_with_130(tmp_path: Path) -> None:
    code, shown = on_a_terminal(
        *("wallet", "new", "alice"),
        answers=("\x03",),
        variables={"AITBC_WALLETS": str(tmp_path / "wallets")},
    )
    assert code == 130, shown
    assert not (tmp_path / "wallets").exists()
