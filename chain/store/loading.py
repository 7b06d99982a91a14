"""From rows to the final state, and every check a database must pass before a node uses it.

The state lives in memory; the database is only believed if the state built from its rows has the
root that the validators signed. Flipped bits that SQLite's own check cannot see are found so.
"""

import struct
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from sqlalchemy import Connection, Row, text

from chain.block import Header
from chain.errors import ChainError, ConfigError
from chain.genesis import Genesis, genesis_ledger
from chain.primitives import ZERO_ADDRESS, Address, Hash, PublicKey
from chain.records import (
    PARAMETERS_KEY,
    TREASURY_KEY,
    VALIDATORS_KEY,
    ClaimRecord,
    ClaimStatus,
    Record,
    ReservationRecord,
    TakenRecord,
    balance_key,
    nonce_key,
    reservation_key,
)
from chain.state import Ledger
from chain.store.book import (
    CLOSING,
    DISPUTED,
    PAID,
    PENDING,
    REFUNDED,
    SPLIT,
    Book,
    LiveClaim,
    LiveReservation,
)
from chain.store.connection import damaged
from chain.store.policy_loading import load_parameters, load_period, policy_records
from chain.store.side_tables import SCHEMA
from chain.store.state_rows import PERIOD, SUPPLY, TREASURY, VALIDATORS
from chain.store.total_rows import load_totals
from chain.store.validator_rows import load_punishable, load_validators
from chain.validator_records import ValidatorsRecord

_NUMBERS = "SELECT name, value FROM chain"

_STATUS = {
    PENDING: ClaimStatus.PENDING,
    DISPUTED: ClaimStatus.DISPUTED,
    PAID: ClaimStatus.PAID,
    SPLIT: ClaimStatus.SPLIT,
    REFUNDED: ClaimStatus.REFUNDED,
}

LINKED_BLOCKS = 100
"""Blocks at the end of the chain whose links are checked at each start."""


def check_database(connection: Connection, genesis: Genesis) -> None:
    """Check that the file is sound, belongs to the genesis, and that its last blocks link.

    Raises:
        ConfigError: it was made for another genesis.
        StoreError: it is damaged.
    """
    verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if verdict != "ok":
        raise damaged(what=str(verdict))
    _check_columns(connection)
    first = connection.exec_driver_sql("SELECT hash FROM block WHERE height = 0").scalar()
    if first is None:
        raise damaged(what="its genesis is missing")
    if first != genesis.hash:
        detail = (
            f"the database belongs to the genesis {first.hex()} and the node was given "
            f"{genesis.hash.hex()}: start it with the genesis of its database, or with no database"
        )
        raise ConfigError(detail=detail)
    _check_links(connection)


def _check_columns(connection: Connection) -> None:
    """Check that the tables and their columns have their names, which lie in the file as well.

    Raises:
        StoreError: one has another.
    """
    for name, table in SCHEMA.items():
        rows = connection.exec_driver_sql("SELECT name FROM pragma_table_info(?)", (name,))
        if set(rows.scalars()) != set(table.columns.keys()):
            raise damaged(what=f"the columns of table {name} are not its own")


def _check_links(connection: Connection) -> None:
    """Check the last blocks: each header gives its hash and names its parent.

    Raises:
        StoreError: one does not.
    """
    query = text("SELECT height, hash, header FROM block ORDER BY height DESC LIMIT :count")
    blocks = connection.execute(query, {"count": LINKED_BLOCKS + 1}).all()
    for block, parent in pairwise(blocks):
        try:
            header = Header.decode(block.header)
        except ChainError as error:
            raise damaged(what=f"the header of block {block.height}: {error}") from error
        if (header.height, header.hash) != (block.height, block.hash):
            raise damaged(what=f"block {block.height} does not have its hash")
        if (parent.height, parent.hash) != (block.height - 1, header.parent_hash):
            raise damaged(what=f"block {block.height} does not follow the one before it")


def load_ledger(connection: Connection, genesis: Genesis) -> tuple[Ledger, Book]:
    """Build the final state from the rows, and what the writer knows by heart.

    Raises:
        StoreError: the state is not the one that the validators signed.
    """
    try:
        return _load_ledger(connection, genesis)
    except (ChainError, KeyError, ValueError, struct.error) as error:
        raise damaged(what=f"a row holds what no block could have written: {error}") from error


def _load_ledger(connection: Connection, genesis: Genesis) -> tuple[Ledger, Book]:
    height, tip_hash, time_ms, data = connection.exec_driver_sql(
        "SELECT height, hash, time_ms, header FROM block ORDER BY height DESC LIMIT 1"
    ).one()
    numbers: dict[str, int] = dict(connection.exec_driver_sql(_NUMBERS).all())
    parameters = load_parameters(connection)
    ledger = Ledger(
        chain_id=genesis.chain_id,
        genesis_hash=genesis.hash,
        parameters=parameters,
        last_validators=load_validators(connection, height),
        validators=load_validators(connection, height + 1),
        next_validators=load_validators(connection, height + 2),
        supply=numbers[SUPPLY],
        height=height,
        tip_hash=Hash(tip_hash),
        tip_time_ms=time_ms,
    )
    book = Book()
    book.totals.treasury = numbers[TREASURY]
    records: dict[bytes, Record] = {
        TREASURY_KEY: numbers[TREASURY],
        PARAMETERS_KEY: parameters,
        VALIDATORS_KEY: ValidatorsRecord(numbers[VALIDATORS], ledger.next_validators),
    }
    records.update(load_punishable(connection))
    records.update(_accounts(connection, book))
    book.take_named()
    addresses = {number: address for address, number in book.accounts.items()}
    records.update(_nonces(connection, addresses))
    records.update(_reservations(connection, addresses, book))
    records.update(_taken(connection, addresses))
    records.update(policy_records(connection, addresses, book))
    if PERIOD in numbers:
        records.update(load_period(connection, addresses, numbers[PERIOD], book))
    ledger.load(records)
    _check_state(ledger, genesis, Header.decode(data) if height else None)
    book.totals = load_totals(connection, height, counted=book.totals)
    return ledger, book


