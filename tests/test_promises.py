"""The promises of the README are those that ``scripts/promises`` shows, and its runs run."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.promised import agreeing, paying, storing
from scripts.promised.__main__ import PROMISES
from scripts.promised.promise import MARKS, Promise, Shown, Size, rewritten, row, table
from tests.support.storage_run import why_not

ROOT = Path(__file__).resolve().parent.parent
QUICK = Size(is_quick=True)


def a_promise(*, is_kept: bool) -> Promise:
    return Promise("it holds", "always", lambda _: Shown("7 of 7", is_kept))


def written_rows() -> list[list[str]]:
    """Return the cells of the README's table of promises."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    _, _, rest = text.partition(MARKS[0])
    written, _, _ = rest.partition(MARKS[1])
    return [line.strip("| ").split(" | ") for line in written.splitlines()[2:]]


def test_readme_holds_every_promise_with_a_figure() -> None:
    rows = written_rows()
    assert [cells[:2] for cells in rows] == [[one.sentence, one.faults] for one in PROMISES]
    assert all("BROKEN" not in figure and any(map(str.isdigit, figure)) for *_, figure in rows)


def test_broken_promise_says_so() -> None:
    promise = a_promise(is_kept=False)
    assert row(promise, promise.show(QUICK)) == "| it holds | always | BROKEN: 7 of 7 |\n"


def test_table_is_put_in_place_of_the_old_one() -> None:
    promise = a_promise(is_kept=True)
    rows = [row(promise, promise.show(QUICK))]
    text = f"before\n{MARKS[0]}old\n{MARKS[1]}after\n"
    assert rewritten(text, rows) == f"before\n{MARKS[0]}{table(rows)}{MARKS[1]}after\n"


def test_small_runs_are_not_written_down() -> None:
    command = [sys.executable, "-m", "scripts.promised", "--quick", "--write"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "not worth writing down" in run.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "promise",
    [*agreeing.PROMISES[:1], *paying.PROMISES, *storing.PROMISES[2:3]],
    ids=lambda promise: promise.sentence[:40],
)
def test_small_run_shows_its_promise(promise: Promise) -> None:
    if promise in storing.PROMISES and why_not():
        pytest.skip(f"{why_not()}")
    shown = promise.show(QUICK)
    assert shown.is_kept, shown.figure


@pytest.mark.slow
def test_run_that_fails_breaks_its_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chain.transition.new_account_fee", lambda _state, _address: 0)
    monkeypatch.setattr("scripts.promised.paying.FIRST_SEED", 7)
    (promise,) = paying.PROMISES
    shown = promise.show(Size(is_quick=False))
    assert not shown.is_kept
    assert "seed" in shown.figure
