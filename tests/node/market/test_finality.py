import json
from dataclasses import replace
from pathlib import Path

import pytest

from chain.errors import ConfigError, PeerError
from chain.primitives import Hash
from node.market.finality import NotProven, prove_paid
from node.market.job_book import Attempt, AttemptState, Job, JobState, Result
from tests.node.market.test_job_book import ATTEMPT, TERMS
from tests.support.answers import node_that_says
from tests.support.proofs import proven_chain

WORLD = proven_chain()
PAID = WORLD.proofs[0]
HASH = WORLD.receipts[0].hash


@pytest.fixture
def genesis(tmp_path: Path) -> Path:
    path = tmp_path / "genesis.json"
    path.write_text(json.dumps(WORLD.document))
    return path


def result_of(attempt: Attempt) -> Result:
    return Result(Job("one", JobState.DONE, TERMS, 0), (attempt,))


DONE = result_of(replace(ATTEMPT, state=AttemptState.PAID, receipt_hash=HASH, amount=300))


def test_payment_is_proven_by_the_genesis_document(genesis: Path) -> None:
    with node_that_says(PAID.content()) as url:
        assert prove_paid(DONE, url=url, genesis=genesis) == 2


def test_job_that_was_not_paid_has_nothing_to_prove(genesis: Path) -> None:
    for attempt in (ATTEMPT, replace(ATTEMPT, state=AttemptState.PAID)):
        assert prove_paid(result_of(attempt), url="http://127.0.0.1:1", genesis=genesis) is None


def test_proof_of_another_chain_does_not_hold(genesis: Path) -> None:
    document = WORLD.document | {"chain_id": "another"}
    genesis.write_text(json.dumps(document))
    with node_that_says(PAID.content()) as url, pytest.raises(NotProven, match="chain"):
        prove_paid(DONE, url=url, genesis=genesis)


def test_node_that_is_away_and_genesis_that_is_none_are_told(genesis: Path, tmp_path: Path) -> None:
    with pytest.raises(PeerError):
        prove_paid(DONE, url="http://127.0.0.1:1", genesis=genesis)
    (tmp_path / "none.json").write_text("{}")
    with node_that_says(PAID.content()) as url, pytest.raises(ConfigError):
        prove_paid(DONE, url=url, genesis=tmp_path / "none.json")
    assert Hash(bytes(32)) != HASH
