"""What the operator is told of how the chain moves."""

from dataclasses import dataclass
from typing import Any

from structlog.testing import capture_logs

from chain.state import Ledger
from node.progress import SAY_MS, SPAN_MS, STILL_MS, Progress
from tests.support.final_blocks import a_chain


@dataclass
class Seen:
    """What an engine shows; whatever a test wants it to."""

    ledger: Ledger
    best: int = 0
    is_behind: bool = False
    round: int = 0


class Watch:
    """A progress with its clock, and the lines it wrote."""

    def __init__(self) -> None:
        self.seen = Seen(a_chain().ledger)
        self.progress = Progress(self.seen, now_ms=0)
        self.now_ms = 0

    def look(self, *, after_ms: int = 1_000, blocks: int = 0) -> list[Any]:
        """Let time pass and blocks come, and return what is said then."""
        self.now_ms += after_ms
        self.seen.ledger.height += blocks
        if blocks:
            self.progress.moved(now_ms=self.now_ms)
        with capture_logs() as lines:
            self.progress.look(now_ms=self.now_ms, peers=3)
        return lines

    def falls_behind(self, *, best: int) -> None:
        self.seen.is_behind, self.seen.best = True, best


def test_sync_is_told_now_and_then_with_its_pace_and_its_end() -> None:
    watch = Watch()
    watch.falls_behind(best=1_000)
    assert watch.look() == []
    (line,) = watch.look(blocks=50)
    assert line == {
        "event": "catching_up",
        "log_level": "info",
        "height": 50,
        "best": 1_000,
        "rate": 50,
        "remaining_s": 19,
        "peers": 3,
    }
    said = [line for _ in range(SAY_MS // 1_000) for line in watch.look(blocks=50)]
    assert [line["height"] for line in said] == [300]
    assert (watch.progress.blocks_per_s, watch.progress.remaining_s) == (50, 14)
    watch.seen.is_behind = False
    assert [line["event"] for line in watch.look(blocks=700)] == ["caught_up"]
    assert watch.look() == []
    assert (watch.progress.blocks_per_s, watch.progress.remaining_s) == (None, None)


def test_what_is_over_by_the_next_look_is_worth_no_line() -> None:
    watch = Watch()
    watch.falls_behind(best=3)
    assert watch.look() == []
    watch.seen.is_behind = False
    assert watch.look(blocks=3) == []


def test_pace_is_unknown_until_time_has_passed_and_the_end_until_blocks_came() -> None:
    watch = Watch()
    assert (watch.progress.blocks_per_s, watch.progress.remaining_s) == (None, None)
    watch.falls_behind(best=100)
    watch.look()
    assert (watch.progress.blocks_per_s, watch.progress.remaining_s) == (None, None)
    watch.look()
    assert (watch.progress.blocks_per_s, watch.progress.remaining_s) == (0, None)


def test_slow_sync_has_an_end_all_the_same() -> None:
    watch = Watch()
    watch.falls_behind(best=11)
    watch.look()
    for _ in range(9):
        watch.look()
    watch.look(blocks=1)
    assert (watch.progress.blocks_per_s, watch.progress.remaining_s) == (0, 100)


def test_pace_is_that_of_the_time_just_gone() -> None:
    watch = Watch()
    watch.falls_behind(best=10_000)
    watch.look()
    for _ in range(30):
        watch.look(blocks=100)
    for _ in range(SPAN_MS // 1_000):
        watch.look(blocks=2)
    assert watch.progress.blocks_per_s == 2


def test_chain_that_stands_still_is_told_with_what_it_takes() -> None:
    watch = Watch()
    assert watch.look() == watch.look() == []
    (line,) = watch.look()
    assert line["event"] == "chain_waits"
    assert (line["height"], line["waited_ms"], line["peers"], line["quorum"]) == (1, STILL_MS, 3, 3)
    assert watch.look() == []
    assert watch.look(blocks=1) == []
