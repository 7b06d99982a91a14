import json

import click
import pytest
from click.testing import CliRunner, Result

from chain.errors import ConfigError
from node.cli.listing import Columns, Listing, listed
from node.cli.options import RPC
from tests.support.answers import node_that_says


@click.command()
@RPC
@listed
def things(rpc: str, listing: Listing) -> None:
    """List things."""
    columns = Columns(("name",), lambda item: [item["name"]])
    listing.print(rpc, "ait_getThings", {"kind": None, "owner": "ada"}, columns)


def run(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(things, ["--rpc", url, *arguments])


PAGE = {"items": [{"name": "a", "parts": [1]}, {"name": "b", "parts": []}], "nextCursor": None}


def test_only_what_is_wanted_is_asked() -> None:
    asked: list[object] = []
    with node_that_says(PAGE, asked=asked) as url:
        run(url, "--limit", "7", "--cursor", "here")
        run(url, "--all")
    assert [one["params"] for one in asked if isinstance(one, dict)] == [
        {"owner": "ada", "limit": 7, "cursor": "here"},
        {"owner": "ada", "limit": 500},
    ]


def test_table_lists_the_page_and_says_that_more_follow() -> None:
    with node_that_says(PAGE | {"nextCursor": "there"}) as url:
        done = run(url)
    assert done.stdout == "NAME\na\nb\n"
    assert done.stderr == "more: the same with --cursor there, or with --all\n"


def test_empty_list_is_its_head() -> None:
    with node_that_says({"items": [], "nextCursor": None}) as url:
        assert run(url).stdout == "NAME\n"
        assert run(url, "--csv").stdout == ""
        assert run(url, "--jsonl").stdout == ""
        assert json.loads(run(url, "--json").stdout) == {"items": [], "nextCursor": None}


def test_csv_leaves_out_what_has_parts() -> None:
    with node_that_says(PAGE) as url:
        assert run(url, "--csv").stdout == "name\na\nb\n"


def test_two_forms_are_one_too_many() -> None:
    done = run("http://127.0.0.1:1", "--csv", "--jsonl")
    assert isinstance(done.exception, ConfigError)


@pytest.mark.parametrize("form", ["--json", "--jsonl", "--csv"])
def test_every_page_is_followed(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.cli.listing.PAGES_MAX", 3)
    with node_that_says(PAGE | {"nextCursor": "on"}) as url:
        done = run(url, "--all", form)
    said = json.loads(done.stdout)["items"] if form == "--json" else done.stdout.split()
    assert len(said) == {"--json": 6, "--jsonl": 6, "--csv": 7}[form]
