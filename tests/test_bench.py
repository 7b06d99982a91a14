"""The bench works: a tiny run of what needs no devnet, and its words."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.benchmarks import blocks, signatures
from scripts.benchmarks.figures import Figure, Laps, Part, format_part, percentile

ROOT = Path(__file__).resolve().parent.parent


def test_script_is_executable_bash() -> None:
    script = ROOT / "scripts" / "bench"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_quick_run_prints_json_with_a_ratio_for_each_figure() -> None:
    command = [sys.executable, "-m", "scripts.benchmarks", "--quick", "--json"]
    command += ["--only", "signatures"]
    run = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    document = json.loads(run.stdout)
    assert {"cores", "python", "sqlite", "load before"} <= document["machine"].keys()
    (part,) = document["parts"]
    assert part["name"] == signatures.NAME
    assert all(one["value"] > 0 and one["ratio"] > 0 for one in part["figures"])


def test_blocks_reach_the_disk_and_every_stage_is_told(tmp_path: Path) -> None:
    part = blocks.run(tmp_path, rounds=2, size=20, accounts=40)
    figures = {one.name: one for one in part.figures}
    assert figures["bytes to disk, signatures included"].value > 0
    assert {name for name, _ in blocks.STAGES} <= figures.keys()
    assert (tmp_path / "bench.db").stat().st_size > 0


def test_stages_add_up_to_the_whole() -> None:
    terms = [term for _, stage in blocks.STAGES for term in stage]
    left = [term for term in terms if f"-{term}" not in terms and not term.startswith("-")]
    taken_off = {term.lstrip("-") for term in terms if term.startswith("-")}
    assert taken_off <= set(terms)
    assert sorted(left) == sorted(blocks.WHOLE)


def test_laps_take_stages_together_round_by_round() -> None:
    laps = Laps({"whole": [4.0, 8.0, 6.0], "part": [1.0, 4.0, 2.0]})
    assert laps.median("whole", "-part") == 4.0
    assert laps.ratio(["part"], ["whole"]) == pytest.approx(1 / 3)


def test_percentile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(200, 0, -1)]
    assert percentile(values, 50) == 100.0
    assert percentile(values, 99) == 198.0
    assert percentile([7.0], 99) == 7.0


def test_table_shows_the_ratio_beside_the_value() -> None:
    part = Part("speed", "what it does.", (Figure("fast", 12_345.6, "a second", 0.5, "R1"),))
    assert "12,346 a second    0.5 R1" in format_part(part)
