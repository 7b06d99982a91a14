"""No question to the chain costs more because the chain is longer, or the page a late one.

Two chains of the same market, one five times as long as the other, are asked the same; the steps
of SQLite's machine are counted, not time, so that the verdict is the same on every machine. The
pages of the explorer are counted likewise, each with all that it asks.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from chain.address import format_address
from chain.store import list_queries, pages
from node.api.dev import DEV_METHODS
from node.api.jsonrpc import Rpc
from node.api.methods import METHODS
from node.api.problems import RpcError
from node.api.reasons import RpcCode
from node.api.services import Services
from node.explorer.beginning import Beginning
from node.explorer.pages import PAGES
from node.explorer.visit import Visit
from scripts.benchmarks.big_chain import Size, build
from scripts.benchmarks.lists import CLIENT, LISTS, MINER, Asked
from scripts.benchmarks.paint import Opened, pages_of, plain_pages
from scripts.benchmarks.trade import CLAIMS, START_MS
from scripts.benchmarks.workload import account_key
from tests.support.asking import ask
from tests.support.small_chain import edge_settings, services_of

SHORT = Size(blocks=14, transactions=14 * 50, receipts=14 * 24, accounts=60)
LONG = Size(blocks=70, transactions=70 * 50, receipts=70 * 24, accounts=60)

STEPS_AT_ONCE = 10
SLACK = 1_500
"""Steps that do not count: trees that are one level deeper, rows that lie elsewhere."""

PAGE = 20
SCANNED = 60
"""Rows that a page with two filters looks at here, so that both chains have enough of them."""

CALLS_MAX = 16
"""What a page asks the API at most: none asks once for each of its rows."""

DRAWN = {page.path: page.draw for page in PAGES if page.method == "GET"}

BOUNDED = ("SCAN (subquery", "SCAN json_each", "SCAN looked")
JOB = "job-3-1-0"

SINGLE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ait_getBlock", {"block": 5}),
    ("ait_getBlock", {"block": "latest"}),
    ("ait_getAccount", {"address": CLIENT}),
    ("ait_getReceipt", {"receipt": "receipt-3-1-0"}),
    ("ait_getJob", {"client": CLIENT, "jobId": "session-3-0"}),
    ("ait_getJobs", {"jobId": JOB}),
    ("ait_getHashes", {"prefix": "0x00a1b2"}),
    ("ait_getTraders", {"address": CLIENT, "side": "client"}),
    ("ait_getGrants", {"address": CLIENT}),
    ("ait_getOffers", {"address": MINER}),
    ("ait_getPricing", {}),
    ("ait_getPayouts", {"period": 3}),
    ("ait_getValidators", {"height": "latest"}),
    ("ait_getSigning", {"limit": 10}),
    ("ait_getStatistics", {"hours": 1}),
    ("ait_getModels", {"hours": 1}),
    ("ait_getAccountMonths", {"address": MINER, "side": "provider"}),
    ("ait_getSupply", {"height": 3}),
    ("ait_getTransactions", {"address": format_address(account_key(0).address), "limit": 5}),
)


@dataclass
class Meter:
    """Counts the steps of a database's machine, and notes what it is asked.

    Attributes:
        services: an edge's, on the database.
        steps: of the question under way.
        queries: what was asked, with the values of the last time.
    """

    services: Services
    steps: int = 0
    queries: dict[str, tuple[object, ...]] = field(default_factory=dict)

    def cost(self, method: str, params: dict[str, Any]) -> int:
        """Return the steps of a call, once what is kept in memory is there."""
        ask(self.services, method, **params)
        self.steps = 0
        ask(self.services, method, **params)
        return self.steps

    def cost_of_page(self, opened: Opened) -> int:
        """Return the steps of a page, once what is kept in memory is there."""
        self.draw(opened)
        self.steps = 0
        self.draw(opened)
        return self.steps

    def draw(self, opened: Opened) -> int:
        """Make a page and return how often it asked the API."""
        limits = self.services.settings.limits
        rpc, asked = Rpc((*METHODS, *DEV_METHODS), self.services, limits=limits), 0

        async def count(method: str, params: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
            nonlocal asked
            asked += 1
            return await rpc.ask(method, params)

        parts = {name: str(one) for name, one in opened.parts.items()}
        visit = Visit(opened.path, parts, opened.query, count, Beginning(rpc.ask), now_ms=START_MS)
        try:
            asyncio.run(DRAWN[opened.page](visit))
        except RpcError as error:
            if error.code is not RpcCode.UNAVAILABLE:  # there is no core here
                raise
        return asked


@contextmanager
def metered(folder: Path) -> Iterator[Meter]:
    """Open a chain that was built in a folder."""
    with services_of(edge_settings(folder)) as services:
        meter = Meter(services)
        with services.reading() as reader:
            connection = reader.connection

        def count() -> int:
            meter.steps += STEPS_AT_ONCE
            return 0

        def note(
            _: object, cursor: object, sql: str, values: tuple[object, ...], *rest: object
        ) -> None:
            meter.queries[sql] = values

        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_progress_handler(count, STEPS_AT_ONCE)
        event.listen(connection.engine, "before_cursor_execute", note)
        yield meter


@pytest.fixture(scope="module")
def meters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Meter, Meter]]:
    """Return the short chain and the long one."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        for module in (pages, list_queries):
            patch.setattr(module, "SCANNED_MAX", SCANNED)
        found = []
        for name, size in (("short", SHORT), ("long", LONG)):
            folder = tmp_path_factory.mktemp(name)
            build(folder, size)
            found.append(stack.enter_context(metered(folder)))
        short, long = found
        yield short, long