def _check_state(ledger: Ledger, genesis: Genesis, header: Header | None) -> None:
    """Compare the state with what the tip's header says, or genesis where there is no block.

    Raises:
        StoreError: they differ.
    """
    if header is None:
        expected = genesis_ledger(genesis)
        root, sets = expected.commitment.root, (expected.validators.hash,) * 2
        time_ms = genesis.time_ms
    else:
        sets = (header.validators_hash, header.next_validators_hash)
        root, time_ms = header.state_root, header.time_ms
    found = (ledger.last_validators.hash, ledger.validators.hash)
    checks = (
        ("its state root differs from the last header's", ledger.commitment.root == root),
        ("its money does not add up to the supply", ledger.total() == ledger.supply),
        ("its supply differs from the genesis document's", ledger.supply == genesis.supply),
        ("its validators differ from the last header's", found == sets),
        ("the last block's time differs from its header's", ledger.tip_time_ms == time_ms),
    )
    for what, holds in checks:
        if not holds:
            raise damaged(what=what)


def _accounts(connection: Connection, book: Book) -> Iterator[tuple[bytes, Record]]:
    query = "SELECT number, address, balance FROM account ORDER BY number"
    for number, data, balance in connection.exec_driver_sql(query):
        address = Address(data)
        if book.number(address) != number:
            raise KeyError(number)
        book.put_balance(number, balance or 0)
        if balance is not None:
            yield balance_key(address), balance


def _nonces(
    connection: Connection, addresses: dict[int, Address]
) -> Iterator[tuple[bytes, Record]]:
    for number, key, nonce in connection.exec_driver_sql(
        "SELECT account, public_key, next FROM nonce"
    ):
        yield nonce_key(addresses[number], PublicKey(key)), nonce


def _taken(connection: Connection, addresses: dict[int, Address]) -> Iterator[tuple[bytes, Record]]:
    query = "SELECT client, name, reservation_id, until FROM taken"
    for client, name, reservation_id, until in connection.exec_driver_sql(query):
        record = TakenRecord(reservation_id=Hash(reservation_id), until=until)
        yield b"\x04" + addresses[client] + name, record


def _reservations(
    connection: Connection, addresses: dict[int, Address], book: Book
) -> Iterator[tuple[bytes, Record]]:
    claims = _claims(connection, addresses, book)
    query = "SELECT * FROM reservation WHERE status <> 'ended'"
    for row in connection.exec_driver_sql(query):
        reservation_id = Hash(row.hash)
        book.reservations[reservation_id] = LiveReservation(
            id=reservation_id,
            row=row.id,
            client=addresses[row.client],
            dispute_window=row.dispute_window,
        )
        record = ReservationRecord(
            client=addresses[row.client],
            job_id=row.job_id,
            provider=ZERO_ADDRESS if row.provider is None else addresses[row.provider],
            model=row.model,
            unit_type=row.unit_type,
            max_rate=row.max_rate,
            cap=row.cap,
            spent=row.spent,
            pending=row.pending,
            jobs_max=row.jobs_max,
            expires_at=row.expires_at,
            dispute_window=row.dispute_window,
            closing=row.status == CLOSING,
            grant_id=Hash(row.grant_id),
            claims=tuple(claims.get(row.id, ())),
        )
        book.hold(record.client, record.left + record.pending)
        book.totals.reserved += record.left
        book.totals.pending += record.pending
        yield reservation_key(reservation_id), record


def _claims(
    connection: Connection, addresses: dict[int, Address], book: Book
) -> dict[int, list[ClaimRecord]]:
    """Return the claims of each reservation that has not ended, in the order they came."""
    claims: dict[int, list[ClaimRecord]] = defaultdict(list)
    rows = connection.exec_driver_sql(
        "SELECT receipt.* FROM reservation CROSS JOIN receipt ON receipt.reservation = "
        "reservation.id WHERE reservation.status <> 'ended' ORDER BY receipt.id"
    )
    for row in rows:
        if row.settled_height is None:
            book.claims[Hash(row.receipt_hash)] = LiveClaim(
                row=row.id,
                provider=addresses[row.provider],
                amount=row.price,
                model=row.model,
                unit_type=row.unit_type,
                units_micro=row.units_micro,
            )
        claims[row.reservation].append(_claim(row, addresses))
    return claims


def _claim(row: Row[tuple[object, ...]], addresses: dict[int, Address]) -> ClaimRecord:
    return ClaimRecord(
        receipt_hash=Hash(row.receipt_hash),
        job_id=row.job_id,
        provider=addresses[row.provider],
        amount=row.price,
        fee=row.fee,
        due_height=row.due_height,
        status=_STATUS[row.status],
        fields_root=Hash(row.fields_root),
    )
