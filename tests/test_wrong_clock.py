"""One of four real validators has a wrong clock: the others go on, and it follows them."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from genesis.make import development_key
from node.clock import now_ms
from tests.support.chaos_net import ChaosNet, chaos_net
from tests.support.running import block, find_height, wait_block_since, wait_for, wait_height

pytestmark = [pytest.mark.network, pytest.mark.slow]

TEN_MINUTES_MS = 600_000
WRONG = 3
"""Place of the validator with the wrong clock."""

WRONG_KEY = f"0x{development_key(f'validator-{WRONG}').public_key.hex()}"
"""Its public key, as the RPC writes it."""

HEIGHTS = 12
"""Heights that are looked at: three turns of each validator."""

BUSY = 2
"""Rounds more that a busy machine may cost in these heights."""

NEAR_MS = 10_000


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChaosNet]:
    """Return four validators; each test sets the clock of the last one."""
    with chaos_net(tmp_path_factory.mktemp("clock") / "devnet") as running:
        yield running


def blocks_by_clock(net: ChaosNet, shift_ms: int) -> list[dict[str, Any]]:
    """Start the last validator again with another clock and return the blocks that follow."""
    net.stop(WRONG)
    net.clocks_ms[WRONG] = shift_ms
    started_ms = now_ms()
    net.start(WRONG)
    wait_block_since(net.nodes[WRONG], started_ms, within_s=60)
    first = (find_height(net.nodes[WRONG]) or 0) + 1
    for node in net.nodes:
        wait_height(node, first + HEIGHTS - 1, within_s=60)
    heights = range(first, first + HEIGHTS)
    shown = [[block(node, height) for height in heights] for node in net.nodes]
    hashes = {tuple(one["hash"] for one in chain) for chain in shown}
    assert len(hashes) == 1
    # However wrong one clock is, the chain's time is that of the others.
    assert abs(shown[0][-1]["timeMs"] - now_ms()) < NEAR_MS
    return shown[0]


def rounds(blocks: list[dict[str, Any]]) -> int:
    """Return how many rounds more than one these heights took together."""
    return sum(one["certificate"]["round"] for one in blocks)


def wait_says(net: ChaosNet, place: int, words: str) -> None:
    """Wait until a validator's log has words of this form."""
    log = net.nodes[place].home / "node.log"
    wait_for(lambda: bool(re.search(words, log.read_text())), what=words, within_s=30)


def test_proposals_from_the_future_fail_and_the_others_go_on(net: ChaosNet) -> None:
    blocks = blocks_by_clock(net, TEN_MINUTES_MS)
    wait_says(net, WRONG, "this node's clock is about 60. s ahead of the other validators")
    wait_says(net, 0, f"the blocks of validator-{WRONG} come from the future")
    assert WRONG_KEY not in {one["proposer"] for one in blocks}
    assert HEIGHTS // len(net) <= rounds(blocks) <= HEIGHTS // len(net) + BUSY


def test_validator_of_the_past_does_not_hold_the_others_up(net: ChaosNet) -> None:
    blocks = blocks_by_clock(net, -TEN_MINUTES_MS)
    wait_says(net, WRONG, "this node's clock is about (59|60). s behind the other validators")
    assert rounds(blocks) <= HEIGHTS // len(net) + BUSY
    # Its blocks come right after their parents in time, which the others may believe.
    times = {one["height"]: one["timeMs"] for one in blocks}
    own = [one for one in blocks[1:] if one["proposer"] == WRONG_KEY]
    assert all(one["timeMs"] == times[one["height"] - 1] + 1 for one in own)


def test_clock_put_right_lets_it_propose_again(net: ChaosNet) -> None:
    blocks = blocks_by_clock(net, 0)
    proposers = Counter(one["proposer"] for one in blocks)
    assert proposers[WRONG_KEY]
    assert rounds(blocks) <= BUSY
