"""The rows that a fresh database begins with."""

from sqlalchemy import Connection

from chain.genesis import Genesis, genesis_ledger
from chain.primitives import Address
from chain.records import Table
from chain.store import statements
from chain.store.book import Book, Row
from chain.store.state_rows import SUPPLY, TREASURY, VALIDATORS
from chain.store.validator_rows import validator_rows


def write_genesis(connection: Connection, genesis: Genesis) -> None:
    """Write genesis as the block of height 0, its accounts, money, validators and parameters.

    Raises:
        ConfigError: the genesis gives out more than there can be.
    """
    book = Book()
    ledger = genesis_ledger(genesis)
    accounts: list[Row] = []
    for key, balance in ledger.records.items():
        if key[0] == Table.BALANCE and isinstance(balance, int):
            number = book.number(Address(key[1:]))
            accounts.append((number, key[1:], balance))
            book.put_balance(number, balance)
    validators = validator_rows(genesis.validators, book, from_height=1)
    numbers: list[Row] = [
        (TREASURY, genesis.treasury),
        (SUPPLY, genesis.supply),
        (VALIDATORS, 0),
    ]
    block: Row = (0, genesis.hash, genesis.time_ms, b"", 0, 0, b"", b"", b"", b"", b"")
    connection.exec_driver_sql(statements.INSERT_BLOCK, [block])
    connection.exec_driver_sql(statements.INSERT_ACCOUNT, accounts)
    connection.exec_driver_sql(statements.INSERT_VALIDATOR, validators)
    connection.exec_driver_sql(statements.INSERT_CHAIN, numbers)
    book.totals.treasury = genesis.treasury
    connection.exec_driver_sql(statements.INSERT_TOTAL, [book.totals.row(0)])
    parameters: Row = (genesis.parameters.version, 0, genesis.parameters.encode())
    connection.exec_driver_sql(statements.INSERT_PARAMETERS, [parameters])
