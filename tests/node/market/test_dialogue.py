from pathlib import Path

import pytest

from chain.errors import PeerError
from node.market import dialogue as dialogue_module
from node.market.correspondence import Judge
from node.market.dialogue import FOR_NOW, GIVEN_BACK, Asking, Dialogue
from node.market.job_book import AttemptState, Terms
from node.market.messages import Ask, JobRequest, Reason
from node.market.replies import Offered, Refused
from tests.support.market_people import LINE, Answers, Street, a_street
from tests.support.market_world import LedgerNode, reservation_of

TERMS = Terms(model=LINE[0], max_price=300_000, parameters="{}")


class Refuser:
    """A miner that refuses with one reason after the other, or is away where there is none."""

    def __init__(self, *reasons: Reason | None) -> None:
        self.reasons = list(reasons)
        self.requests: list[JobRequest] = []

    def enquire(self, model: str, unit_type: str) -> Offered | Refused:
        raise NotImplementedError

    def ask(self, request: JobRequest, judge: Judge, *, timeout_ms: int) -> Refused | None:
        assert callable(judge)
        assert timeout_ms > 0
        self.requests.append(request)
        reason = self.reasons.pop(0)
        if reason is None:
            raise PeerError(detail="away")
        return Refused(reason)

    @property
    def asks(self) -> list[Ask]:
        return [one.ask for one in self.requests]


def dialogue_with(street: Street, miner: Refuser, terms: Terms = TERMS) -> Dialogue:
    street.client.add(terms, b"abc", job_id="one")
    (attempt,) = street.client.reserve("one").attempts
    return Dialogue(street.account, street.book, terms, miner, attempt)


def ask(node: LedgerNode, dialogue: Dialogue) -> None:
    dialogue._ask_ms = 0
    dialogue.ask(reservation_of(node, dialogue.attempt.reservation_id))


def test_reasons_are_either_passing_or_final() -> None:
    assert not FOR_NOW & GIVEN_BACK


@pytest.mark.parametrize("reason", sorted(FOR_NOW))
def test_passing_reason_is_asked_again(node: LedgerNode, tmp_path: Path, reason: Reason) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        miner = Refuser(reason, None, reason)
        dialogue = dialogue_with(street, miner)
        for _ in range(3):
            ask(node, dialogue)
        assert miner.asks == [Ask.WORK] * 3
        assert dialogue.attempt.reason == ""


@pytest.mark.parametrize("reason", sorted(GIVEN_BACK))
def test_work_that_is_given_back_is_not_asked_for_again(
    node: LedgerNode, tmp_path: Path, reason: Reason
) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        miner = Refuser(reason)
        dialogue = dialogue_with(street, miner)
        ask(node, dialogue)
        ask(node, dialogue)
        assert miner.asks == [Ask.WORK]
        assert dialogue.attempt.reason == reason


def test_any_other_reason_makes_the_client_cancel(node: LedgerNode, tmp_path: Path) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        miner = Refuser(Reason.TERMS_DIFFER, None, Reason.RELEASED)
        dialogue = dialogue_with(street, miner)
        for _ in range(4):
            ask(node, dialogue)
        assert miner.asks == [Ask.WORK, Ask.CANCEL, Ask.CANCEL]
        assert dialogue.attempt.reason == "terms_differ"
        assert dialogue.asking is Asking.NOTHING


def test_cancel_that_a_miner_at_work_refuses_is_tried_again(
    node: LedgerNode, tmp_path: Path
) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        miner = Refuser(Reason.AT_WORK, Reason.WORK_FAILED)
        dialogue = dialogue_with(street, miner)
        dialogue.give_up("released")
        for _ in range(3):
            ask(node, dialogue)
        assert miner.asks == [Ask.CANCEL, Ask.CANCEL]
        assert dialogue.attempt.reason == "released"


def test_cancelling_tells_the_miner_nothing_private(node: LedgerNode, tmp_path: Path) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        miner = Refuser(Reason.NOT_OFFERED, Reason.RELEASED)
        dialogue = dialogue_with(street, miner)
        ask(node, dialogue)
        ask(node, dialogue)
        work, cancel = miner.requests
        assert (work.input, work.parameters) == (b"abc", b"{}")
        assert (cancel.input, cancel.parameters) == (b"", b"")


def test_miner_that_takes_too_long_is_cancelled(
    node: LedgerNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        miner = Refuser(None, None)
        dialogue = dialogue_with(street, miner)
        ask(node, dialogue)
        dialogue._deadline_ms = 0
        ask(node, dialogue)
        assert miner.asks == [Ask.WORK, Ask.CANCEL]
        assert dialogue.attempt.reason == "work_timed_out"
        assert dialogue.attempt.state is AttemptState.RESERVED
        monkeypatch.setattr(dialogue_module, "ASK_AGAIN_MS", 60_000)
        dialogue._ask_ms = 2**60
        dialogue.ask(None)
        assert len(miner.requests) == 2
