"""No question to the chain costs more because the chain is longer, or the page a late one.

Two chains of the same market, one five times as long as the other, are asked the same; the steps
of SQLite's machine are counted, not time, so that the verdict is the same on every machine.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from chain.address import format_address
from chain.store import list_queries, pages
from node.api.services import Services
from scripts.benchmarks.big_chain import Size, build
from scripts.benchmarks.lists import CLIENT, LISTS, MINER, Asked
from scripts.benchmarks.trade import CLAIMS
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

BOUNDED = ("SCAN (subquery", "SCAN json_each", "SCAN looked")
JOB = "job-3-1-0"

SINGLE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ait_getBlock", {"block": 5}),
    ("ait_getBlock", {"block": "latest"}),
    ("ait_getAccount", {"address": CLIENT}),
    ("ait_getReceipt", {"receipt": "receipt-3-1-0"}),
    ("ait_getJob", {"client": CLIENT, "jobId": "session-3-0"}),
    ("ait_getJobs", {"jobId": JOB}),
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


def test_no_question_goes_through_a_table(meters: tuple[Meter, Meter]) -> None:
    _, long = meters
    for asked in LISTS:
        ask(long.services, asked.method, **asked.filter)
    for method, params in SINGLE:
        ask(long.services, method, **params)
    with long.services.reading() as reader:
        for sql, values in [one for one in long.queries.items() if one[0].startswith("SELECT")]:
            plan = reader.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
            steps = [row.detail for row in plan if row.detail.startswith("SCAN")]
            assert all(step.startswith(BOUNDED) for step in steps), (sql, steps)
    assert len(long.queries) > 2 * CLAIMS
