"""Part five: every list of a long chain, its first page and its thousandth, while blocks are made.

A chain is built once and kept where ``--chain`` says, else made for this run. A writer process
goes on with it, a block a second, and an API edge answers over HTTP. Pages are asked for one after
the other, each list in its turn and a trivial call in every round, so that whatever else the
machine does falls on all of them alike.
"""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chain.address import format_address
from chain.errors import ConfigError
from genesis.document import read_genesis
from node.api.settings import ApiEdgeSettings, Limits
from node.ports import free_ports
from scripts.benchmarks.big_chain import READY, Built, Size, build
from scripts.benchmarks.figures import Figure, Part, percentile, say
from scripts.benchmarks.interrupts import Interrupts
from scripts.benchmarks.trade import BLOCK_MS, MODELS, START_MS, client_key, miner_key

NAME = "lists"
WHAT = (
    "pages of 50 entries over HTTP from an edge on a chain of {transactions:,} transactions and "
    "{receipts:,} receipts, built in {seconds:,.0f} s, while a process makes a block a second; "
    "{rounds} calls each. The ratio is to the same percentile of a trivial call."
)
PAGE = 50
DEEP = 1_000
"""The page that must cost what the first costs."""

TRIVIAL = ("ait_estimateFee", {"kind": "transfer", "sizeBytes": 200})
START_S = 60.0
CALL_S = 30.0

CLIENT, MINER = (format_address(key.address) for key in (client_key(0), miner_key(0)))


@dataclass(frozen=True)
class Asked:
    """A list.

    Attributes:
        name: what people read.
        method: of JSON-RPC.
        filter: its parameters beside limit and cursor.
        step: entries of a page on the way to the deep one, so that short lists have as many pages.
    """

    name: str
    method: str
    filter: Mapping[str, object] = field(default_factory=dict)
    step: int = PAGE


LISTS = (
    Asked("blocks", "ait_getBlocks", step=1),
    Asked("transactions", "ait_getTransactions"),
    Asked("transactions of a kind", "ait_getTransactions", {"kind": "claim"}),
    Asked("transactions of an account", "ait_getTransactions", {"address": CLIENT}),
    Asked(
        "transactions of an account and kind",
        "ait_getTransactions",
        {"address": CLIENT, "kind": "reserve"},
        step=10,
    ),
    Asked("receipts", "ait_getReceipts"),
    Asked("receipts of a client", "ait_getReceipts", {"client": CLIENT}, step=49),
    Asked("receipts of a miner", "ait_getReceipts", {"provider": MINER}, step=49),
    Asked(
        "receipts of a client and miner",
        "ait_getReceipts",
        {"client": CLIENT, "provider": MINER},
        step=10,
    ),
    Asked("receipts of an account", "ait_getReceipts", {"address": CLIENT}, step=49),
    Asked(
        "receipts of a client in a time",
        "ait_getReceipts",
        {"client": CLIENT, "fromMs": START_MS, "toMs": START_MS + 2_000 * BLOCK_MS},
        step=49,
    ),
    Asked("receipts of a model", "ait_getReceipts", {"model": MODELS[0]}, step=49),
    Asked("receipts that are paid", "ait_getReceipts", {"status": "paid"}),
    Asked("receipts that wait", "ait_getReceipts", {"status": "pending"}, step=1),
    Asked(
        "receipts of a client that wait", "ait_getReceipts", {"client": CLIENT, "status": "pending"}
    ),
    Asked("reservations", "ait_getReservations", step=49),
    Asked("reservations of a client", "ait_getReservations", {"client": CLIENT}, step=10),
    Asked("reservations of a miner", "ait_getReservations", {"provider": MINER}, step=10),
    Asked(
        "reservations of a client and miner",
        "ait_getReservations",
        {"client": CLIENT, "provider": MINER},
        step=3,
    ),
    Asked("reservations that ended", "ait_getReservations", {"status": "ended"}, step=49),
    Asked("reservations that are open", "ait_getReservations", {"status": "open"}, step=1),
    Asked("ledger of a client", "ait_getLedger", {"address": CLIENT}),
    Asked("bill of a client", "ait_getBill", {"address": CLIENT}),
    Asked("bill of a miner", "ait_getBill", {"address": MINER, "side": "provider"}, step=49),
    Asked("payout periods", "ait_getPayoutPeriods", step=1),
    Asked("evidence", "ait_getEvidence"),
    Asked("miners by what they were paid", "ait_getTraders", {"side": "provider"}),
)


