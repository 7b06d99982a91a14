"""From rows to the state: what the writer's tests do not reach."""

import pytest

from chain.errors import StoreError
from chain.store.loading import LINKED_BLOCKS, check_database, load_ledger, load_validators
from chain.validators import ValidatorSet
from tests.support.builders import a_validator_set
from tests.support.stored_chain import StoredChain, Story


def test_writer_knows_after_loading_what_it_knew_before(stored: StoredChain, story: Story) -> None:
    connection, book = stored.writer._connection, stored.writer._book
    with connection.begin():
        ledger, loaded = load_ledger(connection, stored.chain.genesis)
    assert loaded == book
    assert ledger.total() == ledger.supply
    assert len(loaded.claims) == 2


def test_set_of_validators_stays_until_the_next_begins(stored: StoredChain) -> None:
    (payee,) = (validator.payee for validator in stored.chain.genesis.validators)
    later = ValidatorSet(a_validator_set(3))
    connection = stored.writer._connection
    with connection.begin() as transaction:
        (number,) = connection.exec_driver_sql(
            "SELECT number FROM account WHERE address = ?", (payee,)
        ).one()
        for position, one in enumerate(later):
            connection.exec_driver_sql(
                "INSERT INTO validator VALUES (?, ?, ?, ?, ?)",
                (10, position, one.public_key, one.name, number),
            )
        assert load_validators(connection, 0) == stored.chain.genesis.validators
        assert load_validators(connection, 9) == stored.chain.genesis.validators
        assert [one.public_key for one in load_validators(connection, 10)] == [
            one.public_key for one in later
        ]
        transaction.rollback()


def test_long_chain_is_checked_at_its_end_only(stored: StoredChain) -> None:
    stored.blocks_until(LINKED_BLOCKS + 3)
    connection = stored.writer._connection
    with connection.begin() as transaction:
        connection.exec_driver_sql("UPDATE block SET header = x'00' WHERE height = 2")
        check_database(connection, stored.chain.genesis)
        transaction.rollback()


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE reservation RENAME COLUMN expires_at TO expires_av",
        "ALTER TABLE reservation RENAME TO reservatiom",
    ],
)
def test_name_that_rotted_in_the_file_is_damage(stored: StoredChain, change: str) -> None:
    stored.tamper(change)
    with pytest.raises(StoreError, match="columns of table reservation are not its own"):
        stored.reopen()


def test_text_that_rotted_in_the_file_is_damage(stored: StoredChain, story: Story) -> None:
    stored.tamper("UPDATE reservation SET unit_type = CAST(x'6770f5' AS TEXT)")
    with pytest.raises(StoreError, match=r"database is damaged .*UTF-8.* let the node sync again"):
        stored.reopen()
