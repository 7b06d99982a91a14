"""The rules of the house that one source file can break by itself.

Each rule takes a ``Source`` and yields sentences that name the line and the repair. The tables at
the top are the rules' only settings: a change of the plan is a change of a table.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGES = ("chain", "genesis", "node", "p2p")
FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 40  # the docstring does not count

# Names that say nothing about what lives behind them.
BANNED_WORDS = frozenset(
    {"base", "common", "enhanced", "handler", "handlers", "helper", "helpers", "manager"}
    | {"managers", "misc", "util", "utils", "v2"}
)
# Terms of the field that hold such a word and do say something.
FIELD_TERMS = re.compile(r"base_(?:fee|rate|unit)")

# The one place where each library may be imported: files, or folders with a closing slash.
ROOMS: dict[str, tuple[str, ...]] = {
    "Crypto": ("chain/crypto.py",),
    "aiohttp": ("node/api/", "node/cli/", "node/explorer/"),
    "asyncio": ("node/",),
    "click": ("node/",),
    "google": ("p2p/",),
    "jinja2": ("node/explorer/",),
    "libp2p": ("p2p/",),
    "markupsafe": ("node/explorer/",),
    "mnemonic": ("node/recovery_phrase.py",),
    "msgspec": ("chain/", "node/", "p2p/"),
    "multiaddr": ("p2p/",),
    "nacl": ("chain/crypto.py", "node/sealed_key.py"),
    "prometheus_client": ("node/api/",),
    "pydantic": (
        "chain/receipt.py",
        "genesis/",
        "node/api/",
        "node/config.py",
        "node/documents.py",
        "node/sealed_key.py",
        "node/signed_file.py",
    ),
    "pydantic_settings": ("node/config.py",),
    "pysqlite3": ("chain/store/", "node/api/rest_journal.py", "node/market/journal.py"),
    "rfc8785": ("chain/receipt.py", "genesis/"),
    "rich": ("node/",),
    "sqlalchemy": ("chain/store/",),
    "sqlite3": ("chain/store/",),
    "sqlite_utils": ("chain/store/migrations.py", "chain/store/snapshot.py"),
    "sqlmodel": ("chain/store/",),
    "structlog": ("node/", "p2p/"),
    "tomlkit": ("node/settings_file.py",),
    "trio": ("p2p/",),
}

# What libp2p offers to everyone. All else is its inside, and p2p/compat.py alone may know that.
LIBP2P_PUBLIC = ("libp2p.abc", "libp2p.crypto", "libp2p.custom_types", "libp2p.peer")
LIBP2P_INSIDE = "p2p/compat.py"

# Impure modules. chain/ keeps its rules free of them; the store alone may know the disk.
CHAIN_FORBIDDEN = frozenset(
    {"asyncio", "random", "secrets", "select", "signal", "socket", "subprocess", "threading"}
    | {"time", "trio", "uuid"}
)
CHAIN_DISK = frozenset({"io", "os", "pathlib", "shutil", "tempfile"})
STORE = "chain/store/"

# Canonical JSON writes some numbers as floats, so one function may make them.
FLOAT_ALLOWED = {"chain/number.py": "canonical_number"}

CLOCK = "node/clock.py"
TIME_READERS = frozenset(
    {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "time", "time_ns"}
)
DATE_READERS = frozenset({"now", "today", "utcnow"})

BROAD = frozenset({"BaseException", "Exception"})
BROAD_MARK = "# noqa: BLE001"


@dataclass(frozen=True)
class Source:
    """One Python file of the house.

    Attributes:
        name: its path from the root, with forward slashes.
        text: all of it.
    """

    name: str
    text: str

    @classmethod
    def read(cls, root: Path, path: Path) -> "Source":
        """Read the file at ``path``, which lies somewhere under ``root``."""
        return cls(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text)

    @cached_property
    def imports(self) -> list[tuple[int, str]]:
        """Line and dotted name of each import; a name imported from a module is part of it."""
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [(node.lineno, alias.name) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                found += [(node.lineno, f"{node.module or ''}.{a.name}") for a in node.names]
        return found

    def is_in(self, *rooms: str) -> bool:
        """Whether the file is one of these files, or lies in one of these folders."""
        return any(self.name == room or self.name.startswith(room) for room in rooms)


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _lines_without_docstring(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is not None:
        docstring = function.body[0]
        lines -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
    return lines


def file_is_small(source: Source) -> Iterator[str]:
    """Yield a complaint when the file is longer than anyone holds in mind."""
    lines = len(source.text.splitlines())
    if lines > FILE_LINES_MAX:
        yield f"has {lines} lines, {FILE_LINES_MAX} at most: give its second subject its own file"


def functions_fit_a_screen(source: Source) -> Iterator[str]:
    """Yield each function longer than one screen."""
    for function in _functions(source.tree):
        lines = _lines_without_docstring(function)
        if lines > FUNCTION_LINES_MAX:
            yield (
                f"{function.lineno}: {function.name} has {lines} lines without its docstring, "
                f"{FUNCTION_LINES_MAX} at most: let it decide, and move what it computes to leaves"
            )


def _words(name: str) -> list[str]:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return FIELD_TERMS.sub("", snake).split("_")


def names_say_something(source: Source) -> Iterator[str]:
    """Yield each file, class or function named with a word that says nothing."""
    names = [(1, part.removesuffix(".py")) for part in source.name.split("/")]
    names += [
        (node.lineno, node.name)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    for line, name in names:
        for word in BANNED_WORDS.intersection(_words(name)):
            yield f"{line}: '{word}' in {name} says nothing: name what it is or does"


def module_has_a_docstring(source: Source) -> Iterator[str]:
    """Yield a complaint when the file does not say what lives in it."""
    if not ast.get_docstring(source.tree):
        yield "1: has no docstring: say what lives here, the rules of the room, and why"


def chain_counts_in_integers(source: Source) -> Iterator[str]:
    """Yield each float, and each division that makes one, in the rules of the chain."""
    if not source.is_in("chain/"):
        return
    allowed: set[ast.AST] = set()
    for function in _functions(source.tree):
        if function.name == FLOAT_ALLOWED.get(source.name):
            allowed.update(ast.walk(function))
    for node in ast.walk(source.tree):
        match node:
            case ast.Name(id="float") | ast.Constant(value=float()):
                what = "a float"
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                what = "a true division"
            case _:
                continue
        if node not in allowed:
            yield (
                f"{node.lineno}: {what}, and nodes must agree to the last bit: "
                "use int and // (for a path, joinpath)"
            )


def chain_is_pure(source: Source) -> Iterator[str]:
    """Yield whatever lets the world into the rules of the chain."""
    if not source.is_in("chain/"):
        return
    forbidden = CHAIN_FORBIDDEN if source.is_in(STORE) else CHAIN_FORBIDDEN | CHAIN_DISK
    for line, name in source.imports:
        if name.split(".")[0] in forbidden:
            yield f"{line}: imports {name}: take what it gives as an argument, or in the event"
    for function in _functions(source.tree):
        if isinstance(function, ast.AsyncFunctionDef):
            yield f"{function.lineno}: {function.name} is async: return effects, let node/ wait"


def only_the_clock_reads_time(source: Source) -> Iterator[str]:
    """Yield each reading of the time outside the one file that may."""
    if source.name == CLOCK:
        return
    for node in ast.walk(source.tree):
        match node:
            case ast.Attribute(value=ast.Name(id="time"), attr=name) if name in TIME_READERS:
                pass
            case ast.Attribute(
                value=ast.Name(id="datetime" | "date") | ast.Attribute(attr="datetime" | "date"),
                attr=name,
            ) if name in DATE_READERS:
                pass
            case ast.ImportFrom(module="time", names=names):
                name = ", ".join(alias.name for alias in names)
            case _:
                continue
        yield f"{node.lineno}: reads the clock by {name}: only {CLOCK} does; take the time from it"


def libraries_keep_to_their_rooms(source: Source) -> Iterator[str]:
    """Yield each import of a library outside its room, or of one that has no room."""
    for line, name in source.imports:
        library = name.split(".")[0]
        rooms = ROOMS.get(library)
        if library in PACKAGES or (library in sys.stdlib_module_names and rooms is None):
            continue
        if rooms is None:
            yield f"{line}: {library} has no room: add it to ROOMS, the lock and the plan"
        elif not source.is_in(*rooms):
            yield f"{line}: imports {library}, whose room is {' or '.join(rooms)}: ask that room"


def libp2p_inside_stays_in_compat(source: Source) -> Iterator[str]:
    """Yield each import of libp2p's inside from elsewhere than the file of overrides."""
    if source.name == LIBP2P_INSIDE:
        return
    for line, name in source.imports:
        # "libp2p.new_host" is the package's own front door; deeper names must be public ones.
        is_deep = name.startswith("libp2p.") and name.count(".") > 1
        if is_deep and not name.startswith(tuple(f"{public}." for public in LIBP2P_PUBLIC)):
            yield f"{line}: {name} is libp2p's inside: only {LIBP2P_INSIDE} may know it"


