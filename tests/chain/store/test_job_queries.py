from collections.abc import Iterator
from pathlib import Path

import pytest

from chain.store.job_queries import clients_of_job, find_job
from chain.store.queries import ChainReader
from tests.support.builders import address_of_name
from tests.support.market_chain import ACCEPTED, DISPUTED, RESERVATION_ID, a_market
from tests.support.stored_chain import StoredChain, Story

CLIENT = address_of_name("client")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[ChainReader]:
    """A session of two jobs: the first accepted, the second disputed and split."""
    with a_market(tmp_path):
        reader = ChainReader.open(tmp_path / "chain.db")
        yield reader
        reader.close()


def test_job_of_a_session_brings_its_reservation(reader: ChainReader) -> None:
    job = find_job(reader, CLIENT, ACCEPTED.job_id)
    assert job is not None
    assert [one.receipt_hash for one in job.receipts] == [ACCEPTED.hash]
    assert [one.id for one in job.reservations] == [RESERVATION_ID]
    assert job.disputes == ()


def test_dispute_belongs_to_its_job(reader: ChainReader) -> None:
    job = find_job(reader, CLIENT, DISPUTED.job_id)
    assert job is not None
    assert [one.receipt_hash for one in job.disputes] == [DISPUTED.hash]
    assert job.receipts[0].status == "split"


def test_name_of_a_reservation_is_a_job_without_receipts(reader: ChainReader) -> None:
    job = find_job(reader, CLIENT, "session")
    assert job is not None
    assert [one.id for one in job.reservations] == [RESERVATION_ID]
    assert job.receipts == ()


def test_job_is_its_clients_alone(reader: ChainReader) -> None:
    assert find_job(reader, address_of_name("miner"), ACCEPTED.job_id) is None
    assert find_job(reader, address_of_name("nobody"), ACCEPTED.job_id) is None
    assert find_job(reader, CLIENT, "another") is None


@pytest.mark.parametrize("job_id", ["session", ACCEPTED.job_id])
def test_name_alone_leads_to_its_clients(reader: ChainReader, job_id: str) -> None:
    assert clients_of_job(reader, job_id) == (CLIENT,)
    assert clients_of_job(reader, "another") == ()


def test_job_is_found_in_segments_and_in_their_tail(tmp_path: Path) -> None:
    stored = StoredChain(tmp_path, segment_rows=1)
    story = Story(stored)
    reader = stored.reader()
    for _ in range(2):
        job = find_job(reader, CLIENT, "job-2")
        assert job is not None
        assert [one.receipt_hash for one in job.receipts] == [story.second.hash]
        assert [one.id for one in job.reservations] == [story.session_id]
        assert clients_of_job(reader, "job-2") == (CLIENT,)
        stored.blocks_until(stored.chain.height + 30)
    reader.close()
    stored.close()