def deep_cursor(services: Services, asked: Asked) -> str | None:
    """Return the cursor of the last page that is full."""
    cursor: str | None = None
    while True:
        params = dict(asked.filter) | {"limit": PAGE}
        params |= {} if cursor is None else {"cursor": cursor}
        found = ask(services, asked.method, **params)
        if found["nextCursor"] is None or len(found["items"]) < PAGE:
            return cursor
        cursor = found["nextCursor"]


@pytest.mark.parametrize("asked", LISTS, ids=lambda asked: asked.name)
def test_page_costs_the_same_on_a_long_chain_and_at_its_end(
    meters: tuple[Meter, Meter], asked: Asked
) -> None:
    short, long = meters
    first = dict(asked.filter) | {"limit": PAGE}
    allowed = 3 * short.cost(asked.method, first) // 2 + SLACK
    assert long.cost(asked.method, first) <= allowed
    cursor = deep_cursor(long.services, asked)
    if cursor is not None:
        assert long.cost(asked.method, first | {"cursor": cursor}) <= allowed


@pytest.mark.parametrize(("method", "params"), SINGLE, ids=str)
def test_single_answer_costs_the_same_on_a_long_chain(
    meters: tuple[Meter, Meter], method: str, params: dict[str, Any]
) -> None:
    short, long = meters
    assert long.cost(method, params) <= 3 * short.cost(method, params) // 2 + SLACK


def pages_to_open(services: Services) -> list[Opened]:
    """Return every page, with the things of this chain."""
    return [*plain_pages(), *pages_of(lambda method, params: ask(services, method, **params))]


def test_page_for_people_costs_the_same_on_a_long_chain(meters: tuple[Meter, Meter]) -> None:
    short, long = meters
    there = {one.name: one for one in pages_to_open(short.services)}
    for one in pages_to_open(long.services):
        allowed = 3 * short.cost_of_page(there[one.name]) // 2 + SLACK
        assert long.cost_of_page(one) <= allowed, one


def test_page_for_people_asks_a_few_questions(meters: tuple[Meter, Meter]) -> None:
    _, long = meters
    counts = {one.name: long.draw(one) for one in pages_to_open(long.services)}
    assert {name: count for name, count in counts.items() if count > CALLS_MAX} == {}


def test_no_question_goes_through_a_table(meters: tuple[Meter, Meter]) -> None:
    _, long = meters
    for asked in LISTS:
        ask(long.services, asked.method, **asked.filter)
    for method, params in SINGLE:
        ask(long.services, method, **params)
    for one in pages_to_open(long.services):
        long.draw(one)
    with long.services.reading() as reader:
        for sql, values in [one for one in long.queries.items() if one[0].startswith("SELECT")]:
            plan = reader.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
            steps = [row.detail for row in plan if row.detail.startswith("SCAN")]
            assert all(step.startswith(BOUNDED) for step in steps), (sql, steps)
    assert len(long.queries) > 2 * CLAIMS