def one_event_loop_per_file(source: Source) -> Iterator[str]:
    """Yield a complaint when the file knows both event loops."""
    libraries = {name.split(".")[0] for _, name in source.imports}
    if {"asyncio", "trio"} <= libraries:
        yield "1: imports asyncio and trio: they live in separate processes, joined by frames"


def broad_excepts(source: Source) -> list[int]:
    """Return the line of each place that swallows errors it does not name."""
    lines = []
    for node in ast.walk(source.tree):
        match node:
            case ast.ExceptHandler(type=None):
                lines.append(node.lineno)
            case ast.ExceptHandler(type=kind) if kind is not None:
                named = {leaf.id for leaf in ast.walk(kind) if isinstance(leaf, ast.Name)}
                if named & BROAD:
                    lines.append(node.lineno)
            case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress")):
                named = {arg.id for arg in node.args if isinstance(arg, ast.Name)}
                if named & BROAD:
                    lines.append(node.lineno)
            case _:
                pass
    return lines


RULES: tuple[Callable[[Source], Iterator[str]], ...] = (
    file_is_small,
    functions_fit_a_screen,
    names_say_something,
    module_has_a_docstring,
    chain_counts_in_integers,
    chain_is_pure,
    only_the_clock_reads_time,
    libraries_keep_to_their_rooms,
    libp2p_inside_stays_in_compat,
    one_event_loop_per_file,
)


def complaints_about(source: Source) -> list[str]:
    """Return what every rule has to say about one file, each with its name in front."""
    return [f"{source.name}:{said}" for rule in RULES for said in rule(source)]
