"""The devnet's live table: how each node is, and keys that kill and start them.

It shows what a quorum is to whoever has never seen one: kill one of four and blocks go on, kill
two and they stop, start one and they come again.
"""

import os
import select
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from chain.errors import ConfigError
from node.devnet import Devnet
from node.devnet_status import NodeState, look, rows, verdict
from node.process import is_running, kill_node

REFRESH_S = 0.5
QUIT = frozenset("qQ\x03\x04")
HELP = "k NUMBER kill   s NUMBER start   q quit"

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

    def __init__(self, net: Devnet) -> None:
        """Show a devnet."""
        self._net, self._interval_ms = net, net.block_interval_ms
        self._pending, self._said = "", ""

    def press(self, key: str) -> bool:
        """Do what a key asks for, and return whether to go on."""
        if key in QUIT:
            return False
        if self._pending and key.isdecimal():
            self._said = self._strike(self._pending, int(key))
            self._pending = ""
        else:
            self._pending = key if key in ("k", "s") else ""
            self._said = f"{key}: which validator?" if self._pending else ""
        return True

    def _strike(self, key: str, number: int) -> str:
        try:
            node = self._net.find(number)
        except ConfigError as error:
            return error.detail
        runs = is_running(node.pid, node.home)
        if key == "k":
            if not runs:
                return f"{node.name} does not run"
            kill_node(node.pid)
            return f"killed {node.name}"
        if runs:
            return f"{node.name} runs already"
        self._net.start(node.name)
        return f"started {node.name}"

    def draw(self) -> Group:
        """Return the table as it is now."""
        states = look(self._net)
        said = verdict(states, interval_ms=self._interval_ms)
        mark = "bold green" if said.startswith("FINAL") else "bold red"
        lines = Text(self._said or HELP, style="dim")
        return Group(_table(states), Text(said, style=mark), lines)


def _table(states: list[NodeState]) -> Table:
    head, *cells = rows(states)
    table = Table(box=None, pad_edge=False)
    for name in head:
        table.add_column(name, justify="left" if name in ("node", "state") else "right")
    for row in cells:
        *plain, word = row
        table.add_row(*plain, Text(f"● {word}", style=_COLOURS[word]))
    return table


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
    screen = Screen(net)
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
