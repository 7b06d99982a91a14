from pathlib import Path

import pytest

from chain.claim import Acceptance, ClaimTransaction, acceptance_bytes
from chain.transaction import decode_transaction
from node.market import workshop as workshop_module
from node.market.messages import Reason
from node.market.replies import Done, Objection, decode_reply, encode_verdict
from node.market.work_book import WorkState
from node.market.workshop import WAITING_PER_WORKER
from tests.node.market.test_desk import reserved
from tests.node.market.test_messages import a_request
from tests.support.builders import GENESIS_HASH, key_of
from tests.support.market_people import RATE, Answers, MinerUnderTest, a_miner
from tests.support.market_world import LedgerNode, reservation_of


def begun(node: LedgerNode, miner: MinerUnderTest, **terms: object) -> bytes:
    """Have a reserved job begun; return the reservation's id."""
    reservation_id = reserved(node, **terms)
    reservation = reservation_of(node, reservation_id)
    request = a_request(reservation_id=reservation_id, job_id=reservation.job_id)
    client = key_of("client").address
    assert miner.workshop.begin(request, client, reservation, rate=RATE) is None
    return reservation_id


def state_of(miner: MinerUnderTest, reservation_id: bytes) -> tuple[WorkState, Reason | None]:
    (work,) = [
        one for one in miner.book.in_state(*WorkState) if one.reservation_id == reservation_id
    ]
    return work.state, work.reason


def acceptance(miner: MinerUnderTest, reservation_id: bytes, by: str = "client") -> bytes:
    """Return a person's acceptance of what was signed."""
    reply = decode_reply(miner.book.reply(reservation_id))  # type: ignore[arg-type] # an id
    assert isinstance(reply, Done)
    claim = decode_transaction(reply.claim)
    assert isinstance(claim, ClaimTransaction)
    message = acceptance_bytes(claim.claim, genesis_hash=GENESIS_HASH)
    key = key_of(by)
    return encode_verdict(Acceptance(key.public_key, key.sign(message)))


def is_accepted(miner: MinerUnderTest, reservation_id: bytes) -> bool:
    claim = decode_transaction(miner.book.signed(reservation_id)[1])  # type: ignore[arg-type] # an id
    assert isinstance(claim, ClaimTransaction)
    return claim.acceptance is not None


def test_work_is_signed_and_written_down(node: LedgerNode, tmp_path: Path) -> None:
    miner = a_miner(node, tmp_path)
    reservation_id = begun(node, miner)
    assert state_of(miner, reservation_id) == (WorkState.SIGNED, None)
    assert not miner.workshop.is_at_work(reservation_id)  # type: ignore[arg-type] # an id


def test_work_takes_no_longer_than_is_paid_for(node: LedgerNode, tmp_path: Path) -> None:
    miner = a_miner(node, tmp_path)
    begun(node, miner, cap=300_000)
    assert miner.worker.time_ms == 300
    begun(node, miner, nonce=1, cap=5_000_000, job_id="two")
    assert miner.worker.time_ms == 1_000


def test_output_that_comes_after_the_expiry_is_not_given_away(
    node: LedgerNode, tmp_path: Path
) -> None:
    def be_late(input_: bytes) -> bytes:
        node.blocks_until(50)
        return input_

    miner = a_miner(node, tmp_path, worker=Answers(be_late))
    reservation_id = begun(node, miner, expires_at=20)
    assert state_of(miner, reservation_id) == (WorkState.FAILED, Reason.EXPIRES_TOO_SOON)


def test_what_was_under_way_is_given_up_at_the_next_start(node: LedgerNode, tmp_path: Path) -> None:
    def die(_: bytes) -> bytes:
        raise KeyboardInterrupt

    miner = a_miner(node, tmp_path, worker=Answers(die))
    reservation_id = begun(node, miner)
    assert [type(one) for one in miner.faults] == [KeyboardInterrupt]
    assert state_of(miner, reservation_id) == (WorkState.WORKING, None)
    again = a_miner(node, tmp_path)
    assert state_of(again, reservation_id) == (WorkState.FAILED, Reason.INTERRUPTED)


def test_acceptance_of_the_client_goes_beside_the_claim(node: LedgerNode, tmp_path: Path) -> None:
    miner = a_miner(node, tmp_path)
    reservation_id, client = begun(node, miner), key_of("client").address
    stranger = acceptance(miner, reservation_id, by="stranger")
    own = acceptance(miner, reservation_id)
    forged = own[:-1] + bytes((own[-1] ^ 1,))
    for word in (stranger, forged, encode_verdict(Objection.OUTPUT), b"nonsense"):
        miner.workshop.accept(reservation_id, client, word)  # type: ignore[arg-type] # an id
        assert not is_accepted(miner, reservation_id)
    miner.workshop.accept(reservation_id, client, own)  # type: ignore[arg-type] # an id
    assert is_accepted(miner, reservation_id)


def test_more_than_may_wait_is_busy(
    node: LedgerNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    miner = a_miner(node, tmp_path)
    monkeypatch.setattr(workshop_module, "WAITING_PER_WORKER", 0)
    reservation_id = reserved(node)
    miner.workshop._at_work.add(reservation_id)
    assert WAITING_PER_WORKER > 0
    assert miner.workshop.is_full
    request = a_request(reservation_id=reservation_id)
    client, reservation = key_of("client").address, reservation_of(node, reservation_id)
    assert miner.workshop.begin(request, client, reservation, rate=RATE) is Reason.BUSY
    assert miner.book.find(reservation_id) is None


def test_closing_stops_the_worker(node: LedgerNode, tmp_path: Path) -> None:
    stopped = []

    class Stoppable(Answers):
        def stop(self) -> None:
            stopped.append(True)

    miner = a_miner(node, tmp_path, worker=Stoppable())
    miner.workshop.close()
    assert stopped
