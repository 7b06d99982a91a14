"""The rows that a fresh database begins with."""

import pytest

from chain.errors import ConfigError
from chain.primitives import AMOUNT_MAX
from chain.store.writer import ChainWriter
from tests.support.builders import a_genesis
from tests.support.stored_chain import StoredChain, column


def test_accounts_validators_and_money_of_genesis_are_there(stored: StoredChain) -> None:
    connection = stored.writer._connection
    assert column(connection, "SELECT count(*) FROM account") == [4]
    assert column(connection, "SELECT sum(balance) FROM account") == [2_000_000]
    assert column(connection, "SELECT value FROM chain ORDER BY name") == [2_000_000, 0, 0]
    assert column(connection, "SELECT hash FROM block") == [stored.chain.genesis.hash]
    assert column(connection, "SELECT count(*) FROM validator") == [1]


def test_genesis_that_cannot_be_leaves_an_empty_file(stored: StoredChain) -> None:
    path = stored.path.with_name("other.db")
    with pytest.raises(ConfigError, match="is most"):
        ChainWriter.open(path, a_genesis({"client": AMOUNT_MAX, "miner": 1}))
    ChainWriter.open(path, a_genesis()).close()
