"""Reservations past their expiry are found while their claims wait."""

from chain.store.overdue_queries import overdue_reservations
from tests.support.builders import a_claim, a_receipt, a_reserve
from tests.support.stored_chain import StoredChain


def test_reservation_whose_claim_waits_is_found_until_it_has_ended(stored: StoredChain) -> None:
    genesis_hash = stored.chain.genesis.hash
    waits = a_reserve(expires_at=4, dispute_window=6)
    other = a_reserve(nonce=1, job_id="other", expires_at=4)
    stored.block(waits, other)
    receipt = stored.chain.keep(a_receipt(reservation_id=waits.id(genesis_hash)))
    stored.block(a_claim(receipt))
    reader = stored.reader()
    found = {}
    for _ in range(10):
        height = reader.tip().height
        found[height] = [(one.id, due) for one, due in overdue_reservations(reader)]
        stored.block()
    reader.close()
    there = [height for height, one in found.items() if one]
    assert there == [4, 5, 6, 7]
    assert found[4] == [(waits.id(genesis_hash), 8)]
