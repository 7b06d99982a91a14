from dataclasses import replace
from pathlib import Path

import pytest

from chain.store.job_queries import JobView, find_job
from chain.store.queries import ChainReader
from node.api.job_shapes import job_shape
from tests.support.builders import address_of_name
from tests.support.market_chain import DISPUTED, RESERVATION_ID, a_market


def job_of(folder: Path, job_id: str) -> JobView:
    with a_market(folder):
        reader = ChainReader.open(folder / "chain.db")
        job = find_job(reader, address_of_name("client"), job_id)
        reader.close()
    assert job is not None
    return job


def test_events_tell_a_disputed_job_from_its_reservation_to_its_end(tmp_path: Path) -> None:
    shape = job_shape(job_of(tmp_path, DISPUTED.job_id), height=8)
    told = [(one["event"], one["height"], one["amount"]) for one in shape["events"]]
    bond = shape["disputes"][0]["bond"]
    assert told == [
        ("reserved", 2, "900"),
        ("claimed", 3, "200"),
        ("disputed", 4, bond),
        ("split", 5, "150"),
    ]
    assert (shape["status"], shape["spent"]) == ("split", "150")
    assert {one["reservationId"] for one in shape["events"]} == {f"0x{RESERVATION_ID.hex()}"}
    assert shape["events"][0]["transactionId"] == f"0x{RESERVATION_ID.hex()}"


@pytest.mark.parametrize(
    ("ended_height", "status"), [(None, "reserved"), (49, "released"), (50, "expired")]
)
def test_unclaimed_job_stands_where_its_reservation_does(
    tmp_path: Path, ended_height: int | None, status: str
) -> None:
    job = job_of(tmp_path, "session")
    (reservation,) = job.reservations
    ended = replace(reservation, ended_height=ended_height)
    shape = job_shape(replace(job, reservations=(ended,)), height=60)
    assert shape["status"] == status
    assert [one["event"] for one in shape["events"]] == (
        ["reserved"] if ended_height is None else ["reserved", "ended"]
    )
