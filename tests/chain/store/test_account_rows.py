"""Accounts and the audit, at the edges that the story does not reach."""

from chain.store.audit_queries import recount_supply
from tests.support.builders import PRICED, a_claim, a_genesis, a_receipt, a_reserve, key_of
from tests.support.stored_chain import StoredChain, Story


def test_provider_that_was_only_named_has_no_balance(stored: StoredChain) -> None:
    stored.block(a_reserve(provider=key_of("newcomer").address))
    reader = stored.reader()
    account = reader.find_account(key_of("newcomer").address)
    assert account is not None
    assert (account.balance, account.nonces, account.reserved) == (None, (), 0)
    assert [one.height for one in reader.history_page(key_of("newcomer").address)] == [1]
    reader.close()
    assert stored.reopen().records == stored.chain.ledger.records


def test_reservation_for_any_provider_names_none(stored: StoredChain) -> None:
    reserve = a_reserve(provider=bytes(20), dispute_window=2)
    stored.block(reserve)
    reader = stored.reader()
    found = reader.find_reservation(reserve.id(stored.chain.genesis.hash))
    assert found is not None
    assert (found.provider, found.dispute_window, found.claims) == (None, 2, ())
    reader.close()


def test_closing_reservation_holds_only_what_is_claimed(stored: StoredChain) -> None:
    reserve = a_reserve(dispute_window=5)
    stored.block(reserve)
    reservation_id = reserve.id(stored.chain.genesis.hash)
    receipt = stored.chain.keep(a_receipt(reservation_id=reservation_id, price=200))
    stored.block(a_claim(receipt, final=True))
    reader = stored.reader()
    found, client = (
        reader.find_reservation(reservation_id),
        reader.find_account(key_of("client").address),
    )
    assert found is not None
    assert client is not None
    assert (found.status, found.pending) == ("closing", 200)
    assert (client.reserved, client.pending) == (0, 200)
    assert recount_supply(reader.connection).pending == 200
    reader.close()
    stored.blocks_until(7)
    assert stored.reopen().records == stored.chain.ledger.records


def test_audit_counts_fees_in_the_treasury(stored: StoredChain, story: Story) -> None:
    stored.close()
    folder = stored.path.parent / "priced"
    folder.mkdir()
    priced = StoredChain(folder, a_genesis(parameters=PRICED, treasury=77))
    priced.block(a_reserve(fee=500))
    reader = priced.reader()
    audit = recount_supply(reader.connection)
    assert (audit.treasury, audit.reserved, audit.difference) == (77 + 250, 300, 0)
    reader.close()
    priced.close()


def test_audit_finds_money_out_of_nothing(stored: StoredChain, story: Story) -> None:
    stored.tamper("UPDATE account SET balance = balance + 5 WHERE number = 2")
    reader = stored.reader()
    assert recount_supply(reader.connection).difference == 5
    reader.close()
