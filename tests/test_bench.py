"""The bench works: a tiny run of what needs no devnet, and its words."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from chain.errors import ConfigError
from chain.primitives import ZERO_HASH
from node.api.jsonrpc import Charge
from node.api.server import RpcServer
from node.api.settings import ApiEdgeSettings, Limits
from node.explorer.pages import PAGES
from scripts.benchmarks import besiegers, blocks, lists, paint, siege, signatures
from scripts.benchmarks.big_chain import Size, build
from scripts.benchmarks.client import Job, Lane, Outcome, Refused, run_job
from scripts.benchmarks.figures import Figure, Laps, Part, format_part, percentile
from scripts.benchmarks.interrupts import Interrupts
from scripts.benchmarks.network import lanes_of, paced_lanes
from scripts.benchmarks.served import serving
from scripts.benchmarks.workload import account_key, signed_transfers
from tests.support.browser import find_chromium, open_browser

ROOT = Path(__file__).resolve().parent.parent


def test_script_is_executable_bash() -> None:
    script = ROOT / "scripts" / "bench"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_quick_run_prints_json_with_a_ratio_for_each_figure() -> None:
    command = [sys.executable, "-m", "scripts.benchmarks", "--quick", "--json"]
    command += ["--only", "signatures"]
    run = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    document = json.loads(run.stdout)
    assert {"cores", "python", "sqlite", "load before"} <= document["machine"].keys()
    (part,) = document["parts"]
    assert part["name"] == signatures.NAME
    assert all(one["value"] > 0 and one["ratio"] > 0 for one in part["figures"])


def test_blocks_reach_the_disk_and_every_stage_is_told(tmp_path: Path) -> None:
    part = blocks.run(tmp_path, rounds=2, size=20, accounts=40)
    figures = {one.name: one for one in part.figures}
    assert figures["bytes to disk, signatures included"].value > 0
    assert {name for name, _ in blocks.STAGES} <= figures.keys()
    assert (tmp_path / "bench.db").stat().st_size > 0


TINY = Size(blocks=6, transactions=300, receipts=96, accounts=40)


@pytest.fixture(scope="module")
def tiny_chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a long chain that is short."""
    folder = tmp_path_factory.mktemp("tiny")
    build(folder, TINY)
    return folder


def test_lists_are_answered_while_blocks_are_made(tiny_chain: Path) -> None:
    part = lists.run(tiny_chain, Interrupts(), size=TINY, rounds=2)
    names = {one.name.partition(", page 1: p99")[0] for one in part.figures}
    assert {asked.name for asked in lists.LISTS} <= names
    assert all(one.value > 0 and one.ratio > 0 for one in part.figures)
    again = build(tiny_chain, TINY)
    assert again.height > TINY.blocks + 1
    assert again.totals.transactions >= TINY.transactions
    assert again.totals.receipts >= TINY.receipts


@pytest.mark.skipif(find_chromium() is None, reason="Chromium is not installed")
def test_browser_notes_when_a_page_is_painted(tiny_chain: Path) -> None:
    built = build(tiny_chain, TINY)
    with serving(built, Interrupts(), accounts=TINY.accounts) as caller:
        found = [*paint.plain_pages(), *paint.pages_of(caller.call)]
        assert {one.page for one in found} == {one.path for one in PAGES}
        paths = {"": paint.BARE, "home": "/"}
        with open_browser() as browser:
            paints = paint.measure(browser, caller.url, paths, 2)
    noted = [one for name in paths for one in paints[name]]
    assert len(noted) == 4
    assert all(0 < one.began_ms <= one.painted_ms for one in noted)


def test_stages_add_up_to_the_whole() -> None:
    terms = [term for _, stage in blocks.STAGES for term in stage]
    left = [term for term in terms if f"-{term}" not in terms and not term.startswith("-")]
    taken_off = {term.lstrip("-") for term in terms if term.startswith("-")}
    assert taken_off <= set(terms)
    assert sorted(left) == sorted(blocks.WHOLE)


