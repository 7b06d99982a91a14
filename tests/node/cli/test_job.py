import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from chain.errors import ConfigError
from chain.primitives import Hash
from node.cli.job import job
from node.market import miners as miners_module
from node.market.job_book import AttemptState, JobBook, JobState, Terms
from node.market.journal import Journal
from node.market.miners import NoMiner
from tests.node.market.test_job_book import ATTEMPT, put
from tests.support.market_shell import Shell, market_shell

WANTED = ("--model", "llama3.2", "--max-price", "6")


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with market_shell(tmp_path) as shell:
        yield shell


def done_job(shell: Shell) -> JobBook:
    """Put a job that is done into the client's journal."""
    journal = Journal.open(shell.folder / "client" / "journal.db")
    book = JobBook(journal)
    book.add("one", Terms(model="llama3.2", max_price=6_000_000), b"input")
    put(journal, ATTEMPT)
    book.answer(ATTEMPT, b"the output", Hash(b"\7" * 32), price=5_000_000)
    book.move(ATTEMPT, AttemptState.PAID, amount=5_000_000)
    book.end("one", JobState.DONE)
    return book


def test_job_that_is_done_is_shown_and_its_output_written(shell: Shell, tmp_path: Path) -> None:
    done_job(shell)
    output = tmp_path / "answer.txt"
    shown = shell.run(job, "client", "show", "one", "--output", output)
    assert "one  done" in shown.output
    assert "5.000000 AITBC" in shown.output
    assert "the output" not in shown.output
    assert output.read_bytes() == b"the output"
    assert output.stat().st_mode & 0o777 == 0o600
    document = json.loads(shell.run(job, "client", "show", "one", "--json").stdout)
    assert (document["state"], document["paid"]) == ("done", "5000000")


def test_receipt_of_a_job_is_shown_alone(shell: Shell) -> None:
    book = done_job(shell)
    shown = shell.run(job, "client", "show", "one", "--receipt")
    assert shown.stdout == f"0x{'07' * 32}\n"
    book.add("two", Terms(model="llama3.2", max_price=1), b"")
    with pytest.raises(ConfigError, match="the job two has no receipt"):
        shell.run(job, "client", "show", "two", "--receipt")


def test_job_that_is_done_is_resumed_to_its_output(shell: Shell, tmp_path: Path) -> None:
    done_job(shell)
    assert shell.run(job, "client", "resume", "one").stdout == "the output"
    quiet = shell.run(job, "client", "resume", "one", "--json")
    assert json.loads(quiet.stdout)["state"] == "done"
    assert "the output" not in quiet.output
    path = tmp_path / "answer.txt"
    assert shell.run(job, "client", "resume", "one", "-o", path).stdout == ""
    assert path.read_bytes() == b"the output"


def test_jobs_are_listed(shell: Shell) -> None:
    book = done_job(shell)
    book.add("two", Terms(model="llama3.2", max_price=1), b"")
    listed = shell.run(job, "client", "list").output
    assert "one" in listed
    assert "5.000000" in listed
    open_ones = json.loads(shell.run(job, "client", "list", "--open", "--json").stdout)
    assert [one["jobId"] for one in open_ones] == ["two"]


def test_job_that_nobody_takes_fails_and_says_why(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(miners_module, "PATIENCE_MS", -1)
    for command in ("run", "reserve"):
        with pytest.raises(NoMiner, match="nobody whose card is at hand"):
            shell.run(job, "client", command, *WANTED, "--job", command, input_=b"hello")
    shown = shell.run(job, "client", "resume", "run")
    assert shown.exit_code == 1
    assert "run  failed" in shown.output


def test_released_job_that_reserved_nothing_has_failed(shell: Shell) -> None:
    book = done_job(shell)
    book.add("two", Terms(model="llama3.2", max_price=1), b"")
    assert "two  failed" in shell.run(job, "client", "release", "two").output
    ended = shell.run(job, "client", "release", "one", "--json")
    assert ended.exit_code == 1
    assert json.loads(ended.stdout)["state"] == "done"


@pytest.mark.parametrize("command", ["resume", "show", "release"])
def test_job_that_is_not_in_the_journal_is_refused(shell: Shell, command: str) -> None:
    with pytest.raises(ConfigError, match="no job 'none'"):
        shell.run(job, "client", command, "none")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--job", "a b"), "no name of a job"),
        (("--check", "/nowhere/at/all"), "no program"),
        (("--parameters", "x" * 5_000), "parameters have"),
        (("--card", "/nowhere/at/all"), "cannot read"),
    ],
)
@pytest.mark.parametrize("command", ["run", "reserve"])
def test_what_cannot_be_is_refused_before_anything_is_written(
    shell: Shell, command: str, options: tuple[str, ...], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        shell.run(job, "client", command, *WANTED, *options)
    assert json.loads(shell.run(job, "client", "list", "--json").stdout) == []


def test_output_that_cannot_be_written_is_refused(shell: Shell, tmp_path: Path) -> None:
    done_job(shell)
    with pytest.raises(ConfigError, match="cannot write"):
        shell.run(job, "client", "show", "one", "-o", tmp_path / "none" / "x")


@pytest.mark.parametrize("price", ["", "much", "-1", "1.0000001"])
def test_price_that_is_none_is_a_usage_error(price: str) -> None:
    words = ["run", "--as", "client-0", "--model", "m", f"--max-price={price}"]
    assert CliRunner().invoke(job, words).exit_code == 2
