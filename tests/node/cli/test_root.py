import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from node.cli.root import GROUPS, root
from tests.support.command_line import COMMANDS

SLOW = ("Crypto", "aiohttp", "asyncio", "libp2p", "nacl", "pydantic", "rich", "sqlalchemy", "trio")
"""Modules that take longer to import than a person's help should."""

WITH_MARKET_OR_DOCUMENTS = {"genesis", "job", "miner", "validator"}
"""Groups whose commands are about signed documents, and import what reads them."""

IMPORT = """
import json, sys
from node.cli.root import root
for name in sys.argv[1:]:
    root.get_command(None, name)
print(json.dumps(sorted(sys.modules)))
"""

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("typed", "meant"), [("devent", "devnet"), ("nod", "node"), ("genessis", "genesis")]
)
def test_unknown_group_is_told_what_may_be_meant(typed: str, meant: str) -> None:
    done = CliRunner().invoke(root, [typed])
    assert done.exit_code == 2
    assert f"No such command '{typed}'. Did you mean '{meant}'?" in done.stderr


def test_unknown_command_of_a_group_is_told_what_may_be_meant() -> None:
    done = CliRunner().invoke(root, ["node", "initt"])
    assert done.exit_code == 2
    assert "Did you mean 'init'?" in done.stderr


def test_unknown_option_is_refused() -> None:
    done = CliRunner().invoke(root, ["--colour", "node"])
    assert done.exit_code == 2
    assert "No such option" in done.stderr


def test_word_that_resembles_nothing_is_refused() -> None:
    done = CliRunner().invoke(root, ["xyzzy"])
    assert done.exit_code == 2
    assert "No such command 'xyzzy'." in done.stderr


@pytest.mark.parametrize(
    "name", ["devnet", "genesis", "job", "miner", "node", "validator", "wallet"]
)
def test_line_in_the_help_is_the_groups_own(name: str) -> None:
    module, line = GROUPS[name]
    group = getattr(importlib.import_module(module), name)
    assert isinstance(group, click.Group)
    assert (group.help or "").splitlines()[0] == line
    assert f"{name} " in CliRunner().invoke(root, ["--help"]).stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_has_an_example(command: str) -> None:
    done = CliRunner().invoke(root, [*command.split(), "--help"])
    assert done.exit_code == 0
    _, _, example = " ".join(done.stdout.split()).partition("Example: ")
    assert f"aitbc {command}" in example


@pytest.mark.parametrize("group", sorted({one.split()[0] for one in COMMANDS if " " in one}))
def test_group_without_a_command_shows_its_help(group: str) -> None:
    done = CliRunner().invoke(root, [group])
    assert "Usage:" in done.output
    assert "Commands:" in done.output


def test_every_command_is_in_the_readme_and_nothing_else_is() -> None:
    text = (ROOT / "node" / "cli" / "README.md").read_text()
    listed = re.findall(r"^\| `aitbc ([a-z -]+)` \|", text, re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)


def test_help_is_shown_without_importing_what_is_slow() -> None:
    names = sorted(set(GROUPS) - WITH_MARKET_OR_DOCUMENTS)
    command = [sys.executable, "-c", IMPORT, *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    imported = json.loads(done.stdout)
    assert "node.cli.wallet" in imported
    assert not set(SLOW) & set(imported)
