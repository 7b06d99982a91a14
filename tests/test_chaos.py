"""Real validators under fire: every kind of fault once, and the chain is the same everywhere."""

import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chaos_net import ChaosNet, chaos_net
from tests.support.chaos_plan import BRIEF_S, Deck, Kind
from tests.support.chaos_run import ChaosRun

pytestmark = [pytest.mark.network, pytest.mark.slow]

SEEDS = 1_000_000
FAULTS_MAX = 4
"""Faults of one round, so that few rounds have all kinds."""


@pytest.fixture
def net(tmp_path: Path) -> Iterator[ChaosNet]:
    """Return four validators between relays."""
    with chaos_net(tmp_path / "devnet") as running:
        yield running


def test_every_fault_is_survived_and_all_chains_are_the_same(net: ChaosNet) -> None:
    seed = secrets.randbelow(SEEDS)
    deck, run = Deck(seed, lasts_s=BRIEF_S), ChaosRun(net, seed=seed)
    while not run.reports or not deck.is_dealt:
        run.play(deck.deal(most=FAULTS_MAX))
    run.finish()
    net.devnet.stop()
    assert run.agreement.check_files() >= run.reports[-1].last


def test_each_kind_comes_before_any_comes_again() -> None:
    for seed in range(20):
        deck, kinds = Deck(seed, lasts_s=BRIEF_S), Counter[Kind]()
        while not kinds or not deck.is_dealt:
            faults = deck.deal(most=FAULTS_MAX)
            kinds.update(fault.kind for fault in faults)
            struck = [node for fault in faults for node in fault.nodes]
            assert len(struck) == len(set(struck))
        assert kinds == Counter(Kind)
