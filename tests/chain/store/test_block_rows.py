"""What the rows of a block say, beside what the queries' tests ask."""

from sqlalchemy import Row

from tests.support.builders import (
    PRICED,
    a_claim,
    a_genesis,
    a_receipt,
    a_release,
    a_reserve,
    an_accepted_claim,
    key_of,
)
from tests.support.stored_chain import StoredChain


def one(stored: StoredChain, sql: str) -> Row[tuple[object, ...]]:
    connection = stored.writer._connection
    with connection.begin():
        return connection.exec_driver_sql(sql).one()


def test_reservation_may_be_claimed_and_ended_in_its_own_block(stored: StoredChain) -> None:
    reserve = a_reserve()
    receipt = stored.chain.keep(a_receipt(reservation_id=reserve.id(stored.chain.genesis.hash)))
    stored.block(reserve, a_claim(receipt))
    stored.block()
    assert one(stored, "SELECT status, spent, ended_height FROM reservation")[:2] == ("open", 300)
    stored.blocks_until(50)
    assert one(stored, "SELECT status, spent, ended_height FROM reservation") == ("ended", 300, 50)


def test_reservation_may_end_in_its_own_block(stored: StoredChain) -> None:
    reserve = a_reserve()
    receipt = a_receipt(reservation_id=reserve.id(stored.chain.genesis.hash), price=120)
    stored.block(reserve, a_claim(stored.chain.keep(receipt), final=True))
    assert one(stored, "SELECT status, spent, ended_height FROM reservation") == ("ended", 120, 1)
    assert stored.reopen().records == stored.chain.ledger.records


def test_release_is_for_the_client(stored: StoredChain) -> None:
    reserve = a_reserve()
    stored.block(reserve, a_release(reserve.id(stored.chain.genesis.hash), by="miner"))
    row = one(stored, 'SELECT recipient, amount, returned FROM "transaction" WHERE kind = 4')
    client = one(
        stored, f"SELECT number FROM account WHERE address = x'{key_of('client').address.hex()}'"
    )
    assert row == (client[0], 0, 300)


def test_pending_claim_keeps_the_fee_it_will_pay(stored: StoredChain) -> None:
    stored.close()
    folder = stored.path.parent / "priced"
    folder.mkdir()
    priced = StoredChain(folder, a_genesis(parameters=PRICED))
    reserve = a_reserve(fee=500, cap=9_000, max_rate=6_000, dispute_window=2)
    priced.block(reserve)
    receipt = a_receipt(reservation_id=reserve.id(priced.chain.genesis.hash), price=9_000)
    priced.block(a_claim(priced.chain.keep(receipt)))
    fee, due = one(priced, "SELECT fee, due_height FROM receipt")
    assert one(priced, 'SELECT fee, pending FROM "transaction" WHERE kind = 3') == (0, 9_000)
    priced.blocks_until(4)
    assert due == 4
    assert priced.chain.blocks[3].due_outcomes[0].fee == fee
    assert one(priced, "SELECT fee, status FROM receipt") == (fee, "paid")
    priced.close()


def test_accepted_claim_is_paid_at_once(stored: StoredChain) -> None:
    reserve = a_reserve(dispute_window=9)
    stored.block(reserve)
    receipt = a_receipt(reservation_id=reserve.id(stored.chain.genesis.hash))
    stored.block(an_accepted_claim(stored.chain.keep(receipt)))
    assert one(stored, "SELECT status, due_height, settled_height FROM receipt") == ("paid", 0, 2)
