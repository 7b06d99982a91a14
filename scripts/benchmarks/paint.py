"""Part six: how soon each page of the explorer is painted, on a long chain that goes on.

Every page of the table is opened in a real Chromium, in a window that has seen nothing: no cache,
no connection. The browser itself says when it first painted something of the page, counted from
the moment it began to ask for it. One of the node's own small files, opened the same way in every
round, shows what of that time is the browser's alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from playwright.sync_api import Browser

from chain.errors import ConfigError
from scripts.benchmarks.big_chain import Size, build
from scripts.benchmarks.figures import Figure, Part, percentile, say
from scripts.benchmarks.interrupts import Interrupts
from scripts.benchmarks.lists import CLIENT, MINER, Asked, cursor_of_late_page
from scripts.benchmarks.served import Call, serving
from scripts.benchmarks.trade import MODELS
from tests.support.browser import find_chromium, open_browser, open_page

NAME = "paint"
WHAT = (
    "first contentful paint of every page in Chromium, each time in a window that has seen "
    "nothing, from an edge on a chain of {transactions:,} transactions and {receipts:,} receipts, "
    "while a process makes a block a second; {rounds} loads each. The ratio is to the paint of a "
    "small file of the same server."
)
BARE = "/static/theme.js"
"""A file that Chromium shows as text: it asks nothing of the chain and has no style."""

_PAINTED = """() => new Promise((resolve) => {
  const began = performance.getEntriesByType("navigation")[0].responseStart;
  const look = () => {
    const [painted] = performance.getEntriesByName("first-contentful-paint");
    if (painted) resolve([painted.startTime, began]);
    else requestAnimationFrame(look);
  };
  look();
})"""
"""Milliseconds until the first paint, and until the first byte came."""


@dataclass(frozen=True)
class Opened:
    """A page with what it is asked for.

    Attributes:
        name: what people read.
        page: its path in the table of pages.
        parts: what stands in the path, by name.
        query: what stands behind it, by name.
    """

    name: str
    page: str
    parts: Mapping[str, object] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The path with all that it asks."""
        path = self.page.format(**self.parts)
        return f"{path}?{urlencode(self.query)}" if self.query else path


class Paint(NamedTuple):
    """What the browser noted of one load, in milliseconds since it began to ask."""

    painted_ms: float
    began_ms: float


def run(folder: Path, interrupts: Interrupts, *, size: Size, rounds: int) -> Part:
    """Measure every page.

    Args:
        folder: where the chain is, or is made.
        interrupts: held while processes start and stop.
        size: of the chain.
        rounds: loads of each page.

    Raises:
        ConfigError: there is no Chromium.
    """
    if find_chromium() is None:
        raise ConfigError(detail="there is no Chromium; scripts/programs says how to get one")
    built = build(folder.resolve(), size)
    with serving(built, interrupts, accounts=size.accounts) as caller:
        pages = [*plain_pages(), *pages_of(caller.call), *deep_pages(caller.call)]
        paths = {"": BARE} | {one.name: one.path for one in pages}
        say(f"{NAME}: {len(pages)} pages, {rounds} rounds")
        with open_browser() as browser:
            paints = measure(browser, caller.url, paths, rounds)
    what = WHAT.format(
        transactions=built.totals.transactions, receipts=built.totals.receipts, rounds=rounds
    )
    return Part(name=NAME, what=what, figures=tuple(_figures(paints)))


