"""The devnet's live table: how each node is, and keys that kill, start, cut off and heal.

It shows what a quorum is to whoever has never seen one: kill one of four and blocks go on, kill
two and they stop, start one and they come again. Cut it in halves and neither decides anything.
"""

import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from chain.errors import AitbcError
from node.devnet import Devnet, DevnetNode
from node.devnet_partition import heal, parts_of, separate
from node.devnet_status import NodeState, look, parts, parts_lines, rows, verdict
from node.process import is_running, kill_node
from node.rpc_client import call

REFRESH_S = 0.5
QUIT = frozenset("qQ\x03\x04")
HELP = "k kill   s start   p cut off   h heal   f faucet   o explorer   q quit"

HALVES = "p"
"""Pressed after ``p`` in place of a number."""

ASKS = {
    "k": "k: kill which validator?",
    "s": "s: start which validator?",
    "p": "p: cut off which validator from the others? p again: cut all in two halves",
    "f": "f: 10 AITBC to which account?",
    "o": "o: the explorer of which validator?",
}
"""What a key asks that needs a number after it."""

GIFT_S = 30.0
"""Seconds to wait for the faucet; the table goes on meanwhile."""

_COLOURS = {
    "ok": "green",
    "catching up": "yellow",
    "starting": "yellow",
    "halted": "red",
    "silent": "red",
    "stopped": "red",
}


class Screen:
    """What the keys have done so far, and how the devnet looks."""

    def __init__(self, net: Devnet, *, help_line: str = HELP) -> None:
        """Show a devnet, with a line at the foot that says what may be pressed."""
        self._help = help_line
        self._net, self._interval_ms = net, net.block_interval_ms
        self._pending, self._said = "", ""
        self._states: list[NodeState] = []

    def press(self, key: str) -> bool:
        """Do what a key asks for, and return whether to go on."""
        if key in QUIT:
            return False
        if not key:
            return True
        try:
            self._said = self._obey(key)
        except AitbcError as error:
            self._said = str(error)
        return True

    def _obey(self, key: str) -> str:
        """Do what a key asks for, or note that it needs a number, and return what to say.

        Raises:
            ConfigError: what it names is not there.
            PeerError: a node does not answer.
        """
        pending, self._pending = self._pending, ""
        if pending and key.isascii() and key.isdecimal():
            return self._strike(pending, int(key))
        if pending == key == HALVES:
            count = len(self._net.nodes())
            return self._cut(range(count // 2), "cut in two halves")
        if key == "h":
            heal(self._net)
            return "healed: every validator may hear all others"
        if key not in ASKS:
            return ""
        self._pending = key
        return ASKS[key] + (f"  {self._accounts()}" if key == "f" else "")

    def _strike(self, key: str, number: int) -> str:
        if key == "f":
            return self._give(number)
        node = self._net.find(number)
        if key == "o":
            return f"{node.rpc}/"
        if key == "p":
            return self._cut((number,), f"cut {node.name} off from the others")
        return self._kill(node) if key == "k" else self._start(node)

    def _kill(self, node: DevnetNode) -> str:
        if not is_running(node.pid, node.home):
            return f"{node.name} does not run"
        kill_node(node.pid)
        return f"killed {node.name}"

    def _start(self, node: DevnetNode) -> str:
        if is_running(node.pid, node.home):
            return f"{node.name} runs already"
        self._net.start(node.name)
        return f"started {node.name}"

    def _cut(self, group: Sequence[int], said: str) -> str:
        separate(self._net, parts_of([group], count=len(self._net.nodes())))
        return f"{said}; h heals"

    def _accounts(self) -> str:
        names = [one["name"] for one in self._net.read()["accounts"]]
        return "  ".join(f"{number} {name}" for number, name in enumerate(names))

    def _give(self, number: int) -> str:
        """Ask the faucet in the background, for an answer comes once the gift is final."""
        accounts = self._net.read()["accounts"]
        if number >= len(accounts):
            return f"there is no account {number}; there are 0 to {len(accounts) - 1}"
        whom = accounts[number]
        deciding = [one for part in parts(self._states) if part.decides for one in part.numbers]
        url = self._net.find(deciding[0] if deciding else 0).rpc

        def ask() -> None:
            try:
                found = call(url, "dev_faucet", whom["address"], timeout_s=GIFT_S)
            except AitbcError as error:
                self._said = f"no gift to {whom['name']}: {error}"
            else:
                word = "final" if found["isFinal"] else "not final yet"
                self._said = f"10 AITBC to {whom['name']}, {word}"

        threading.Thread(target=ask, daemon=True).start()
        return f"10 AITBC to {whom['name']} are on their way"

    def draw(self) -> Group:
        """Return the table as it is now."""
        self._states = states = look(self._net)
        said = verdict(states, interval_ms=self._interval_ms)
        mark = "bold green" if said.startswith("FINAL") else "bold red"
        pieces = zip(parts(states), parts_lines(states), strict=False)  # no line where it is whole
        lines = [Text(line, style="green" if part.decides else "red") for part, line in pieces]
        answer = [Text(self._said)] if self._said else []
        foot = _keys_line(self._help)
        return Group(
            Text(), _table(states), Text(), *lines, Text(said, style=mark), *answer, Text(), foot
        )


def _table(states: list[NodeState]) -> Table:
    head, *cells = rows(states)
    table = Table(box=None, pad_edge=False)
    for name in head:
        table.add_column(name, justify="left" if name in ("node", "state") else "right")
    for row in cells:
        *plain, word = row
        table.add_row(*plain, Text(f"● {word}", style=_COLOURS[word]))
    return table


def _keys_line(help_line: str) -> Text:
    """Return the keys and what they do, the keys to be seen first."""
    line = Text(style="dim")
    for piece in help_line.split("   "):
        key, _, what = piece.partition(" ")
        line.append(key, style="bold not dim").append(f" {what}   ")
    return line


def is_possible() -> bool:
    """Return whether there is a terminal to draw on and to read keys from."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def run_screen(net: Devnet, *, is_asked_to_stop: Callable[[], bool]) -> None:
    """Draw and obey keys until one of them, or a signal, says to quit."""
    screen = Screen(net)
    with _keys(), Live(screen.draw(), console=Console(), auto_refresh=False) as live:
        while not is_asked_to_stop() and screen.press(_key()):
            live.update(screen.draw(), refresh=True)


def watch(net: Devnet) -> None:
    """Draw until Ctrl-C; keys do nothing."""
    screen = Screen(net, help_line="Ctrl-C quit")
    with Live(screen.draw(), console=Console(), auto_refresh=False) as live:
        try:
            while True:
                select.select([], [], [], REFRESH_S)
                live.update(screen.draw(), refresh=True)
        except KeyboardInterrupt:
            return


@contextmanager
def _keys() -> Iterator[None]:
    """Hand keys over as they are pressed, without showing them."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _key() -> str:
    """Return the key that was pressed; "" where none was within a moment."""
    ready, _, _ = select.select([sys.stdin], [], [], REFRESH_S)
    # The stream itself would read ahead, and what it holds select does not see.
    return os.read(sys.stdin.fileno(), 1).decode("latin-1") if ready else ""
