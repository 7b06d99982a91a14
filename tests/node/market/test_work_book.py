from pathlib import Path

import pytest

from chain.primitives import Hash
from node.market.journal import Journal
from node.market.messages import Reason
from node.market.work_book import Work, WorkBook, WorkState
from tests.node.market.test_messages import a_request
from tests.support.builders import key_of

CLIENT = key_of("client").address
REQUEST = a_request()


@pytest.fixture
def book(tmp_path: Path) -> WorkBook:
    return WorkBook(Journal.open(tmp_path / "journal.db"))


def found(book: WorkBook) -> Work:
    work = book.find(REQUEST.reservation_id)
    assert work is not None
    return work


def sign(book: WorkBook) -> None:
    book.sign(
        REQUEST.reservation_id,
        receipt_hash=Hash(b"\7" * 32),
        reply=b"reply",
        document=b"document",
        claim=b"claim",
    )


def test_job_begins_once(book: WorkBook) -> None:
    assert book.find(REQUEST.reservation_id) is None
    assert book.begin(REQUEST, CLIENT, state=WorkState.WORKING)
    assert not book.begin(REQUEST, CLIENT, state=WorkState.WORKING)
    assert not book.begin(REQUEST, CLIENT, state=WorkState.FAILED)
    work = found(book)
    assert (work.job_id, work.client, work.state) == ("one", CLIENT, WorkState.WORKING)
    assert work.digest == REQUEST.digest
    assert work.reason is None


def test_no_input_is_kept(book: WorkBook, tmp_path: Path) -> None:
    book.begin(a_request(input=b"secret prompt"), CLIENT, state=WorkState.WORKING)
    assert b"secret" not in (tmp_path / "journal.db").read_bytes()


def test_signed_work_keeps_what_is_to_be_claimed(book: WorkBook) -> None:
    book.begin(REQUEST, CLIENT, state=WorkState.WORKING)
    sign(book)
    assert found(book).receipt_hash == b"\7" * 32
    assert book.reply(REQUEST.reservation_id) == b"reply"
    assert book.signed(REQUEST.reservation_id) == (b"document", b"claim")
    book.put_claim(REQUEST.reservation_id, b"accepted")
    assert book.signed(REQUEST.reservation_id) == (b"document", b"accepted")


def test_what_failed_is_not_signed_afterwards(book: WorkBook) -> None:
    book.begin(REQUEST, CLIENT, state=WorkState.WORKING)
    book.move(found(book), WorkState.FAILED, Reason.WORK_FAILED)
    sign(book)
    assert found(book).state is WorkState.FAILED
    assert book.reply(REQUEST.reservation_id) == b""


def test_move_from_a_state_that_is_past_changes_nothing(book: WorkBook) -> None:
    book.begin(REQUEST, CLIENT, state=WorkState.WORKING)
    before = found(book)
    book.move(before, WorkState.FAILED, Reason.WORK_FAILED)
    book.move(before, WorkState.SETTLED)
    work = found(book)
    assert (work.state, work.reason) == (WorkState.FAILED, Reason.WORK_FAILED)
    book.move(work, WorkState.RELEASED)
    assert found(book).reason is Reason.WORK_FAILED


def test_jobs_are_found_by_state(book: WorkBook) -> None:
    book.begin(REQUEST, CLIENT, state=WorkState.WORKING)
    assert book.in_state(WorkState.SIGNED, WorkState.CLAIMED) == []
    assert book.in_state(WorkState.WORKING) == [found(book)]


def test_outputs_of_ended_jobs_are_erased(book: WorkBook) -> None:
    book.begin(REQUEST, CLIENT, state=WorkState.WORKING)
    sign(book)
    far = 2**53
    book.erase(before_ms=far)
    assert book.reply(REQUEST.reservation_id) == b"reply"
    book.move(found(book), WorkState.SETTLED)
    book.erase(before_ms=0)
    assert book.reply(REQUEST.reservation_id) == b"reply"
    book.erase(before_ms=far)
    assert book.reply(REQUEST.reservation_id) == b""
    assert book.reply(Hash(bytes(32))) == b""
