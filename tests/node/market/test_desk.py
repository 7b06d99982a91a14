from dataclasses import replace
from pathlib import Path

import pytest

from chain.primitives import Hash
from node.market.messages import Ask, JobRequest, Reason
from node.market.replies import Done, Offered, Refused, Reply, decode_reply
from node.market.work_book import WorkState
from tests.node.market.test_messages import a_request
from tests.support.builders import a_reserve
from tests.support.market_people import RATE, Answers, MinerUnderTest, a_miner, failing
from tests.support.market_world import LedgerNode


@pytest.fixture
def miner(node: LedgerNode, tmp_path: Path) -> MinerUnderTest:
    return a_miner(node, tmp_path)


def reserved(node: LedgerNode, nonce: int = 0, **terms: object) -> Hash:
    """Put a reservation of the client for the miner on the chain."""
    fields = {"job_id": "one", "max_rate": RATE, "cap": 300_000, "dispute_window": 20}
    signed = a_reserve(nonce=nonce, **(fields | terms))  # type: ignore[arg-type] # fields by name
    node.view.send(signed.encode())
    node.block()
    return signed.id(node.chain.genesis.hash)


def say(miner: MinerUnderTest, request: JobRequest, *, stays: bool = False) -> Reply:
    """Ask, and return the answer."""
    ticket = miner.desk.take(request.encode())
    answer = ticket.find_answer()
    assert answer is not None
    if not stays:
        ticket.conclude(None)
    return decode_reply(answer)


def test_enquiry_is_answered_by_the_price_list(miner: MinerUnderTest) -> None:
    assert say(miner, a_request(ask=Ask.ENQUIRE)) == Offered(RATE, 1_000)
    assert say(miner, a_request(ask=Ask.ENQUIRE, model="other")) == Refused(Reason.NOT_OFFERED)


def test_what_is_no_request_or_badly_signed_is_told(miner: MinerUnderTest) -> None:
    answer = miner.desk.take(b"hello").find_answer()
    assert answer == Refused(Reason.MALFORMED).encode()
    forged = replace(a_request(), model="other")
    assert say(miner, forged) == Refused(Reason.BAD_SIGNATURE)


def test_work_is_done_once_however_often_it_is_asked_for(
    node: LedgerNode, miner: MinerUnderTest
) -> None:
    request = a_request(reservation_id=reserved(node))
    first = say(miner, request)
    assert isinstance(first, Done)
    assert first.output == b"rewsna eht si tahw"
    assert say(miner, request) == first
    assert miner.worker.worked == 1


def test_another_request_for_the_same_reservation_is_refused(
    node: LedgerNode, miner: MinerUnderTest
) -> None:
    reservation_id = reserved(node)
    assert isinstance(say(miner, a_request(reservation_id=reservation_id)), Done)
    other = a_request(reservation_id=reservation_id, input=b"and now something else")
    assert say(miner, other) == Refused(Reason.OTHER_REQUEST)
    assert miner.worker.worked == 1


@pytest.mark.parametrize(
    ("terms", "request_fields", "reason"),
    [
        ({"by": "stranger"}, {}, Reason.NOT_YOURS),
        ({"provider": a_reserve(by="stranger").sender}, {}, Reason.NOT_MINE),
        ({}, {"job_id": "two"}, Reason.TERMS_DIFFER),
        ({"jobs_max": 2}, {}, Reason.TERMS_DIFFER),
        ({"max_rate": RATE - 1}, {}, Reason.TERMS_DIFFER),
        ({"unit_type": "seconds"}, {}, Reason.TERMS_DIFFER),
        ({"model": "other"}, {}, Reason.TERMS_DIFFER),
        ({"model": "other"}, {"model": "other"}, Reason.NOT_OFFERED),
        ({"cap": 999}, {}, Reason.TERMS_DIFFER),
        ({"dispute_window": 3_601}, {}, Reason.TERMS_DIFFER),
        ({"expires_at": 4}, {}, Reason.EXPIRES_TOO_SOON),
    ],
)
def test_reservation_that_does_not_fit_is_not_worked_for(
    node: LedgerNode,
    miner: MinerUnderTest,
    terms: dict[str, object],
    request_fields: dict[str, object],
    reason: Reason,
) -> None:
    request = a_request(reservation_id=reserved(node, **terms), **request_fields)
    assert say(miner, request) == Refused(reason)
    assert miner.worker.worked == 0


def test_reservation_of_any_model_is_worked_for(node: LedgerNode, miner: MinerUnderTest) -> None:
    assert isinstance(say(miner, a_request(reservation_id=reserved(node, model=""))), Done)


def test_reservation_that_nobody_made_or_that_has_ended_is_told(
    node: LedgerNode, miner: MinerUnderTest
) -> None:
    assert say(miner, a_request()) == Refused(Reason.UNKNOWN_RESERVATION)
    ended = reserved(node, expires_at=5)
    node.blocks_until(8)
    assert say(miner, a_request(reservation_id=ended)) == Refused(Reason.RESERVATION_ENDED)


def test_node_that_is_away_is_told(node: LedgerNode, miner: MinerUnderTest) -> None:
    node.is_away = True
    assert say(miner, a_request()) == Refused(Reason.NODE_AWAY)


def test_work_that_fails_is_told_and_told_again(node: LedgerNode, tmp_path: Path) -> None:
    miner = a_miner(node, tmp_path, worker=Answers(failing(Reason.OUTPUT_TOO_LARGE)))
    request = a_request(reservation_id=reserved(node))
    for _ in range(2):
        assert say(miner, request) == Refused(Reason.OUTPUT_TOO_LARGE)
    assert miner.worker.worked == 1


def test_cancelled_before_it_began_it_is_given_back_and_never_begun(
    node: LedgerNode, miner: MinerUnderTest
) -> None:
    reservation_id = reserved(node)
    cancel = a_request(ask=Ask.CANCEL, reservation_id=reservation_id)
    assert say(miner, cancel) == Refused(Reason.RELEASED)
    assert say(miner, a_request(reservation_id=reservation_id)) == Refused(Reason.RELEASED)
    work = miner.book.find(reservation_id)
    assert work is not None
    assert work.state is WorkState.FAILED
    assert miner.worker.worked == 0


def test_cancelled_after_it_was_done_it_is_not_given_back(
    node: LedgerNode, miner: MinerUnderTest
) -> None:
    reservation_id = reserved(node)
    say(miner, a_request(reservation_id=reservation_id))
    cancel = a_request(ask=Ask.CANCEL, reservation_id=reservation_id)
    assert say(miner, cancel) == Refused(Reason.AT_WORK)


def test_claim_waits_while_a_client_may_accept(node: LedgerNode, miner: MinerUnderTest) -> None:
    reservation_id = reserved(node)
    request = a_request(reservation_id=reservation_id)
    first, second = (miner.desk.take(request.encode()) for _ in range(2))
    assert miner.desk.is_awaited(reservation_id)
    first.conclude(None)
    assert miner.desk.is_awaited(reservation_id)
    second.conclude(b"nonsense")
    assert not miner.desk.is_awaited(reservation_id)
