import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from node.cli.completion import SHELLS
from tests.support.command_line import aitbc

BEFORE = {"bash": "", "zsh": "autoload -Uz compinit && compinit -u -D\n", "fish": ""}
"""What a shell's start files hold before the script, where people use completion."""


def run_shell(shell: str, script: str) -> str:
    """Run a script in a shell, which must be content with it, and return what it prints."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} here to load it")
    commands = Path(sys.executable).parent
    done = subprocess.run(
        [program],
        input=script,
        env={**os.environ, "PATH": f"{commands}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr
    return done.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_script_loads(shell: str) -> None:
    script = aitbc("completion", shell).stdout
    assert "_AITBC_COMPLETE" in script
    run_shell(shell, BEFORE[shell] + script)


def test_fish_offers_commands_and_what_they_do() -> None:
    script = aitbc("completion", "fish").stdout
    offered = run_shell("fish", f"{script}\ncomplete -C 'aitbc wallet ex'\n")
    assert offered.startswith("export\t")


def complete(line: str) -> list[str]:
    """Return what bash is offered at the end of a line."""
    words = line.split(" ")
    variables = {
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "_AITBC_COMPLETE": "bash_complete",
    }
    program = "from node.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_groups_commands_and_options_are_offered() -> None:
    assert complete("aitbc rec") == ["receipt", "receipts"]
    assert complete("aitbc wallet ex") == ["export"]
    assert complete("aitbc receipts --st") == ["--status"]
    assert complete("aitbc receipts --status pa") == ["paid"]
    assert complete("aitbc xyzzy") == []


def test_unknown_shell_is_refused() -> None:
    assert aitbc("completion", "tcsh").exit_code == 2
