"""The one that writes: a final block becomes rows in one transaction, or leaves nothing behind."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from sqlalchemy import Connection

from chain.certificate import Certificate
from chain.execution import ExecutedBlock
from chain.genesis import Genesis
from chain.state import Ledger
from chain.store import statements
from chain.store.block_rows import (
    block_row,
    certificate_row,
    receipt_rows,
    reservation_rows,
    transaction_rows,
)
from chain.store.book import Book, Row
from chain.store.certificate_loading import load_certificate
from chain.store.claim_rows import ClaimRows, claim_rows
from chain.store.connection import close, open_writer, storing
from chain.store.durable_file import lock_file
from chain.store.genesis_rows import write_genesis
from chain.store.ledger_rows import ledger_rows
from chain.store.loading import check_database, load_ledger
from chain.store.migrations import check_form, create_tables, rebuild
from chain.store.reservation_events import read_events
from chain.store.segments import SEGMENT_ROWS, SegmentWriter
from chain.store.state_rows import StateRows, state_rows
from chain.store.statistics_rows import StatisticsRows, statistics_rows
from chain.store.total_rows import total_row
from chain.store.validator_rows import evidence_rows


class ChainWriter:
    """An open database; one process at a time has it.

    After a ``StoreError`` it is good for nothing but :meth:`close`: the node stops.
    """

    def __init__(self, connection: Connection, genesis: Genesis, segments: SegmentWriter) -> None:
        """Take over a connection; :meth:`open` is the way in."""
        self._connection = connection
        self._segments = segments
        self._genesis = genesis
        self._closing = ExitStack()
        self._ledger: Ledger | None = None
        self._book = Book()
        self._height = 0
        self._tip_hash = genesis.hash

    @classmethod
    def open(cls, path: Path, genesis: Genesis, *, segment_rows: int = SEGMENT_ROWS) -> Self:
        """Open a chain's database, or make one with its genesis, and check all it holds.

        Args:
            path: the file; a lock file lies beside it.
            genesis: what the chain began with.
            segment_rows: rows after which their lookup entries are written; tests lower it.

        Raises:
            ConfigError: the database was made for another genesis, or the genesis cannot be.
            StoreError: the file is damaged, a newer program's or in use, or the disk failed; the
                sentence says what to do.
        """
        with ExitStack() as undo:
            lock = lock_file(path.with_name(f"{path.name}.lock"), what="the database")
            undo.callback(os.close, lock)
            rebuild(path, lambda fresh: cls.open(fresh, genesis, segment_rows=segment_rows))
            connection = open_writer(path)
            undo.callback(close, connection)
            with storing("opening it"), connection.begin():
                if check_form(connection) == 0:
                    create_tables(connection)
                    write_genesis(connection, genesis)
            with storing("checking it"), connection.begin():
                check_database(connection, genesis)
                segments = SegmentWriter(connection, segment_rows=segment_rows)
                writer = cls(connection, genesis, segments)
                writer._load()
            writer._closing = undo.pop_all()
        return writer

    def close(self) -> None:
        """Close the database and give up its lock."""
        self._closing.close()

    @property
    def connection(self) -> Connection:
        """The connection, for the check of a whole database."""
        return self._connection

    def _load(self) -> Ledger:
        self._ledger, self._book = load_ledger(self._connection, self._genesis)
        self._height, self._tip_hash = self._ledger.height, self._ledger.tip_hash
        return self._ledger

    def load_ledger(self) -> Ledger:
        """Return the final state, built from the rows; the caller may change it.

        Raises:
            StoreError: the database failed or is damaged.
        """
        if self._ledger is None:
            with storing("loading the state"), self._connection.begin():
                self._load()
        ledger, self._ledger = self._ledger, None
        assert ledger is not None
        return ledger

    def last_certificate(self) -> Certificate | None:
        """Return the certificate of the last block; None before the first.

        Raises:
            StoreError: the database failed or is damaged.
        """
        if self._height == 0:
            return None
        with storing("reading the last certificate"), self._connection.begin():
            return load_certificate(self._connection, self._genesis, height=self._height)

    def commit(self, executed: ExecutedBlock, certificate: Certificate) -> None:
        """Store a final block; when this returns, a loss of power cannot take it back.

        Args:
            executed: the block that follows the last one stored.
            certificate: what makes it final.

        Raises:
            StoreError: the database failed; after a restart the block is there whole or not at
                all, as nobody knows what reached the disk.
        """
        header = executed.block.header
        assert header.height == self._height + 1
        assert header.parent_hash == self._tip_hash
        assert certificate.block_hash == executed.hash
        self._ledger = None
        with storing(f"storing block {header.height}"), self._connection.begin():
            self._write(executed, certificate)
        self._height, self._tip_hash = header.height, executed.hash

    def _write(self, executed: ExecutedBlock, certificate: Certificate) -> None:
        """Write what others refer to before what refers to it."""
        book = self._book
        transactions = transaction_rows(executed, book)
        reservations = reservation_rows(executed, book)
        events = read_events(executed, book)
        receipts = receipt_rows(executed, events, book)
        claims = claim_rows(executed, events, book)
        entries = ledger_rows(self._connection, executed, events, book)
        state = state_rows(executed, book)
        for sql, rows in (
            (statements.INSERT_ACCOUNT, state.accounts),
            (statements.UPDATE_BALANCE, state.balances),
            (statements.PUT_NONCE, state.nonces),
            (statements.INSERT_BLOCK, [block_row(executed)]),
            (statements.INSERT_CERTIFICATE, [certificate_row(certificate)]),
            (statements.INSERT_EVIDENCE, evidence_rows(executed)),
            (statements.INSERT_TRANSACTION, transactions),
            (statements.INSERT_RESERVATION, reservations),
            (statements.INSERT_RECEIPT, receipts),
            *_claim_statements(claims),
            (statements.INSERT_ENTRY, entries),
            *_state_statements(state),
            (statements.INSERT_TOTAL, [total_row(executed, events, book)]),
            *_statistics_statements(statistics_rows(executed, transactions, events, book)),
        ):
            self._execute(sql, rows)
        self._segments.rows_added(
            transactions=len(transactions),
            reservations=len(reservations),
            receipts=len(receipts),
            accounts=len(state.accounts),
        )

    def _execute(self, sql: str, rows: Sequence[Row]) -> None:
        if rows:
            self._connection.exec_driver_sql(sql, list(rows))


def _claim_statements(rows: ClaimRows) -> tuple[tuple[str, list[Row]], ...]:
    """Return what moves claims on; a dispute may be opened and decided in one block."""
    return (
        (statements.DISPUTE_RECEIPT, rows.disputed),
        (statements.SETTLE_RECEIPT, rows.settled),
        (statements.INSERT_DISPUTE, rows.disputes),
        (statements.END_DISPUTE, rows.decided),
        (statements.INSERT_PAYOUT, rows.payouts),
        (statements.INSERT_PERIOD, rows.periods),
    )


def _statistics_statements(rows: StatisticsRows) -> tuple[tuple[str, list[Row]], ...]:
    """Return what adds a block to the statistics."""
    return (
        (statements.PUT_HOUR, rows.hours),
        (statements.ADD_TO_KIND, rows.kinds),
        (statements.ADD_TO_MODEL, rows.models),
        (statements.ADD_TO_DAY, rows.days),
        (statements.ADD_TO_TRADER, rows.traders),
    )


def _state_statements(rows: StateRows) -> tuple[tuple[str, list[Row]], ...]:
    """Return what changes the state, beside its accounts; ends follow changes of receipts."""
    return (
        (statements.UPDATE_RESERVATION, rows.changed),
        (statements.END_RESERVATION, rows.ended),
        (statements.PUT_TAKEN, rows.taken),
        (statements.DELETE_TAKEN, rows.forgotten),
        (statements.DELETE_GRANTS, rows.regranted),
        (statements.INSERT_GRANT, rows.grants),
        (statements.DELETE_OFFERS, rows.reoffered),
        (statements.INSERT_OFFER, rows.offers),
        (statements.INSERT_PARAMETERS, rows.parameters),
        (statements.INSERT_VALIDATOR, rows.validators),
        (statements.DELETE_FORMER, rows.returned),
        (statements.INSERT_FORMER, rows.former),
        (statements.PUT_CHAIN, rows.chain),
    )
