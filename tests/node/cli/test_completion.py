import os
import shutil
import subprocess
import sys

import pytest

from node.cli.completion import SHELLS
from tests.support.command_line import aitbc


@pytest.mark.parametrize("shell", SHELLS)
def test_script_loads(shell: str) -> None:
    script = aitbc("completion", shell).stdout
    assert "_AITBC_COMPLETE" in script
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} here to load it")
    done = subprocess.run([program], input=script, capture_output=True, text=True, check=True)
    assert not done.stderr


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
