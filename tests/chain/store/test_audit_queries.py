"""Where every unit is, after every block of a random life, and in a small one."""

from pathlib import Path

import pytest

from chain.errors import StoreError
from chain.store.audit_queries import AuditReader, recount_supply
from tests.support.builders import PRICED, a_genesis, a_reserve
from tests.support.market_run import stored_run
from tests.support.stored_chain import StoredChain, Story


@pytest.mark.parametrize("seed", range(1, 4))
def test_every_height_adds_up_as_it_did_when_it_was_the_tip(tmp_path: Path, seed: int) -> None:
    stored, run = stored_run(tmp_path, seed)
    reader = stored.reader()
    audit, counted = AuditReader(reader), []
    for _ in range(60):
        stored.store(run.make_block())
        with reader.snapshot():
            counted.append(recount_supply(reader.connection))
        assert audit.supply() == counted[-1], f"seed {seed}"
    assert [audit.supply(one.height) for one in counted] == counted, f"seed {seed}"
    assert {one.difference for one in counted} == {0}
    assert any(one.bonds for one in counted)
    assert any(one.pending and one.reserved for one in counted)
    reader.close()
    stored.close()


def test_genesis_is_a_height_too(stored: StoredChain, story: Story) -> None:
    reader = stored.reader()
    first = AuditReader(reader).supply(0)
    assert first is not None
    assert (first.height, first.supply, first.balances) == (0, 2_000_000, 2_000_000)
    assert AuditReader(reader).supply(7) is None
    reader.close()


def test_fees_went_to_the_treasury_and_to_proposers(tmp_path: Path) -> None:
    priced = StoredChain(tmp_path, a_genesis(parameters=PRICED, treasury=77))
    priced.block(a_reserve(fee=501))
    reader = priced.reader()
    audit = AuditReader(reader)
    fees, money = audit.fees(1), audit.supply()
    assert fees is not None
    assert money is not None
    assert (fees.fees, fees.treasury, fees.proposers) == (501, 251, 250)
    assert (money.treasury, money.reserved, money.difference) == (77 + 251, 300, 0)
    assert audit.fees(2) is None
    reader.close()
    priced.close()


def test_start_refuses_totals_that_are_not_the_states(stored: StoredChain, story: Story) -> None:
    stored.tamper(
        "UPDATE chain_total SET reserved = reserved - 1, bonds = bonds + 1 WHERE height = 6"
    )
    with pytest.raises(StoreError, match="totals"):
        stored.reopen()


def test_recount_finds_money_out_of_nothing(stored: StoredChain, story: Story) -> None:
    stored.tamper("UPDATE account SET balance = balance + 5 WHERE number = 2")
    reader = stored.reader()
    assert recount_supply(reader.connection).difference == 5
    reader.close()
