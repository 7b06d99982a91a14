"""The end of a block: what is due is done in order, what is stale is forgotten, both bounded."""

import pytest

from chain import block_end
from chain.block_end import finish_block
from chain.errors import DuplicateJob
from chain.execution import start_execution
from chain.outcome import OutcomeKind
from chain.primitives import DUE_WORK_MAX, FORGET_MAX, IDEMPOTENCY_HEIGHTS, Hash
from chain.records import TakenRecord, taken_job_key
from chain.transition import Execution, apply_transaction
from tests.support.builders import GENESIS_HASH, a_ledger, a_release, a_reserve, a_signed, key_of
from tests.support.chain import Chain, check_invariants, rebuilt
from tests.support.policy import a_grant, an_offer


def many_reservations(count: int) -> tuple[Chain, list[Hash]]:
    """Return a chain with ``count`` reservations of 1 base unit that end at height 5."""
    chain = Chain()
    reserves = [
        a_reserve(nonce=number, job_id=f"job-{number}", cap=1, expires_at=5)
        for number in range(count)
    ]
    chain.block(*reserves)
    return chain, sorted(reserve.id(GENESIS_HASH) for reserve in reserves)


def test_one_block_ends_256_expired_reservations_in_order() -> None:
    chain, ids = many_reservations(DUE_WORK_MAX + 3)
    chain.blocks_until(4)
    assert not chain.blocks[-1].due_outcomes
    first, second, third = chain.block(), chain.block(), chain.block()
    assert [one.subject for one in first.due_outcomes] == ids[:DUE_WORK_MAX]
    assert [one.subject for one in second.due_outcomes] == ids[DUE_WORK_MAX:]
    assert {one.kind for one in first.due_outcomes} == {OutcomeKind.EXPIRED}
    assert not third.due_outcomes
    assert chain.balance("client") == 1_000_000


def test_overdue_reservation_may_still_be_released() -> None:
    chain, ids = many_reservations(DUE_WORK_MAX + 2)
    chain.blocks_until(5)
    released = chain.block(a_release(ids[-1], by="client", nonce=DUE_WORK_MAX + 2))
    assert [one.subject for one in released.due_outcomes] == [ids[-2]]
    assert chain.balance("client") == 1_000_000


def test_older_due_work_comes_first() -> None:
    chain = Chain()
    chain.block(
        *(
            a_reserve(nonce=number, job_id=f"job-{number}", cap=1, expires_at=expires_at)
            for number, expires_at in enumerate((4, 3, 4, 3))
        )
    )
    chain.block()
    assert [len(chain.block().due_outcomes) for _ in range(2)] == [2, 2]


def forgetful_execution(count: int, *, until: int, height: int) -> Execution:
    """Return a block's execution at ``height`` with ``count`` idempotency records to forget."""
    ledger = a_ledger()
    client = key_of("client").address
    for number in range(count):
        record = TakenRecord(reservation_id=GENESIS_HASH, until=until)
        ledger.records[taken_job_key(client, f"job-{number}")] = record
    ledger = rebuilt(ledger)
    ledger.height = height - 1
    return start_execution(ledger, next(iter(ledger.validators)).public_key)


def test_job_id_is_free_again_after_its_last_height() -> None:
    again = Chain().verify(a_reserve(job_id="job-0", expires_at=150, valid_until=150))
    with pytest.raises(DuplicateJob):
        apply_transaction(forgetful_execution(1, until=100, height=100), again)
    apply_transaction(forgetful_execution(1, until=100, height=101), again)


def test_job_id_stays_taken_86400_heights_after_expiry() -> None:
    chain = Chain()
    chain.block(a_reserve(expires_at=50))
    record = chain.ledger.records[taken_job_key(key_of("client").address, "job-1")]
    assert isinstance(record, TakenRecord)
    assert record.until == 50 + IDEMPOTENCY_HEIGHTS


def finish(execution: Execution) -> None:
    """Finish a block of an execution and take it over."""
    finish_block(execution)
    state = execution.state
    update = state.ledger.commitment.compute(state.changes.items())
    state.ledger.advance(
        state, update, height=state.height, tip_hash=GENESIS_HASH, tip_time_ms=state.height
    )
    check_invariants(state.ledger)


def test_stale_records_leave_the_state_a_bounded_number_at_a_time() -> None:
    execution = forgetful_execution(FORGET_MAX + 2, until=100, height=101)
    ledger = execution.state.ledger
    finish(execution)
    assert len(ledger.forget.keys) == 2
    finish(start_execution(ledger, next(iter(ledger.validators)).public_key))
    assert not ledger.forget.keys
    assert not any(isinstance(record, TakenRecord) for record in ledger.records.values())


def test_record_taken_again_is_forgotten_at_its_later_height_only() -> None:
    """Its old entry must leave the queue at once: a node that starts afresh never had it."""
    execution = forgetful_execution(FORGET_MAX + 1, until=100, height=101)
    client = key_of("client").address
    last = max(taken_job_key(client, f"job-{number}") for number in range(FORGET_MAX + 1))
    again = a_reserve(job_id=last[22:].decode(), cap=1, expires_at=150, valid_until=150)
    apply_transaction(execution, Chain().verify(again))
    finish(execution)
    assert len(execution.state.ledger.forget.keys) == 1


def test_grants_and_offers_that_ended_are_forgotten_by_themselves() -> None:
    chain = Chain()
    grants = [a_signed(a_grant(f"k{n}", expires_at=4), nonce=n) for n in range(3)]
    offers = [a_signed(an_offer(model=f"m{n}", expires_at=4), nonce=3 + n) for n in range(3)]
    before = len(chain.ledger.records)
    chain.block(*grants, *offers)
    assert len(chain.ledger.records) > before
    chain.blocks_until(4)
    assert len(chain.ledger.forget.keys) == 6
    chain.block()
    assert not chain.ledger.forget.keys
    assert len(chain.ledger.records) == before + 1  # the nonce of the client


def test_stale_grants_leave_a_bounded_number_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_end, "FORGET_MAX", 2)
    chain = Chain()
    chain.block(*(a_signed(a_grant(f"k{n}", expires_at=4), nonce=n) for n in range(5)))
    chain.blocks_until(5)
    assert len(chain.ledger.forget.keys) == 3
    chain.block(a_signed(a_grant("k9"), nonce=5))  # drops what is stale itself
    assert len(chain.ledger.forget.keys) == 1
