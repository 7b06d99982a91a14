"""The rules of the house that take more than one file to break.

Each rule takes the root of the tree and yields sentences that name the place and the repair.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.tidy_file import BROAD_MARK, PACKAGES, Source, broad_excepts

TEST_FILE_LINES_MAX = 400

# Source files without a test file of their own, and why. Best empty.
TWINLESS: dict[str, str] = {}

# The borders where a stranger's message must not stop the process: one broad except in each.
BORDERS = ("node/api/", "p2p/")

# Folders that tools make or people install; not the project's words.
NOT_OURS = frozenset(
    {".git", ".hypothesis", ".import_linter_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
    | {".venv", "__pycache__", "build", "dist", "node_modules"}
)

# What a line may not say, and what to do instead. A bracket in the middle of a word keeps these
# lines from breaking their own rule.
FOREIGN_WORDS: dict[str, re.Pattern[str]] = {
    "leaves work for later: do it now, or say in the README that it is out": re.compile(
        r"\b(?:TO[D]O|FIX[M]E)\b"
    ),
    "names a path of one machine: find it from the file itself, or take it as a setting": (
        re.compile(r"(?<![\w.~/-])/(?:home|opt|root|work|Users|var/tmp)/\w")
    ),
    "names the host of a package registry: the installer knows where to look": re.compile(
        r"\b(?:p[y]pi|npm[j]s|python[h]osted|deb\.debian|crates)\.(?:org|io|com)\b"
    ),
    "names an issue by its number: say what it is about": re.compile(
        r"\b(?:[Ii]ssue|[Tt]icket|PR|[Pp]ull request) ?#?\d"
    ),
}


def python_files(root: Path, *folders: str) -> list[Path]:
    """Return every Python file in these folders of the tree, in order."""
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py"))


def text_files(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield each text file of the project with its text; what is not UTF-8 is not text."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if NOT_OURS.intersection(parts) or path.is_symlink() or not path.is_file():
            continue
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def twin_of(name: str) -> str:
    """Return the test file that belongs to a source file.

    ``chain/consensus/machine.py`` has ``tests/chain/consensus/test_machine.py``, and the
    underscores of ``__main__`` are left out.
    """
    folder, _, file = name.rpartition("/")
    return f"tests/{folder}/test_{file.removesuffix('.py').strip('_')}.py"


def sources_have_twins(root: Path) -> Iterator[str]:
    """Yield each source file without a test file, and each exemption nobody needs."""
    names = {path.relative_to(root).as_posix() for path in python_files(root, *PACKAGES)}
    for name in sorted(names):
        if name.endswith("/__init__.py") or name in TWINLESS:
            continue
        if not (root / twin_of(name)).is_file():
            yield f"{name} has no test file: write {twin_of(name)}"
    for name in sorted(TWINLESS.keys() - names):
        yield f"{name} does not exist: take it out of TWINLESS"


def tests_are_readable(root: Path) -> Iterator[str]:
    """Yield each test file that is too long to be read."""
    for path in python_files(root, "tests"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > TEST_FILE_LINES_MAX:
            name = path.relative_to(root).as_posix()
            yield f"{name} has {lines} lines, {TEST_FILE_LINES_MAX} at most: divide it by subject"


def excepts_are_named(root: Path) -> Iterator[str]:
    """Yield each broad except but the first marked one of each border."""
    seen: dict[str, str] = {}
    for path in python_files(root, *PACKAGES):
        source = Source.read(root, path)
        lines = source.text.splitlines()
        for line in broad_excepts(source):
            place = f"{source.name}:{line}"
            border = next((room for room in BORDERS if source.is_in(room)), None)
            if border is None:
                yield f"{place} catches everything: name the errors it expects"
            elif BROAD_MARK not in lines[line - 1]:
                yield f"{place} catches everything: name the errors, or mark it '{BROAD_MARK}'"
            elif border in seen:
                yield f"{place} is the second broad except of {border} after {seen[border]}"
            else:
                seen[border] = place


def _drawn_tree(docstring: str) -> dict[str, str | None]:
    """Return parent by child, from the drawing in a module's docstring; four columns a level."""
    parents: dict[str, str | None] = {}
    path: list[str] = []
    margin = 0
    for line in docstring.splitlines():
        drawn = re.match(r"(?P<branch>[ │]*(?:[├└]── )?)(?P<name>[A-Z]\w+)(?:\s{2,}|$)", line)
        if drawn is None:
            continue
        branch, name = drawn["branch"], drawn["name"]
        if "──" in branch and path:
            del path[(len(branch) - margin) // 4 :]
            parents[name] = path[-1]
            path.append(name)
        elif "──" not in branch and len(parents) <= 1:  # the root is right above its first branch
            parents, path, margin = {name: None}, [name], len(branch)
    return parents


def error_tree_is_drawn(root: Path) -> Iterator[str]:
    """Yield each difference between the tree at the top of ``chain/errors.py`` and its classes."""
    source = Source.read(root, root / "chain" / "errors.py")
    drawn = _drawn_tree(ast.get_docstring(source.tree) or "")
    if not drawn:
        yield "chain/errors.py: no tree is drawn in its docstring: draw every error under its kind"
    built: dict[str, str | None] = {}
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef) and node.bases:
            parent = ast.unparse(node.bases[0])
            if parent in built or parent == "Exception":
                built[node.name] = parent if parent in built else None
    for name in sorted(built.keys() | drawn.keys()):
        if name not in drawn:
            yield f"chain/errors.py: {name} is not in the drawing: draw it under {built[name]}"
        elif name not in built:
            yield f"chain/errors.py: {name} is drawn and does not exist: take it out"
        elif drawn[name] != built[name]:
            yield f"chain/errors.py: {name} is drawn under {drawn[name]}: it is a {built[name]}"


def words_are_our_own(root: Path) -> Iterator[str]:
    """Yield each line that speaks of a machine, a registry, a tracker or unfinished work."""
    for path, text in text_files(root):
        for number, line in enumerate(text.splitlines(), start=1):
            for said, pattern in FOREIGN_WORDS.items():
                if pattern.search(line):
                    yield f"{path.relative_to(root).as_posix()}:{number} {said}"


Rule = Callable[[Path], Iterator[str]]

RULES: tuple[Rule, ...] = (
    sources_have_twins,
    tests_are_readable,
    excepts_are_named,
    error_tree_is_drawn,
    words_are_our_own,
)