def test_laps_take_stages_together_round_by_round() -> None:
    laps = Laps({"whole": [4.0, 8.0, 6.0], "part": [1.0, 4.0, 2.0]})
    assert laps.median("whole", "-part") == 4.0
    assert laps.ratio(["part"], ["whole"]) == pytest.approx(1 / 3)


def test_percentile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(200, 0, -1)]
    assert percentile(values, 50) == 100.0
    assert percentile(values, 99) == 198.0
    assert percentile([7.0], 99) == 7.0


def test_table_shows_the_ratio_beside_the_value() -> None:
    part = Part("speed", "what it does.", (Figure("fast", 12_345.6, "a second", 0.5, "R1"),))
    assert "12,346 a second    0.5 R1" in format_part(part)


class FakeNode:
    """A JSON-RPC server whose chain makes a block of all that waits whenever its height is asked.

    Attributes:
        full_for: how many transfers it tells to come later.
        reason: of those refusals.
    """

    def __init__(self, *, full_for: int = 0, reason: str = "mempool_full") -> None:
        self.full_for, self.reason = full_for, reason
        self.waiting: list[str] = []
        self.blocks: list[list[str]] = []

    async def answer(self, request: web.Request) -> web.Response:
        calls = await request.json()
        many = isinstance(calls, list)
        replies = [self.reply(one) for one in (calls if many else [calls])]
        return web.json_response(replies if many else replies[0])

    def reply(self, call: dict[str, Any]) -> dict[str, Any]:
        if call["method"] == "ait_status":
            self.blocks.append(self.waiting)
            self.waiting = []
            return {"id": call["id"], "result": {"height": len(self.blocks)}}
        if call["method"] == "ait_getBlock":
            return {"id": call["id"], "result": self.block(call["params"])}
        if self.full_for:
            self.full_for -= 1
            error = {"code": -1, "message": "no", "data": {"reason": self.reason}}
            return {"id": call["id"], "error": error}
        self.waiting += call["params"]
        return {"id": call["id"], "result": {"transactionId": call["params"][0]}}

    def block(self, wanted: dict[str, Any]) -> dict[str, Any]:
        inside = self.blocks[wanted["block"] - 1]
        first = wanted.get("fromIndex", 0)
        page = [{"transactionId": one} for one in inside[first : first + 2]]
        end = first + len(page)
        block = {"timeMs": 1_000 * wanted["block"], "transactionCount": len(inside)}
        return block | {"transactions": page, "nextIndex": end if end < len(inside) else None}

    def run(self, lanes: list[tuple[list[list[str]], float]]) -> Outcome:
        return asyncio.run(self._run(lanes))

    async def _run(self, lanes: list[tuple[list[list[str]], float]]) -> Outcome:
        application = web.Application()
        application.router.add_post("/", self.answer)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            named = [Lane(url, groups, at_s) for groups, at_s in lanes]
            return await run_job(Job(watch=url, lanes=named, poll_s=0.01, timeout_s=5))
        finally:
            await runner.cleanup()


def test_client_waits_until_every_transfer_is_in_a_block() -> None:
    node = FakeNode()
    outcome = node.run([([["0x01", "0x02"], ["0x03"]], 0.0), ([["0x04"]], 0.0)])
    assert sorted(chain.from_iterable(node.blocks)) == ["0x01", "0x02", "0x03", "0x04"]
    assert 0 < outcome.admitted_s <= outcome.final_s
    assert outcome.latencies_s == []
    assert outcome.refusals == {}


def test_client_follows_each_transfer_that_has_a_lane_of_its_own() -> None:
    outcome = FakeNode().run([([[f"0x0{number}"]], 0.01) for number in range(5)])
    assert len(outcome.latencies_s) == 5
    assert all(0 < one <= outcome.final_s for one in outcome.latencies_s)


def test_client_comes_again_when_it_is_told_to_come_later() -> None:
    node = FakeNode(full_for=1)
    outcome = node.run([([["0x01", "0x02"]], 0.0)])
    assert outcome.refusals == {"mempool_full": 1}
    assert sorted(chain.from_iterable(node.blocks)) == ["0x01", "0x02"]


