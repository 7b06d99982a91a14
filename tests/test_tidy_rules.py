"""Each rule of the house, broken on purpose: a test that cannot fail guards nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import tidy_file, tidy_house
from tests.support.tidy_file import Source

TIDY = '"""What lives here."""\n'


def complaints(name: str, body: str) -> str:
    return "\n".join(tidy_file.complaints_about(Source(name, TIDY + body)))


def a_house(root: Path, files: dict[str, str]) -> Path:
    """Write these files into a small tree, each with a docstring on top."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TIDY + text, encoding="utf-8")
    return root


BROKEN_FILES = [
    ("chain/state.py", "x = 1\n" * 300, "has 301 lines"),
    ("p2p/gossip.py", "def f():\n" + "    x = 1\n" * 40, "f has 41 lines without its docstring"),
    ("node/net_utils.py", "", "'utils' in net_utils says nothing"),
    ("node/common/home.py", "", "'common' in common says nothing"),
    ("node/home.py", "class HomeManager: ...", "'manager' in HomeManager"),
    ("node/home.py", "def misc_things(): ...", "'misc' in misc_things"),
    ("chain/state.py", "x = 1.5", "a float"),
    ("chain/state.py", "x: float", "a float"),
    ("chain/state.py", "x = 3 / 2", "a true division"),
    ("chain/state.py", "x = 3\nx /= 2", "a true division"),
    ("chain/number.py", "def other_number(x): return float(x)", "a float"),
    ("chain/state.py", "import random", "imports random"),
    ("chain/state.py", "from secrets import token_bytes", "imports secrets.token_bytes"),
    ("chain/state.py", "import os.path", "imports os.path"),
    ("chain/store/writer.py", "import time", "imports time"),
    ("chain/state.py", "async def f(): ...", "f is async"),
    ("node/core.py", "import time\nx = time.monotonic()", "reads the clock by monotonic"),
    ("node/core.py", "from time import time_ns", "reads the clock by time_ns"),
    ("p2p/sync.py", "from datetime import datetime\nx = datetime.now()", "reads the clock by now"),
    ("genesis/make.py", "import datetime\nx = datetime.date.today()", "reads the clock by today"),
    ("chain/state.py", "import nacl.signing", "imports nacl, whose room is chain/crypto.py"),
    ("node/core.py", "import trio", "imports trio, whose room is p2p/"),
    ("p2p/gossip.py", "import asyncio", "imports asyncio, whose room is node/"),
    ("chain/state.py", "import sqlite3", "imports sqlite3, whose room is chain/store/"),
    ("node/core.py", "import numpy", "numpy has no room"),
    ("p2p/gossip.py", "from libp2p.pubsub.pubsub import Pubsub", "is libp2p's inside"),
    ("p2p/links.py", "import asyncio\nimport trio", "imports asyncio and trio"),
]


@pytest.mark.parametrize(("name", "body", "said"), BROKEN_FILES)
def test_rule_names_what_breaks_it(name: str, body: str, said: str) -> None:
    assert said in complaints(name, body)


def test_every_rule_of_a_file_is_broken_above() -> None:
    silent = set(tidy_file.RULES) - {tidy_file.module_has_a_docstring}
    for name, body, _ in BROKEN_FILES:
        source = Source(name, TIDY + body)
        silent -= {rule for rule in silent if any(rule(source))}
    assert not silent


def test_file_without_docstring_is_named() -> None:
    assert "has no docstring" in "\n".join(tidy_file.complaints_about(Source("p2p/x.py", "x = 1")))


KEPT_FILES = [
    ("p2p/gossip.py", 'def f():\n    """Long.\n' + "\n" * 60 + '    """\n' + "    x = 1\n" * 36),
    ("chain/number.py", "def canonical_number(x: int) -> int | float: return float(x)"),
    ("chain/parameters.py", "class BaseRate: ...\ndef base_fee(): return 7 // 2"),
    ("chain/store/writer.py", "from pathlib import Path\nimport pysqlite3"),
    ("node/clock.py", "import time\nx = time.time_ns()"),
    ("node/core.py", "import asyncio\nfrom chain.state import State"),
    ("p2p/compat.py", "from libp2p.pubsub.pubsub import Pubsub\nimport trio"),
    ("p2p/identity.py", "from libp2p import new_host\nfrom libp2p.crypto.ed25519 import KeyPair"),
]


@pytest.mark.parametrize(("name", "body"), KEPT_FILES)
def test_rules_allow_what_the_plan_allows(name: str, body: str) -> None:
    assert complaints(name, body) == ""


def test_source_without_a_twin_is_named(tmp_path: Path) -> None:
    root = a_house(
        tmp_path, {"chain/__init__.py": "", "chain/state.py": "", "node/__main__.py": ""}
    )
    assert list(tidy_house.sources_have_twins(root)) == [
        "chain/state.py has no test file: write tests/chain/test_state.py",
        "node/__main__.py has no test file: write tests/node/test_main.py",
    ]
    a_house(root, {"tests/chain/test_state.py": "", "tests/node/test_main.py": ""})
    assert not list(tidy_house.sources_have_twins(root))


def test_exemption_that_nobody_needs_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tidy_house.TWINLESS, "chain/gone.py", "it was here once")
    assert list(tidy_house.sources_have_twins(tmp_path)) == [
        "chain/gone.py does not exist: take it out of TWINLESS"
    ]


