"""The caller: a process of its own that sends signed transfers and watches them become final.

Run as ``python -m scripts.benchmarks.client JOB``; the job is a JSON file, the outcome JSON on the
standard output. It prepares every request before the clock starts. A transfer is final once the
watched node says that its block is: the node's height is asked for again and again, and each new
block is counted.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import aiohttp

RETRY_S = 0.25
RETRIED = frozenset({"mempool_full", "too_many_submissions"})
"""Refusals that mean "later": the request is made again."""

HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Lane:
    """Requests that follow each other, each sent when the one before is answered.

    Attributes:
        url: of the node they go to.
        groups: signed transfers in hexadecimal; a group of several goes as one batch.
        at_s: seconds after the start at which the first is sent.
    """

    url: str
    groups: list[list[str]]
    at_s: float = 0.0


@dataclass(frozen=True)
class Job:
    """What the client is asked to do.

    Attributes:
        watch: URL of the node whose blocks count.
        lanes: what is sent, side by side.
        poll_s: seconds between two looks at the height.
        timeout_s: when to give up.
    """

    watch: str
    lanes: list[Lane]
    poll_s: float
    timeout_s: float

    @property
    def count(self) -> int:
        """How many transfers there are."""
        return sum(len(group) for lane in self.lanes for group in lane.groups)

    def write(self, path: Path) -> None:
        """Write the job as the client reads it."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what :meth:`write` wrote."""
        fields = json.loads(path.read_text())
        lanes = [Lane(**one) for one in fields.pop("lanes")]
        return cls(lanes=lanes, **fields)


@dataclass
class Outcome:
    """What happened; times in seconds after the start.

    Attributes:
        admitted_s: when the last transfer was admitted.
        final_s: when the last transfer was final.
        cpu_s: processor seconds of the client itself.
        latencies_s: from sending to final, of each transfer, where it was followed.
        block_times_ms: times of the blocks that came meanwhile.
        refusals: how often a request was told to come later, by reason.
    """

    admitted_s: float = 0.0
    final_s: float = 0.0
    cpu_s: float = 0.0
    latencies_s: list[float] = field(default_factory=list)
    block_times_ms: list[int] = field(default_factory=list)
    refusals: dict[str, int] = field(default_factory=dict)


class Refused(Exception):
    """The node refused a transfer for a reason that time does not cure."""

    def __init__(self, error: dict[str, Any]) -> None:
        """Tell what the node said."""
        super().__init__(json.dumps(error))


class Client:
    """Sends the lanes of one job and watches the chain."""

    def __init__(self, session: aiohttp.ClientSession, job: Job) -> None:
        """Prepare; the clock starts with :meth:`run`."""
        self._session, self._job = session, job
        self._bodies = [[_body(group) for group in lane.groups] for lane in job.lanes]
        self._sent_s: dict[str, float] = {}
        self._seen_s: dict[str, float] = {}
        self._refusals: Counter[str] = Counter()
        self._started = 0.0
        self._times_ms: list[int] = []
        self._is_following = len(job.lanes) == job.count

    def _now(self) -> float:
        return time.perf_counter() - self._started

    async def run(self) -> Outcome:
        """Send everything and wait until all of it is final.

        Raises:
            Refused: the node will not have one of the transfers.
            TimeoutError: not all was final in time.
        """
        height = (await self._call("ait_status", {}))["height"]
        self._started, cpu_s = time.perf_counter(), time.process_time()
        watching = asyncio.create_task(self._watch(height))
        async with asyncio.timeout(self._job.timeout_s):
            await asyncio.gather(*map(self._send_lane, self._job.lanes, self._bodies))
            admitted_s = self._now()
            final_s = await watching
        return Outcome(
            admitted_s=admitted_s,
            final_s=final_s,
            cpu_s=time.process_time() - cpu_s,
            latencies_s=[self._seen_s[name] - sent for name, sent in self._sent_s.items()]
            if self._is_following
            else [],
            block_times_ms=self._times_ms,
            refusals=dict(self._refusals),
        )

    async def _send_lane(self, lane: Lane, bodies: list[bytes]) -> None:
        await asyncio.sleep(lane.at_s)
        for group, body in zip(lane.groups, bodies, strict=True):
            sent_s = self._now()
            left = self._take_replies(await self._post(lane.url, body), group, sent_s)
            while left:
                await asyncio.sleep(RETRY_S)
                replies = await self._post(lane.url, _body(left))
                left = self._take_replies(replies, left, sent_s)

    def _take_replies(self, replies: Any, group: list[str], sent_s: float) -> list[str]:  # noqa: ANN401 - JSON
        """Note what was admitted; return the transfers to be sent again."""
        left = []
        by_id = {one["id"]: one for one in (replies if isinstance(replies, list) else [replies])}
        for number, raw in enumerate(group):
            reply = by_id[number]
            if "result" in reply:
                self._sent_s[reply["result"]["transactionId"]] = sent_s
                continue
            reason = (reply["error"].get("data") or {}).get("reason", "")
            if reason not in RETRIED:
                raise Refused(reply["error"])
            self._refusals[reason] += 1
            left.append(raw)
        return left

    async def _watch(self, height: int) -> float:
        """Follow the chain from a height; return when the last transfer was seen final."""
        missing = self._job.count
        while True:
            await asyncio.sleep(self._job.poll_s)
            newest = (await self._call("ait_status", {}))["height"]
            seen_s = self._now()
            while height < newest:
                height += 1
                missing -= await self._take_block(height, seen_s)
            if missing == 0:
                return seen_s

    async def _take_block(self, height: int, seen_s: float) -> int:
        """Note a final block; return how many transactions it holds."""
        wanted = {"block": height, "transactions": self._is_following}
        block = await self._call("ait_getBlock", wanted)
        self._times_ms.append(block["timeMs"])
        count = int(block["transactionCount"])
        while self._is_following:
            for one in block["transactions"]:
                self._seen_s[one["transactionId"]] = seen_s
            if block["nextIndex"] is None:
                break
            block = await self._call("ait_getBlock", wanted | {"fromIndex": block["nextIndex"]})
        return count

    async def _call(self, method: str, params: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        request = {"jsonrpc": "2.0", "id": 0, "method": method, "params": params}
        return (await self._post(self._job.watch, json.dumps(request).encode()))["result"]

    async def _post(self, url: str, body: bytes) -> Any:  # noqa: ANN401 - JSON
        async with self._session.post(url, data=body, headers=HEADERS) as response:
            return json.loads(await response.read())


def _body(group: list[str]) -> bytes:
    """Return the JSON-RPC request of a group: a batch, or one call."""
    calls = [
        {"jsonrpc": "2.0", "id": number, "method": "ait_sendTransaction", "params": [raw]}
        for number, raw in enumerate(group)
    ]
    return json.dumps(calls if len(calls) > 1 else calls[0]).encode()


async def run_job(job: Job) -> Outcome:
    """Do a job with as many connections as it has lanes in flight."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        return await Client(session, job).run()


if __name__ == "__main__":
    json.dump(asdict(asyncio.run(run_job(Job.read(Path(sys.argv[1]))))), sys.stdout)
