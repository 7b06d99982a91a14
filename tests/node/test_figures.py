from collections.abc import Iterable

import pytest

from chain.consensus.timing import Timing
from chain.engine import Engine
from chain.primitives import PublicKey
from node.figures import COMMIT_BOUNDS_MS, Figures, Meter, resident_bytes
from p2p.beat import Beat
from tests.support.builders import a_genesis
from tests.support.chain import Chain
from tests.support.consensus import a_certificate, a_validator_set, keys_in_order

BEAT = Beat(rss_bytes=11, peers=3, shed=12, connections=13, bans=14)


def figures_of(meter: Meter) -> Figures:
    engine = Engine(Chain(a_genesis()).ledger, last_certificate=None, signer=None, timing=Timing())
    return meter.figures(engine, BEAT)


def count(meter: Meter, took_us: Iterable[int], *, signers: Iterable[int] = (0, 1, 2)) -> None:
    for one in took_us:
        meter.committed(a_certificate(signers=signers), a_validator_set(4), took_us=one)


def test_commits_are_counted_by_how_long_they_took() -> None:
    meter = Meter(None)
    count(meter, [0, 1_000, 1_001, 4_000, 9_000_000])
    found = figures_of(meter)
    assert found.commits == (2, 1, 1, *(0,) * (len(COMMIT_BOUNDS_MS) - 3), 1)
    assert found.commit_us == 9_006_001


@pytest.mark.parametrize(
    ("index", "signed", "missed"), [(0, 3, 1), (2, 4, 0), (3, 1, 3), (None, 0, 0)]
)
def test_validator_counts_its_signatures(index: int | None, signed: int, missed: int) -> None:
    meter = Meter(None if index is None else keys_in_order()[index].public_key)
    count(meter, [1, 1, 1])
    count(meter, [1], signers=(1, 2, 3))
    found = figures_of(meter)
    assert (found.signed, found.missed) == (signed, missed)


def test_who_has_no_seat_misses_nothing() -> None:
    meter = Meter(PublicKey(bytes(32)))
    count(meter, [1])
    assert figures_of(meter).missed == 0


def test_figures_of_engine_and_network_are_passed_on() -> None:
    found = figures_of(Meter(None))
    assert (found.step, found.mempool_bytes) == (0, 0)
    network = (found.network_bytes, found.shed, found.connections, found.bans)
    assert network == (11, 12, 13, 14)
    assert found.core_bytes > 0


def test_memory_is_that_of_this_process() -> None:
    assert 10 * 2**20 < resident_bytes() < 2**34
