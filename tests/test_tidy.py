"""The house stays as its plan draws it: small files, honest names, each thing in its room.

The rules live in ``tests/support/tidy_file.py`` and ``tests/support/tidy_house.py``, and
``tests/test_tidy_rules.py`` breaks each of them on purpose.
"""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.support import tidy_file, tidy_house

ROOT = Path(__file__).resolve().parent.parent
SOURCES = tidy_house.python_files(ROOT, *tidy_file.PACKAGES)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_source_file_keeps_the_rules(path: Path) -> None:
    complaints = tidy_file.complaints_about(tidy_file.Source.read(ROOT, path))
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("rule", tidy_house.RULES, ids=lambda rule: rule.__name__)
def test_house_keeps_the_rule(rule: tidy_house.Rule) -> None:
    complaints = list(rule(ROOT))
    assert not complaints, "\n".join(complaints)


def test_wheel_holds_the_packages_and_nothing_else(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    top = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    beside = {"node/aitbc_crypto.py": "aitbc_crypto.py"}
    expected = {*tidy_file.PACKAGES, *beside.values()}
    assert top == expected, "pyproject.toml says which packages the wheel holds"
    sources = {path.relative_to(ROOT).as_posix() for path in SOURCES} - beside.keys()
    assert sources <= set(names), "a source file is missing from the wheel"


def test_project_offers_one_command() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"aitbc": "node.__main__:main"}


@pytest.mark.parametrize("name", ["scripts/setup", "scripts/test", "scripts/check", ".ci/run"])
def test_script_is_executable_bash(name: str) -> None:
    script = ROOT / name
    assert script.stat().st_mode & 0o111, f"chmod +x {name}"
    subprocess.run(["bash", "-n", str(script)], check=True)
