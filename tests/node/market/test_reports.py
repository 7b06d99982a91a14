import json
from dataclasses import replace
from pathlib import Path

from chain.primitives import Hash
from node.market.chain_states import OfferState, ReceiptState
from node.market.job_book import AttemptState, Job, JobState, Result
from node.market.reports import (
    Earning,
    Earnings,
    earnings_of,
    job_document,
    job_lines,
    offer_document,
)
from tests.node.market.test_desk import reserved, say
from tests.node.market.test_job_book import ATTEMPT, TERMS
from tests.node.market.test_messages import a_request
from tests.support.builders import key_of
from tests.support.market_people import a_miner
from tests.support.market_world import LedgerNode

PAID = replace(ATTEMPT, state=AttemptState.PAID, amount=5_000_000, receipt_hash=Hash(b"\7" * 32))
RETURNED = replace(ATTEMPT, state=AttemptState.RETURNED, reason="work_failed")
RESULT = Result(Job("one", JobState.DONE, TERMS, 1_000), (RETURNED, replace(PAID, number=2)))


def test_document_of_a_job_says_what_was_paid_and_nothing_private() -> None:
    document = job_document(RESULT)
    assert (document["state"], document["paid"]) == ("done", "5000000")
    first, second = document["attempts"]
    assert (first["reason"], first["receiptHash"]) == ("work_failed", None)
    assert (second["reason"], second["receiptHash"]) == (None, "0x" + "07" * 32)
    assert "parameters" not in json.dumps(document)
    assert "check" not in json.dumps(document)


def test_lines_of_a_job_say_the_same() -> None:
    text = "\n".join(job_lines(RESULT))
    assert "one  done" in text
    assert "5.000000 AITBC" in text
    assert "returned (work_failed)" in text
    assert "receipt     0x0707" in text


def test_offer_is_told_in_base_units() -> None:
    offer = OfferState(key_of("miner").address, "m", "gpu_seconds", 5, 1, 9)
    assert offer_document(offer)["rate"] == "5"


def test_earnings_are_added_up_by_model() -> None:
    paid = ReceiptState(Hash(bytes(32)), "m", "paid", 100, 90, 10, 1)
    earning = Earning("m")
    for one in (
        paid,
        paid,
        replace(paid, status="pending"),
        replace(paid, status="refunded", paid=0),
    ):
        earning.add(one)
    assert (earning.jobs, earning.paid, earning.fees, earning.waiting) == (4, 180, 20, 100)
    found = Earnings((earning,), is_complete=True)
    document = found.document(key_of("miner").address)
    assert (document["paid"], document["waiting"], document["isComplete"]) == ("180", "100", True)
    assert found.rows()[-1] == ("all", 4, "0.000180", "0.000020", "0.000100")


def test_earnings_agree_with_the_chain(node: LedgerNode, tmp_path: Path) -> None:
    miner = a_miner(node, tmp_path)
    before = node.chain.balance("miner")
    say(miner, a_request(reservation_id=reserved(node)))
    for _ in range(30):
        miner.collector.step()
    (earning,) = earnings_of(node.view, miner.account.key.address).models
    assert earning.paid == node.chain.balance("miner") - before > 0