def test_long_test_file_is_named(tmp_path: Path) -> None:
    root = a_house(tmp_path, {"tests/test_state.py": "x = 1\n" * 400})
    assert list(tidy_house.tests_are_readable(root)) == [
        "tests/test_state.py has 401 lines, 400 at most: divide it by subject"
    ]


CATCH_ALL = "try:\n    x = 1\nexcept Exception:{mark}\n    x = 2\n"
MARK = "  " + tidy_file.BROAD_MARK


@pytest.mark.parametrize(
    ("file", "body", "said"),
    [
        ("node/core.py", CATCH_ALL.format(mark=MARK), "node/core.py:4 catches everything"),
        ("chain/state.py", CATCH_ALL.format(mark=""), "name the errors it expects"),
        ("p2p/sync.py", "try:\n    x = 1\nexcept:\n    x = 2\n", "or mark it"),
        ("p2p/sync.py", "try:\n    x = 1\nexcept (OSError, Exception):\n    x = 2\n", "or mark it"),
        ("node/core.py", "with contextlib.suppress(Exception):\n    x = 1\n", "catches everything"),
        ("p2p/sync.py", CATCH_ALL.format(mark=MARK) * 2, "second broad except of p2p/"),
    ],
)
def test_broad_except_is_named(tmp_path: Path, file: str, body: str, said: str) -> None:
    (complaint,) = tidy_house.excepts_are_named(a_house(tmp_path, {file: body}))
    assert said in complaint


def test_one_marked_broad_except_at_each_border_is_kept(tmp_path: Path) -> None:
    body = CATCH_ALL.format(mark=MARK)
    root = a_house(tmp_path, {"node/api/rpc.py": body, "p2p/streams.py": body})
    assert not list(tidy_house.excepts_are_named(root))


ERRORS = '''"""What can be wrong.

    HouseError
    ├── ChainError     the sender's fault
    │   ├── WrongNonce
    │   └── WrongChain
    └── StoreError     the disk's

More words.
"""
class HouseError(Exception): ...
class ChainError(HouseError): ...
class StoreError(HouseError): ...
class WrongNonce({nonce}): ...
{more}
'''


@pytest.mark.parametrize(
    ("nonce", "more", "said"),
    [
        ("ChainError", "", ["WrongChain is drawn and does not exist: take it out"]),
        (
            "StoreError",
            "class WrongChain(ChainError): ...",
            ["WrongNonce is drawn under ChainError: it is a StoreError"],
        ),
        (
            "ChainError",
            "class WrongChain(ChainError): ...\nclass Lost(StoreError): ...",
            ["Lost is not in the drawing: draw it under StoreError"],
        ),
        ("ChainError", "class WrongChain(ChainError): ...", []),
    ],
)
def test_drawing_of_errors_is_compared_with_them(
    tmp_path: Path, nonce: str, more: str, said: list[str]
) -> None:
    errors = tmp_path / "chain" / "errors.py"
    errors.parent.mkdir()
    errors.write_text(ERRORS.format(nonce=nonce, more=more), encoding="utf-8")
    expected = [f"chain/errors.py: {sentence}" for sentence in said]
    assert list(tidy_house.error_tree_is_drawn(tmp_path)) == expected


def test_missing_drawing_of_errors_is_named(tmp_path: Path) -> None:
    root = a_house(tmp_path, {"chain/errors.py": ""})
    assert "no tree is drawn" in "\n".join(tidy_house.error_tree_is_drawn(root))


@pytest.mark.parametrize(
    "line",
    [
        "TO" + "DO: later",
        "see /home/" + "someone/notes",
        "index = https://" + "pypi" + ".org/simple",
        "fixes issue " + "#12",
    ],
)
@pytest.mark.parametrize("name", ["README.md", "scripts/setup", ".ci/run"])
def test_foreign_words_are_named(tmp_path: Path, name: str, line: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"fine\n{line}\n", encoding="utf-8")
    (complaint,) = tidy_house.words_are_our_own(tmp_path)
    assert complaint.startswith(f"{name}:2 ")


def test_words_of_tools_and_pictures_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "notes.txt").write_text("TO" + "DO", encoding="utf-8")
    (tmp_path / "logo.png").write_bytes(b"\x89PNG" + b"TO" + b"DO")
    assert not list(tidy_house.words_are_our_own(tmp_path))


@pytest.mark.parametrize(
    ("new_import", "returncode", "said"),
    [
        ("import chain.errors", 0, "2 kept, 0 broken"),
        ("import node", 1, "chain.primitives -> node"),
        ("import chain.codec", 1, "chain.primitives -> chain.codec"),
    ],
)
def test_layers_refuse_an_import_against_the_grain(
    tmp_path: Path, new_import: str, returncode: int, said: str
) -> None:
    files = {f"{package}/__init__.py": "" for package in tidy_file.PACKAGES}
    files |= {"chain/errors.py": "", "chain/codec.py": "", "chain/primitives.py": new_import}
    root = a_house(tmp_path, files)
    rules = Path(__file__).resolve().parent.parent / "pyproject.toml"
    lint_imports = Path(sys.executable).with_name("lint-imports")
    command = [lint_imports, "--no-cache", "--no-logo", "--config", rules]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == returncode, run.stdout + run.stderr
    assert said in run.stdout