def test_client_gives_up_when_a_transfer_can_never_be_taken() -> None:
    with pytest.raises(Refused, match="wrong_nonce"):
        FakeNode(full_for=1, reason="wrong_nonce").run([([["0x01"]], 0.0)])


def test_job_is_read_as_it_was_written(tmp_path: Path) -> None:
    job = Job(watch="a", lanes=[Lane("b", [["0x01"]], 0.5)], poll_s=0.1, timeout_s=9.0)
    job.write(tmp_path / "job.json")
    assert Job.read(tmp_path / "job.json") == job
    assert job.count == 1


def test_lanes_keep_each_payers_transfers_together_and_in_order() -> None:
    payers = signed_transfers([account_key(index) for index in range(4)], ZERO_HASH)
    turns = payers * 3
    lanes = lanes_of(turns, urls=["a", "b"], lanes=2, batch=4)
    names = {f"0x{one.encode().hex()}": index for index, one in enumerate(payers)}
    assert [lane.url for lane in lanes] == ["a", "b"]
    assert [[names[one] for one in group] for group in lanes[0].groups] == [[0, 2, 0, 2], [0, 2]]
    assert [[names[one] for one in group] for group in lanes[1].groups] == [[1, 3, 1, 3], [1, 3]]


def test_paced_lanes_come_one_after_the_other() -> None:
    transfers = signed_transfers([account_key(index) for index in range(3)], ZERO_HASH)
    lanes = paced_lanes(transfers, urls=["a", "b"], every_s=0.5)
    assert [(lane.url, lane.at_s) for lane in lanes] == [("a", 0.0), ("b", 0.5), ("a", 1.0)]


@pytest.fixture
def interrupts() -> Iterator[Interrupts]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    subject = Interrupts()
    subject.heed()
    yield subject
    for number, earlier in zip(numbers, before, strict=True):
        signal.signal(number, earlier)


def test_interrupt_waits_until_what_is_under_way_is_done(interrupts: Interrupts) -> None:
    done = []

    def work() -> None:
        with interrupts.held():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("the work")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["the work"]


def test_interrupt_comes_at_once_when_nothing_is_under_way(interrupts: Interrupts) -> None:
    with interrupts.held():
        pass
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGHUP)


LOG = """2026-11-26T01:40:56.250000Z [info     ] block        hash=6d height=266 round=0
2026-11-26T01:40:56.500000Z [warning  ] chain_waits  height=267
2026-11-26T01:40:57.500000Z [info     ] block        hash=aa height=267 round=0
"""


def test_block_times_are_those_of_the_log() -> None:
    first, second = siege.block_times_s(LOG)
    assert second - first == 1.25


def test_siege_that_was_none_is_no_figure() -> None:
    done = {"slow connections": 1, "stalled readers": 4, "heavy requests, status 200": 999}
    with pytest.raises(ConfigError, match="slow connections: 1"):
        siege.check_done(done)


def test_hostile_callers_do_what_they_are_there_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a real server that cuts slow callers soon."""

    async def answer(body: bytes, _: Charge) -> bytes:
        return body

    monkeypatch.setattr(besiegers, "SLOW", 20)
    wanted = {
        "slow connections": 20,
        "slow connections cut": 1,
        "stalled readers": 1,
        "heavy requests, status 200": besiegers.STORMERS,
    }

    async def run() -> None:
        limits = Limits(keepalive_ms=200, body_timeout_ms=200)
        settings = ApiEdgeSettings(
            chain_id="aitbc-test", genesis_hash="00" * 32, port=0, limits=limits
        )
        server = RpcServer(settings, answer=answer, converse=Silence)
        url = await server.start()
        attack = besiegers.Siege(3)
        running = asyncio.create_task(attack.run([url], 60))
        try:
            async with asyncio.timeout(60):
                while not all(attack.done[name] >= wanted[name] for name in wanted):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await server.close()

    asyncio.run(run())


class Silence:
    """A WebSocket's side of a node that says nothing."""

    subscriptions = 0

    async def answer(self, _: bytes, charge: Charge) -> bytes:
        charge(1)
        return b""

    def begin(self) -> None:
        pass

    async def run(self, _: object) -> None:
        await asyncio.get_running_loop().create_future()