def plain_pages() -> Iterator[Opened]:
    """Yield the pages that need to know nothing of the chain, with the widest filters."""
    yield Opened("home", "/")
    for name in ("blocks", "txs", "receipts", "accounts", "reservations", "miners", "validators"):
        yield Opened(name, f"/{name}")
    for name in ("network", "mempool", "params", "genesis", "genesis.json", "api", "faucet"):
        yield Opened(name, f"/{name}")
    yield Opened("txs of a kind", "/txs", query={"address": CLIENT, "kind": "claim"})
    asked = {"address": CLIENT, "model": MODELS[0], "status": "paid"}
    yield Opened("receipts of a client, model, status", "/receipts", query=asked)
    yield Opened("receipts of a day", "/receipts", query={"since": "24h", "status": "paid"})
    yield Opened("reservations that ended", "/reservations", query={"status": "ended"})
    for tab in ("transactions", "client", "reservations", "ledger"):
        yield Opened(f"client: {tab}", "/account/{address}", {"address": CLIENT}, {"tab": tab})
    yield Opened("miner", "/account/{address}", {"address": MINER}, {"tab": "miner"})
    yield Opened("search: what is typed", "/search/suggest", query={"q": "0x00a1b2"})
    yield Opened("search: nothing found", "/search", query={"q": "nothing-like-it"})
    wrong = CLIENT[:12] + ("q" if CLIENT[12] != "q" else "p") + CLIENT[13:]
    yield Opened("search: mistyped address", "/search", query={"q": wrong})


def pages_of(call: Call) -> Iterator[Opened]:
    """Yield the pages of single things, each as full as there are any."""
    full = call("ait_status", {})["height"] // 2
    yield Opened("block", "/block/{block}", {"block": full})
    claim = call("ait_getReceipts", {"client": CLIENT, "limit": 1})["items"][0]
    key = call("ait_getValidators", {})["validators"][0]["publicKey"]
    yield Opened("transaction", "/tx/{id}", {"id": claim["transactionId"]})
    yield Opened("receipt", "/receipt/{receipt}", {"receipt": claim["receiptHash"]})
    yield Opened("receipt's proof", "/receipt/{receipt}/proof", {"receipt": claim["receiptHash"]})
    yield Opened("reservation", "/reservation/{id}", {"id": claim["reservationId"]})
    reservation = call("ait_getReservation", {"reservationId": claim["reservationId"]})
    job = {"client": CLIENT, "job": reservation["jobId"]}
    yield Opened("job", "/job/{client}/{job}", job)
    yield Opened("validator", "/validator/{key}", {"key": key})


def deep_pages(call: Call) -> Iterator[Opened]:
    """Yield late pages of the long lists."""
    for name, page, query, asked in (
        ("blocks", "/blocks", {}, Asked("", "ait_getBlocks", step=1)),
        ("txs", "/txs", {}, Asked("", "ait_getTransactions")),
        (
            "txs of a client",
            "/txs",
            {"address": CLIENT},
            Asked("", "ait_getTransactions", {"address": CLIENT}),
        ),
        (
            "receipts of a client",
            "/receipts",
            {"address": CLIENT, "role": "client"},
            Asked("", "ait_getReceipts", {"client": CLIENT}),
        ),
        ("reservations", "/reservations", {}, Asked("", "ait_getReservations")),
    ):
        number, cursor = cursor_of_late_page(call, asked)
        if cursor is not None:
            yield Opened(f"{name}, page {number:,}", page, query=query | {"cursor": cursor})


def measure(
    browser: Browser, url: str, paths: Mapping[str, str], rounds: int
) -> dict[str, list[Paint]]:
    """Return what was noted of each load; all pages have their turn in every round."""
    paints: dict[str, list[Paint]] = {name: [] for name in paths}
    for _ in range(rounds):
        for name, path in paths.items():
            with open_page(browser, url=url) as look:
                look.page.goto(path)
                paints[name].append(Paint(*look.page.evaluate(_PAINTED)))
    return paints


def _figures(paints: Mapping[str, list[Paint]]) -> Iterator[Figure]:
    bare = [one.painted_ms for one in paints[""]]
    baselines = {"median": percentile(bare, 50), "worst": max(bare)}
    for name, baseline in baselines.items():
        yield Figure(f"a small file: {name}", baseline, "ms", 1.0, "itself")
    for name, noted in paints.items():
        if name:
            painted = [one.painted_ms for one in noted]
            began = percentile([one.began_ms for one in noted], 50)
            yield Figure(f"{name}: first byte", began, "ms", began / baselines["median"], "median")
            for which, value in (("median", percentile(painted, 50)), ("worst", max(painted))):
                yield Figure(f"{name}: {which}", value, "ms", value / baselines[which], which)
