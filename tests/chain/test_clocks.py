"""Whose clock is wrong, by what many say and no few can fake."""

from dataclasses import replace

import pytest

from chain.clocks import KEPT_TURNS, TOLD_TICKS, Clocks, Difference
from chain.consensus.timing import Timing
from chain.events import Report
from tests.support.consensus import a_validator_set

FOUR = a_validator_set(4)
RIGHT_MS = 40
"""A proposal's way."""

FAR_MS = 600_000 + RIGHT_MS


class Bench:
    """The clocks as the validator of index 0 sees them."""

    def __init__(self, count: int = 4) -> None:
        self.validators = a_validator_set(count)
        self.clocks = Clocks(Timing())
        self.height = 1

    def hear(self, *offsets_ms: int, times: int = 1) -> list[Report]:
        """Let the other validators make a block each, several times; return what is said."""
        said = []
        for _ in range(times):
            for index, offset_ms in enumerate(offsets_ms, 1):
                self.height += 1
                difference = Difference(offset_ms, self.height)
                maker = self.validators[index]
                said += self.clocks.note(maker, difference, validators=self.validators)
        return said

    def detail(self, *offsets_ms: int, times: int = 1) -> list[str]:
        """Return the sentences of what is said."""
        return [str(dict(one.fields)["detail"]) for one in self.hear(*offsets_ms, times=times)]


def test_clocks_that_differ_as_they_may_are_worth_no_word() -> None:
    timing = Timing()
    assert Bench().hear(-timing.precision_ms, timing.old_ms(0), RIGHT_MS, times=9) == []


@pytest.mark.parametrize(("offset_ms", "side"), [(FAR_MS, "ahead of"), (-600_000, "behind")])
def test_wrong_clock_is_told_so_once_in_plain_words(offset_ms: int, side: str) -> None:
    (said,) = Bench().detail(offset_ms, offset_ms, offset_ms, times=9)
    assert said.startswith(f"this node's clock is about 600 s {side} the other validators' clocks")


def test_it_takes_more_than_may_be_faulty_to_make_us_doubt_our_clock() -> None:
    for liar_ms in (FAR_MS, -FAR_MS, 10**15, -(10**15)):
        said = Bench().hear(liar_ms, RIGHT_MS, RIGHT_MS, times=3)
        assert {one.event for one in said} == {"validator_clock_differs"}
    assert Bench().hear(FAR_MS) == []  # of one alone nobody knows whose fault it is
    said = Bench(7).hear(FAR_MS, FAR_MS, *[RIGHT_MS] * 4, times=3)
    assert {one.event for one in said} == {"validator_clock_differs"}


def test_liar_changes_little_of_what_is_told() -> None:
    """The others say 600 s; whatever it says, it is 600 s."""
    for liar_ms in (-(10**15), 0, 10**15):
        said = Bench().hear(FAR_MS, FAR_MS, liar_ms)
        assert dict(said[-1].fields)["offset_s"] == 600


@pytest.mark.parametrize(
    ("offset_ms", "said"),
    [
        (-600_000, "come from the future: its clock is about 600 s ahead"),
        (FAR_MS, "come late, or its clock is about 600 s behind"),
    ],
)
def test_validator_with_a_wrong_clock_is_named_by_those_who_agree(
    offset_ms: int, said: str
) -> None:
    (sentence,) = Bench().detail(RIGHT_MS, RIGHT_MS, offset_ms, times=9)
    assert said in sentence
    assert FOUR[3].name in sentence


def test_wrong_node_accuses_nobody() -> None:
    said = Bench().hear(FAR_MS, FAR_MS, FAR_MS, times=5)
    assert [one.event for one in said] == ["clock_differs"]


def test_what_lasts_is_told_again_after_a_minute() -> None:
    bench = Bench()
    assert len(bench.hear(FAR_MS, FAR_MS, FAR_MS, times=5)) == 1
    for _ in range(TOLD_TICKS - 1):
        bench.clocks.tick()
    assert bench.hear(FAR_MS, FAR_MS, FAR_MS) == []
    bench.clocks.tick()
    assert len(bench.hear(FAR_MS, FAR_MS, FAR_MS)) == 1


def test_change_is_told_at_once_and_so_is_its_end() -> None:
    bench = Bench()
    bench.hear(FAR_MS, FAR_MS, FAR_MS)
    (said,) = bench.hear(FAR_MS + 60_000, FAR_MS + 60_000, FAR_MS + 60_000)
    assert dict(said.fields)["offset_s"] == 660
    said_after = bench.hear(RIGHT_MS, RIGHT_MS, RIGHT_MS, times=3)
    assert [one.event for one in said_after][-1:] == ["clock_agrees"]
    assert bench.hear(RIGHT_MS, RIGHT_MS, RIGHT_MS) == []


def test_what_was_said_long_ago_counts_no_more() -> None:
    bench = Bench()
    bench.hear(FAR_MS)
    bench.height += KEPT_TURNS * 4
    said = bench.hear(RIGHT_MS, FAR_MS, RIGHT_MS, times=2)
    assert [one.event for one in said] == ["validator_clock_differs"]
    assert len(bench.clocks._seen) == 3


def test_memory_is_bounded_by_those_who_made_blocks_lately() -> None:
    bench = Bench()
    for number in range(1_000):
        stranger = replace(FOUR[1], public_key=number.to_bytes(32, "big"))
        bench.height += 1
        bench.clocks.note(stranger, Difference(-FAR_MS, bench.height), validators=FOUR)
    assert len(bench.clocks._seen) <= KEPT_TURNS * 4 + 1
    assert len(bench.clocks._told) <= KEPT_TURNS * 4 + 2


def test_of_two_validators_each_is_told_of_the_difference() -> None:
    assert [one.event for one in Bench(2).hear(FAR_MS)] == ["clock_differs"]
