"""The README's own commands, run as written, print what the README shows.

They run in a folder that looks like the project's, whose scripts and environment are the real ones,
with nothing of this user's; ``tests.support.readme_steps`` says how the README is read.
"""

import os
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from node.clock import monotonic_ms
from node.devnet import Devnet
from tests.support.browser import find_chromium, open_browser, open_page
from tests.support.readme_steps import Step, steps_of
from tests.support.readme_terminals import Terminals

pytestmark = [pytest.mark.network, pytest.mark.slow]

ROOT = Path(__file__).resolve().parent.parent
STEPS = [
    step for step in steps_of((ROOT / "README.md").read_text()) if step.command != "scripts/test"
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the README is followed; a script there is the project's own."""
    folder = tmp_path / "aitbc"
    (folder / "scripts").mkdir(parents=True)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    for name in ("devnet", "demo"):
        script = folder / "scripts" / name
        script.write_text(f'#!/bin/sh\nexec "{ROOT}/scripts/{name}" "$@"\n')
        script.chmod(0o755)
    return folder


@pytest.fixture
def terminals(folder: Path) -> Iterator[Terminals]:
    """Terminals in that folder; whatever still runs in the end is stopped."""
    ours = ("AITBC_", "VIRTUAL_ENV", "PYTHON")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    terminals = Terminals(folder, environment | {"HOME": str(folder.parent)})
    yield terminals
    terminals.close()
    net = Devnet(folder / "devnet")
    if net.exists:
        net.stop()


def find_receipt_page(printed: str) -> str | None:
    """Return the address of a receipt's page that a command printed."""
    found = re.search(r"^see it at (http://\S+)$", printed, flags=re.MULTILINE)
    return found and found[1]


def check_receipt_page(url: str) -> None:
    """Check that the explorer shows the paid receipt, to programs and to people."""
    receipt_hash = url.rpartition("/")[2]
    with urllib.request.urlopen(url, timeout=30) as answer:
        page = answer.read().decode()
    assert answer.status == 200
    assert receipt_hash in page
    if find_chromium() is None:
        return
    with open_browser() as browser, open_page(browser, url=url.partition("/receipt")[0]) as look:
        look.page.goto(url)
        look.page.get_by_text("verified in your browser").wait_for()
        assert "Paid" in look.page.inner_text("main")
        assert look.complaints == []


def processes_in(folder: Path) -> list[str]:
    """Return the command lines of processes that work in a folder, or below it."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            place = (entry / "cwd").readlink()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # another user's, or it has ended, or no process at all
            continue
        if place.is_relative_to(folder) or str(folder) in command:
            found.append(command)
    return found


def test_readme_begins_with_its_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    assert [one.command for one in steps_of(text)[:2]] == [
        "scripts/devnet --home devnet --detach",
        "scripts/test",
    ]


SHOWN = """```console
$ first
paid 5.000000 AITBC in block 7
…
see it at 0x…
miner$ second
$ third \\
    --option
```

```text
… ended  job_id=one
```"""


def test_readme_is_read_as_it_says() -> None:
    steps = steps_of(SHOWN)
    assert [(one.terminal, one.command) for one in steps] == [
        *(("", "first"), ("miner", "second"), ("", "third --option"), ("miner", "")),
    ]
    assert steps[3].shown == ("… ended  job_id=one",)
    assert steps[1].shown == steps[2].shown == ()


@pytest.mark.parametrize(
    ("printed", "is_shown"),
    [
        ("paid 5.000000 AITBC in block 23\nsee it at 0xab12\n", True),
        ("paid 5.000000 AITBC in block 23\none\ntwo\nsee it at 0xab12\n", True),
        ("paid 6.000000 AITBC in block 23\nsee it at 0xab12\n", False),
        ("paid 5.000000 AITBC in block 23\n", False),
        ("paid 5.000000 AITBC\nsee it at 0xab12\n", False),
        ("a warning\npaid 5.000000 AITBC in block 23\nsee it at 0xab12\n", False),
        ("paid 5.000000 AITBC in block 23\nsee it at 0xab12\na warning\n", False),
    ],
)
def test_output_that_the_readme_does_not_show_is_noticed(printed: str, is_shown: bool) -> None:  # noqa: FBT001 - a column of the table
    first, *_ = steps_of(SHOWN)
    assert first.is_shown(printed) is is_shown


def test_ten_minutes_are_as_the_readme_tells_them(
    folder: Path, terminals: Terminals, record_property: Callable[[str, object], None]
) -> None:
    begun_ms = monotonic_ms()

    def tell(step_ms: int, what: str) -> None:
        total, took = monotonic_ms() - begun_ms, monotonic_ms() - step_ms
        record_property("told", f"{total / 1_000:6.1f} s  {took / 1_000:5.1f} s  {what}")

    for step in STEPS:
        step_ms = monotonic_ms()
        printed = terminals.do(step)
        tell(step_ms, _said(step))
        page = find_receipt_page(printed)
        if page is not None:
            step_ms = monotonic_ms()
            check_receipt_page(page)
            tell(step_ms, f"a paid receipt, open in the explorer: {page}")
    terminals.close()
    assert processes_in(folder) == []


def _said(step: Step) -> str:
    return f"{step.terminal}$ {step.command}" if step.command else f"({step.terminal} again)"