class Caller:
    """One connection to an edge."""

    def __init__(self, port: int) -> None:
        """Connect with the first call."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=CALL_S)

    def call(self, method: str, params: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        """Return a method's result.

        Raises:
            ConfigError: the edge refuses the call.
        """
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": dict(params)})
        self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
        reply = json.loads(self._connection.getresponse().read())
        if "result" not in reply:
            raise ConfigError(detail=f"{method} {params}: {reply['error']}")
        return reply["result"]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@dataclass(frozen=True)
class Place:
    """A page that is measured.

    Attributes:
        asked: of which list.
        page: its number, from 1.
        cursor: where it begins.
    """

    asked: Asked
    page: int
    cursor: str | None

    @property
    def call(self) -> tuple[str, dict[str, object]]:
        """Method and parameters."""
        params = dict(self.asked.filter) | {"limit": PAGE}
        return self.asked.method, params if self.cursor is None else params | {
            "cursor": self.cursor
        }


def run(folder: Path, interrupts: Interrupts, *, size: Size, rounds: int) -> Part:
    """Measure every list.

    Args:
        folder: where the chain is, or is made.
        interrupts: held while processes start and stop.
        size: of the chain.
        rounds: calls of each page.
    """
    built = build(folder.resolve(), size)
    with _serving(built, size, interrupts) as caller:
        places = [place for asked in LISTS for place in _places(caller, asked)]
        say(f"{NAME}: {len(places)} pages, {rounds} rounds")
        seconds = _measure(caller, places, rounds)
    what = WHAT.format(
        transactions=built.totals.transactions,
        receipts=built.totals.receipts,
        seconds=built.seconds,
        rounds=rounds,
    )
    return Part(name=NAME, what=what, figures=tuple(_figures(places, seconds)))


def _places(caller: Caller, asked: Asked) -> Iterator[Place]:
    """Yield the first page and the thousandth, or the last where there are fewer."""
    yield Place(asked, 1, None)
    cursor, page = None, 1
    while page < DEEP:
        params = dict(asked.filter) | {"limit": asked.step}
        params |= {} if cursor is None else {"cursor": cursor}
        following = caller.call(asked.method, params)["nextCursor"]
        if following is None:
            break
        cursor, page = following, page + 1
    say(f"{NAME}: {asked.name}, page {page}")
    if page > 1:
        yield Place(asked, page, cursor)


def _measure(caller: Caller, places: list[Place], rounds: int) -> dict[int, list[float]]:
    """Return the seconds of each place by its index; those of the trivial call are at -1."""
    calls = {-1: TRIVIAL} | {index: place.call for index, place in enumerate(places)}
    seconds: dict[int, list[float]] = {index: [] for index in calls}
    for _ in range(rounds):
        for index, (method, params) in calls.items():
            started = time.perf_counter()
            caller.call(method, params)
            seconds[index].append(time.perf_counter() - started)
    return seconds


def _figures(places: list[Place], seconds: dict[int, list[float]]) -> Iterator[Figure]:
    trivial = {percent: percentile(seconds[-1], percent) for percent in (50, 99)}
    for percent, value in trivial.items():
        yield Figure(f"trivial call: p{percent}", 1_000 * value, "ms", 1.0, "itself")
    for index, place in enumerate(places):
        for percent, baseline in trivial.items():
            value = percentile(seconds[index], percent)
            name = f"{place.asked.name}, page {place.page}: p{percent}"
            yield Figure(name, 1_000 * value, "ms", value / baseline, f"trivial p{percent}")


@contextmanager
def _serving(built: Built, size: Size, interrupts: Interrupts) -> Iterator[Caller]:
    """Run a writer and an edge while the context lasts.

    Raises:
        ConfigError: one of them does not come up.
    """
    (port,) = free_ports(1, near=str(built.folder))
    settings = built.folder / "edge.json"
    settings.write_text(_settings(built, port).model_dump_json())
    module = "scripts.benchmarks.big_chain"
    writer = [sys.executable, "-m", module, "live", str(built.folder), str(size.accounts)]
    edge = [sys.executable, "-m", "node.api.edge", str(settings)]
    processes: list[subprocess.Popen[str]] = []
    try:
        for command, place in ((writer, None), (edge, built.folder)):
            with interrupts.held():
                process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=place
                )
                processes.append(process)
        _wait_ready(processes[0], port)
        caller = Caller(port)
        yield caller
        caller.close()
    finally:
        with interrupts.held():
            for process in processes:
                process.terminate()
            for process in processes:
                process.communicate()


def _settings(built: Built, port: int) -> ApiEdgeSettings:
    genesis = read_genesis(built.folder / "genesis.json")
    return ApiEdgeSettings(
        chain_id=genesis.chain_id,
        genesis_hash=genesis.hash.hex(),
        genesis_file=built.folder / "genesis.json",
        database=built.database,
        core_socket=built.folder / "api.sock",
        port=port,
        log_level="error",
        limits=Limits(rate_local_per_s=0),
    )


def _wait_ready(writer: "subprocess.Popen[str]", port: int) -> None:
    """Wait until the writer makes blocks and the edge answers.

    Raises:
        ConfigError: one of them does not come up.
    """
    assert writer.stdout is not None
    if writer.stdout.readline().strip() != READY:
        raise ConfigError(detail="the process that makes blocks does not come up")
    end_s = time.monotonic() + START_S
    while True:
        caller = Caller(port)
        try:
            caller.call(*TRIVIAL)
        except OSError as error:
            if time.monotonic() > end_s:
                raise ConfigError(detail=f"the edge does not come up: {error}") from error
            time.sleep(0.1)
        else:
            return
        finally:
            caller.close()
