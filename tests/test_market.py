"""A market of real processes under fire: each job is paid once or returned in full."""

from pathlib import Path

import pytest

from node.market.job_book import AttemptState, JobState
from tests.support.market_audit import DONE_KINDS, audit
from tests.support.market_faults import Scale, market_run
from tests.support.market_plan import JobKind, plan_jobs

pytestmark = [pytest.mark.network, pytest.mark.slow]

SMALL = Scale(
    jobs=12,
    miners=2,
    validators=1,
    interval_ms=300,
    threads=6,
    kill_every_s=6.0,
    within_s=240.0,
)
SEED = 1


def test_plan_has_every_kind() -> None:
    assert {one.kind for one in plan_jobs(12, clients=2, seed=SEED)} == set(JobKind)
    assert plan_jobs(12, clients=2, seed=SEED) == plan_jobs(12, clients=2, seed=SEED)
    assert len(plan_jobs(500, clients=2, seed=SEED)) == 500


def test_each_job_is_paid_once_or_returned_in_full(tmp_path: Path) -> None:
    with market_run(tmp_path, SMALL, seed=SEED) as run:
        run.play()
        found = audit(run)
    assert run.killed_miners + run.killed_clients > 0
    assert found.jobs.total() == SMALL.jobs
    assert found.attempts[AttemptState.PAID] > 0
    assert found.attempts[AttemptState.RETURNED] > 0
    for kind, state in found.jobs:
        assert state is JobState.FAILED or kind in DONE_KINDS
