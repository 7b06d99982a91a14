import pytest

from node.devnet_status import NodeState, plain_table, verdict

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
    assert one.split() == ["validator-0", "7", "0", "1.4", "s", "ago", "3", "0", "ok"]
    assert two.split() == ["validator-3", *"-----", "stopped"]
