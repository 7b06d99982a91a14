from pathlib import Path

import pytest

from node.devnet import Devnet
from node.devnet_status import (
    NodeState,
    parts,
    parts_json,
    parts_lines,
    plain_table,
    rows,
    verdict,
    wait_for_block,
)

INTERVAL_MS = 1_000


def a_state(name: str = "validator-0", **fields: object) -> NodeState:
    plain: dict[str, object] = {"is_running": True, "height": 7, "age_ms": 400, "round": 0}
    plain |= {"peers": 3, "mempool": 0, "catching_up": False}
    return NodeState(name, **(plain | fields))  # type: ignore[arg-type]


STOPPED = NodeState("validator-3", is_running=False)
SILENT = NodeState("validator-2", is_running=True)


@pytest.mark.parametrize(
    ("states", "begin", "end"),
    [
        ([a_state()] * 4, "FINAL: 4 of 4", "1 more may fail"),
        ([*[a_state()] * 3, STOPPED], "FINAL: 3 of 4", "none may fail"),
        ([*[a_state()] * 2, SILENT, STOPPED], "HALTED: 2 of 4", "3 must agree on a block"),
        ([a_state(age_ms=60_000)] * 4, "WAITING: no block for 60 s", "4 of 4 are there"),
        ([a_state()], "FINAL: 1 of 1", "none may fail"),
        ([STOPPED], "HALTED: 0 of 1", "1 must agree on a block"),
        ([a_state()] * 7, "FINAL: 7 of 7", "2 more may fail"),
    ],
)
def test_verdict_says_whether_blocks_come(states: list[NodeState], begin: str, end: str) -> None:
    said = verdict(states, interval_ms=INTERVAL_MS)
    assert said.startswith(begin)
    assert said.endswith(end)


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (a_state(), "ok"),
        (a_state(catching_up=True), "catching up"),
        (a_state(peers=None, catching_up=None), "starting"),
        (SILENT, "silent"),
        (STOPPED, "stopped"),
    ],
)
def test_state_has_a_word(state: NodeState, word: str) -> None:
    assert state.word == word


def test_table_has_a_row_for_each_and_dashes_for_what_nobody_says() -> None:
    head, one, two = plain_table([a_state(age_ms=1_449), STOPPED]).splitlines()
    assert head.split()[:3] == ["node", "height", "round"]
    assert one.split() == ["validator-0", "7", "0", "1.4", "s", "ago", "3", "0", "halted"]
    assert two.split() == ["validator-3", *"-----", "stopped"]


def cut(*cuts: tuple[int, ...]) -> list[NodeState]:
    """Return validators that are cut off from those of these numbers."""
    return [a_state(cut=one) for one in cuts]


LONE = cut((3,), (3,), (3,), (0, 1, 2))
HALVES = cut((2, 3), (2, 3), (0, 1), (0, 1))


@pytest.mark.parametrize(
    ("states", "found"),
    [
        ([a_state()] * 4, [((0, 1, 2, 3), True)]),
        ([STOPPED] * 4, [((0, 1, 2, 3), False)]),
        (LONE, [((0, 1, 2), True), ((3,), False)]),
        (HALVES, [((0, 1), False), ((2, 3), False)]),
        ([*LONE[:3], STOPPED], [((0, 1, 2), True), ((3,), False)]),
        ([*LONE[:3], a_state()], [((0, 1, 2), True), ((3,), False)]),
        ([SILENT, *LONE[1:]], [((0, 1, 2), False), ((3,), False)]),
        ([STOPPED, HALVES[1], HALVES[2], STOPPED], [((0, 1), False), ((2, 3), False)]),
        (cut((1, 2, 3), (0, 2, 3), (0, 1, 3), (0, 1, 2)), [((n,), False) for n in range(4)]),
    ],
)
def test_parts_are_those_that_hear_each_other(
    states: list[NodeState], found: list[tuple[tuple[int, ...], bool]]
) -> None:
    assert [(one.numbers, one.decides) for one in parts(states)] == found


def test_each_part_is_told_and_why_it_stands_still() -> None:
    assert parts_lines([a_state()] * 4) == []
    assert parts_lines(LONE) == [
        "part 0,1,2  3 of 4: decides",
        "part 3      1 of 4: halted, as it must",
    ]
    assert parts_json(HALVES)[1] == {"validators": [2, 3], "awake": 2, "decides": False}


def test_chain_that_is_cut_goes_on_where_a_quorum_is() -> None:
    said = verdict(LONE, interval_ms=INTERVAL_MS)
    assert said == "FINAL: 3 of 4 validators vote, 3 are enough; none may fail"
    assert verdict(HALVES, interval_ms=INTERVAL_MS) == (
        "HALTED: cut in parts of 2 and 2, and 3 of 4 must agree on a block"
    )


def test_validator_of_a_part_without_a_quorum_is_halted() -> None:
    words = [word for *_, word in rows(LONE)[1:]]
    assert words == ["ok", "ok", "ok", "halted"]
    words = [word for *_, word in rows([*[a_state()] * 2, SILENT, STOPPED])[1:]]
    assert words == ["halted", "halted", "silent", "stopped"]


def test_block_is_not_waited_for_where_too_few_run(tmp_path: Path) -> None:
    net = Devnet(tmp_path / "net")
    net.make(validators=2)
    assert wait_for_block(net, "validator-1").startswith("HALTED: 0 of 2 validators are there")
