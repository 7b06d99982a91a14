"""The long runs work: tiny ones, and their words."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.soaks import expiries, images, ledger, machine, seeds
from tests.support.mutants import count_across_rounds
from tests.support.storage_figures import Figures

ROOT = Path(__file__).resolve().parent.parent


def test_script_is_executable_bash() -> None:
    script = ROOT / "scripts" / "soak"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_command_says_what_it_needs() -> None:
    command = [sys.executable, "-m", "scripts.soaks"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert (
        "--seeds, --ledger, --machine, --expiries, --images, --rounds, --validators or --jobs"
        in run.stderr
    )


def test_ledger_run_prints_its_seed_and_what_happened(capsys: pytest.CaptureFixture[str]) -> None:
    assert ledger.run(steps=300, first_seed=7)
    said = capsys.readouterr().out
    assert "300 steps from seed 7 on" in said
    assert "no disagreement" in said
    assert "outcomes: " in said


def test_ledger_run_that_fails_says_what_repeats_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chain.transition.new_account_fee", lambda _state, _address: 0)
    assert not ledger.run(steps=5_000, first_seed=7)
    said = capsys.readouterr().out
    assert "FAILED, seed " in said
    assert "repeat with --ledger 600 --seed " in said


def test_seeds_run_on_every_core_and_say_their_rate(capsys: pytest.CaptureFixture[str]) -> None:
    assert seeds.run(seeds=6, first_seed=1, processes=2)
    said = capsys.readouterr().out
    assert "6 from seed 1 on, 2 processes" in said
    assert "events/s), every promise kept" in said
    assert "plans: " in said


def test_failing_seed_says_what_repeats_it(monkeypatch: pytest.MonkeyPatch) -> None:
    count_across_rounds(monkeypatch)
    failures = seeds.play(range(4)).failures
    assert failures
    assert "a node fails" in failures[0]
    assert "repeat with: scripts/soak --seeds 1 --seed " in failures[0]


def test_machine_run_counts_its_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert machine.run(steps=100)
    assert "all sound" in capsys.readouterr().out


def test_expiries_run_prints_the_ratio(capsys: pytest.CaptureFixture[str]) -> None:
    expiries.run(count=600)
    assert "ratio" in capsys.readouterr().out


def test_images_are_described_in_one_line() -> None:
    figures = Figures(cases=2_000, lost=3, notes={"torn": 2_000})
    assert images.describe(figures) == (
        "2,000 disks (torn 2,000), 3 lost blocks, 0 forgot votes, 0 damaged"
    )
