from dataclasses import replace
from pathlib import Path

import pytest

from chain.errors import StoreError
from chain.primitives import Hash
from node.market.job_book import (
    Attempt,
    AttemptState,
    Job,
    JobBook,
    JobState,
    Result,
    Terms,
    add_attempt,
    label_of,
)
from node.market.journal import Journal
from tests.support.builders import key_of

TERMS = Terms(model="llama3.2", max_price=5, check=("grep", "-q", "x"), parameters="{}")
ATTEMPT = Attempt(
    reservation_id=Hash(b"\1" * 32),
    job_id="one",
    number=1,
    provider=key_of("miner").address,
    state=AttemptState.RESERVING,
    reason="",
    receipt_hash=Hash(bytes(32)),
    amount=0,
    created_ms=1_000,
)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path / "journal.db")


@pytest.fixture
def book(journal: Journal) -> JobBook:
    book = JobBook(journal)
    assert book.add("one", TERMS, b"input")
    return book


def put(journal: Journal, attempt: Attempt) -> None:
    with journal.writing() as database:
        add_attempt(database, attempt)


def test_job_reads_back(book: JobBook) -> None:
    job = book.find("one")
    assert job is not None
    assert (job.state, job.terms) == (JobState.OPEN, TERMS)
    assert book.input_of("one") == b"input"
    assert book.find("two") is None
    assert book.output_of("two") == b""


def test_name_is_taken_once(book: JobBook) -> None:
    assert not book.add("one", TERMS, b"other")
    assert book.input_of("one") == b"input"


def test_attempts_read_back_in_their_order(book: JobBook, journal: Journal) -> None:
    second = replace(ATTEMPT, reservation_id=Hash(b"\2" * 32), number=2)
    put(journal, second)
    put(journal, ATTEMPT)
    assert book.attempts("one") == [ATTEMPT, second]
    assert book.find_attempt(second.reservation_id) == second
    assert book.find_attempt(Hash(bytes(32))) is None
    assert (ATTEMPT.label, second.label) == ("one", "one.2")
    assert label_of("x", 9) == "x.9"


def test_two_attempts_of_one_number_cannot_be(book: JobBook, journal: Journal) -> None:
    put(journal, ATTEMPT)
    with pytest.raises(StoreError):
        put(journal, replace(ATTEMPT, reservation_id=Hash(b"\2" * 32)))


def test_output_that_was_paid_for_stays_and_the_input_goes(book: JobBook, journal: Journal) -> None:
    put(journal, ATTEMPT)
    book.answer(ATTEMPT, b"output", Hash(b"\7" * 32), price=5)
    (answered,) = book.attempts("one")
    assert (answered.state, answered.amount) == (AttemptState.ANSWERED, 5)
    book.end("one", JobState.DONE)
    assert book.output_of("one") == b"output"
    assert book.input_of("one") == b""


def test_output_that_was_not_paid_for_goes(book: JobBook, journal: Journal) -> None:
    put(journal, ATTEMPT)
    book.answer(ATTEMPT, b"output", Hash(b"\7" * 32), price=5)
    book.end("one", JobState.FAILED)
    assert book.output_of("one") == b""


def test_reason_stays_until_there_is_another(book: JobBook, journal: Journal) -> None:
    put(journal, ATTEMPT)
    book.move(ATTEMPT, AttemptState.RESERVED, reason="work_failed")
    (reserved,) = book.attempts("one")
    book.move(reserved, AttemptState.RETURNED)
    (returned,) = book.attempts("one")
    assert (returned.state, returned.reason) == (AttemptState.RETURNED, "work_failed")


def test_failures_of_a_miner_are_counted_for_a_while(book: JobBook, journal: Journal) -> None:
    provider = ATTEMPT.provider
    put(journal, replace(ATTEMPT, state=AttemptState.RETURNED))
    put(
        journal,
        replace(ATTEMPT, reservation_id=Hash(b"\2" * 32), number=2, state=AttemptState.PAID),
    )
    assert book.failures_of(provider, since_ms=0) == 1
    assert book.failures_of(provider, since_ms=1_000) == 0
    assert book.failures_of(key_of("stranger").address, since_ms=0) == 0


def test_jobs_are_listed_newest_first(book: JobBook) -> None:
    book.add("two", TERMS, b"")
    book.end("two", JobState.DONE)
    names = {one.job_id for one in book.jobs(limit=10)}
    assert names == {"one", "two"}
    assert [one.job_id for one in book.jobs(limit=10, only_open=True)] == ["one"]
    assert len(book.jobs(limit=1)) == 1


def test_only_what_has_ended_counts_as_paid() -> None:
    job = Job("one", JobState.OPEN, TERMS, 0)
    answered = replace(ATTEMPT, state=AttemptState.ANSWERED, amount=5)
    assert Result(job, (answered,)).paid == 0
    assert Result(job, (replace(answered, state=AttemptState.PAID),)).paid == 5


def test_representation_of_terms_tells_nothing_private() -> None:
    assert "secret" not in repr(replace(TERMS, parameters="secret"))
