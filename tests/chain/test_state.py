"""The state: a draft that rolls back without a trace, and a ledger that conserves money."""

import random

import pytest

from chain.due import due_key
from chain.errors import InsufficientBalance
from chain.outcome import OutcomeKind
from chain.primitives import AMOUNT_MAX, Address
from chain.records import (
    TREASURY_KEY,
    ClaimRecord,
    ClaimStatus,
    Record,
    ReservationRecord,
    TakenRecord,
    balance_key,
    nonce_key,
    reservation_key,
    taken_job_key,
)
from chain.state import State, held
from tests.support.builders import GENESIS_HASH, a_ledger, key_of
from tests.support.chain import rebuilt
from tests.support.random_run import play

CLIENT = key_of("client")
SOMEBODY = Address(b"s" * 20)


def view(state: State) -> tuple[object, ...]:
    """Return all that a draft can be seen by."""
    records = dict(state.ledger.records)
    for key, record in state.changes.items():
        if record is None:
            records.pop(key, None)
        else:
            records[key] = record
    return (
        records,
        list(state.due.until(100)),
        list(state.forget.until(100)),
        frozenset(state.due.added),
        frozenset(state.due.removed),
        frozenset(state.forget.added),
        frozenset(state.forget.removed),
    )


def shake(state: State, dice: random.Random) -> None:
    """Change something at random."""
    key = balance_key(Address(bytes([dice.randrange(6)]) * 20))
    queue = dice.choice((state.due, state.forget))
    work = due_key(dice.randrange(1, 60), bytes([dice.randrange(4)]))
    waiting = (work in queue.queue or work in queue.added) and work not in queue.removed
    match dice.randrange(3):
        case 0:
            state.put(key, dice.choice((None, dice.randrange(1_000))))
        case _ if waiting:
            state.unschedule(queue, work)
        case _:
            state.schedule(queue, work)


@pytest.mark.parametrize("seed", range(8))
def test_rollback_restores_everything(seed: int) -> None:
    dice = random.Random(seed)
    ledger = a_ledger()
    first = State(ledger)
    for _ in range(60):
        shake(first, dice)
    update = ledger.commitment.compute(first.changes.items())
    ledger.advance(first, update, height=1, tip_hash=GENESIS_HASH, tip_time_ms=1)
    state = State(ledger)
    marks = []
    for _ in range(200):
        if marks and dice.random() < 0.15:
            place = dice.randrange(len(marks))
            mark, before = marks[place]
            del marks[place:]
            state.rollback(mark)
            assert view(state) == before
        elif dice.random() < 0.2:
            marks.append((state.checkpoint(), view(state)))
        else:
            shake(state, dice)
    state.rollback(0)
    assert view(state) == view(State(ledger))


def test_draft_sees_the_ledger_beneath_it() -> None:
    ledger = a_ledger({"client": 70})
    state = State(ledger)
    assert state.height == 1
    assert state.find_balance(CLIENT.address) == 70
    assert state.find_balance(SOMEBODY) is None
    assert state.nonce(CLIENT.address, CLIENT.public_key) == 0
    assert state.find_reservation(GENESIS_HASH) is None
    assert state.find_taken(taken_job_key(CLIENT.address, "j")) is None
    state.credit(SOMEBODY, 5)
    state.debit(CLIENT.address, 70)
    assert (state.find_balance(SOMEBODY), state.find_balance(CLIENT.address)) == (5, 0)
    assert ledger.records[balance_key(CLIENT.address)] == 70


def test_nobody_goes_below_zero() -> None:
    state = State(a_ledger({"client": 70}))
    with pytest.raises(InsufficientBalance) as refusal:
        state.debit(CLIENT.address, 71)
    assert (refusal.value.needed, refusal.value.available) == (71, 70)
    with pytest.raises(InsufficientBalance):
        state.debit(SOMEBODY, 1)


def test_no_balance_goes_above_all_money() -> None:
    state = State(a_ledger({"client": AMOUNT_MAX}))
    with pytest.raises(AssertionError):
        state.credit(CLIENT.address, 1)


def test_created_money_is_seen() -> None:
    state = State(a_ledger())
    state.credit(SOMEBODY, 5)
    assert state.money_created() == 5
    state.debit(CLIENT.address, 7)
    state.credit_treasury(2)
    assert state.money_created() == 0


def a_reservation(**fields: object) -> ReservationRecord:
    defaults: dict[str, object] = {
        "client": CLIENT.address,
        "job_id": "j",
        "provider": SOMEBODY,
        "model": "",
        "unit_type": "u",
        "max_rate": 1,
        "cap": 100,
        "spent": 30,
        "pending": 20,
        "jobs_max": 1,
        "expires_at": 9,
        "dispute_window": 5,
        "closing": False,
    }
    return ReservationRecord(**(defaults | fields))


@pytest.mark.parametrize(
    ("key", "record", "amount"),
    [
        (balance_key(SOMEBODY), 7, 7),
        (TREASURY_KEY, 7, 7),
        (nonce_key(SOMEBODY, CLIENT.public_key), 7, 0),
        (taken_job_key(SOMEBODY, "j"), TakenRecord(GENESIS_HASH, 7), 0),
        (reservation_key(GENESIS_HASH), a_reservation(), 70),
        (reservation_key(GENESIS_HASH), a_reservation(closing=True), 20),
        (balance_key(SOMEBODY), None, 0),
    ],
)
def test_what_a_record_holds(key: bytes, record: Record | None, amount: int) -> None:
    assert held(key, record) == amount


def test_queues_are_derived_from_the_records() -> None:
    claim = ClaimRecord(
        receipt_hash=GENESIS_HASH,
        job_id="j",
        provider=SOMEBODY,
        amount=20,
        fee=1,
        due_height=12,
        status=ClaimStatus.PENDING,
        fields_root=GENESIS_HASH,
    )
    ledger = a_ledger()
    ledger.records[reservation_key(GENESIS_HASH)] = a_reservation(claims=(claim,))
    taken = taken_job_key(CLIENT.address, "j")
    ledger.records[taken] = TakenRecord(GENESIS_HASH, 44)
    fresh = rebuilt(ledger)
    due = [due_key(9, GENESIS_HASH), due_key(12, GENESIS_HASH + GENESIS_HASH)]
    assert fresh.due.keys == due
    assert fresh.forget.keys == [due_key(44, taken)]


@pytest.mark.parametrize("seed", [1, 2, 3, 5])
def test_random_run_keeps_every_invariant(seed: int) -> None:
    """Each block is proposed, followed and checked; the seed in the test's name gives it again."""
    run = play(seed=seed, blocks=120)
    assert run.tried > 500
    every_kind = {kind.name for kind in OutcomeKind}
    while run.kinds != every_kind:
        run.make_block()
        assert run.chain.height < 600, f"never seen: {every_kind - run.kinds}"
