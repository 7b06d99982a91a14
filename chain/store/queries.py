"""Everything people and peers may ask of the chain, from a connection that cannot write.

Each answer is a frozen value. Every list has a bound and every question an index.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Connection

from chain.certificate import Certificate
from chain.errors import StoreError
from chain.primitives import BLOCK_TRANSACTIONS_MAX, Address, Hash, PublicKey
from chain.proof import ReceiptProof
from chain.store import account_rows, view_rows
from chain.store.account_views import AccountView, ReservationView
from chain.store.book import row_id, rows_of_block
from chain.store.connection import IsLate, close, open_reader, reading
from chain.store.form import VERSION, read_version
from chain.store.lookup import LookupKind, LookupReader, address_key, hash_key, receipt_id_key
from chain.store.pages import PAGE_MAX, ROW_MAX, bounded, receipt_page
from chain.store.proof_rows import receipt_proof
from chain.store.sync_rows import sync_items
from chain.store.time_rows import rows_between
from chain.store.validator_rows import load_validators
from chain.store.views import BlockView, ReceiptFilter, ReceiptPage, ReceiptView, TransactionView
from chain.validators import ValidatorSet

_BLOCKS = f"SELECT {view_rows.BLOCK_COLUMNS} FROM block"  # noqa: S608 - our own words

CANDIDATES_MAX = 16
"""Rows that may share 63 bits of a hash; two are unheard of."""


class ChainReader:
    """A connection that reads; one question at a time, from any thread.

    Attributes:
        lookup: finds rows by hash.
    """

    def __init__(self, connection: Connection) -> None:
        """Take over a connection; :meth:`open` is the way in."""
        self._connection = connection
        self.lookup = LookupReader()

    @classmethod
    def open(cls, path: Path, *, is_late: IsLate | None = None) -> Self:
        """Open an existing database.

        Args:
            path: the file.
            is_late: asked while a query runs; once it says yes, the query ends in ``TimeoutError``.

        Raises:
            StoreError: there is no database of this program's form.
        """
        reader = cls(open_reader(path, is_late=is_late))
        with reader.snapshot():
            version = read_version(reader._connection)
        if version != VERSION:
            reader.close()
            detail = f"the database has form {version} and this program reads {VERSION}"
            raise StoreError(detail=f"{detail}: start the node of this program first")
        return reader

    def close(self) -> None:
        """Close the connection."""
        close(self._connection)

    @property
    def connection(self) -> Connection:
        """The connection, for the store's other readers."""
        return self._connection

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Ask several questions of one state of the chain; keep it short, the log grows meanwhile.

        Raises:
            TimeoutError: the deadline has passed.
            StoreError: the database failed.
        """
        with reading(self._connection):
            yield

    def tip(self) -> BlockView:
        """Return the last block; genesis, at height 0, where there is none."""
        return self.blocks_page(limit=1)[0]

    def blocks_page(self, *, before: int = ROW_MAX, limit: int = 50) -> tuple[BlockView, ...]:
        """Return blocks below a height, newest first."""
        query = f"{_BLOCKS} WHERE height < ? ORDER BY height DESC LIMIT ?"
        with self.snapshot():
            rows = self._connection.exec_driver_sql(query, (before, bounded(limit)))
            return tuple(view_rows.block_view(row) for row in rows)

    def find_block(self, height: int) -> BlockView | None:
        """Return the block of a height, or None."""
        with self.snapshot():
            row = self._connection.exec_driver_sql(f"{_BLOCKS} WHERE height = ?", (height,)).first()
        return None if row is None else view_rows.block_view(row)

    def block_hashes(self, from_height: int, to_height: int) -> dict[int, Hash]:
        """Return the hash of each block from one height to another, both included."""
        query = "SELECT height, hash FROM block WHERE height >= ? AND height <= ? ORDER BY height"
        with self.snapshot():
            rows = self._connection.exec_driver_sql(query, (from_height, to_height))
            return {height: Hash(one) for height, one in rows}

    def find_block_by_hash(self, block_hash: Hash) -> BlockView | None:
        """Return the block of a hash, or None."""
        with self.snapshot():
            for height in self._candidates(LookupKind.BLOCK, hash_key(block_hash)):
                block = self.find_block(height)
                if block is not None and block.hash == block_hash:
                    return block
        return None

    def transactions_of_block(
        self, height: int, *, from_index: int = 0, limit: int = PAGE_MAX
    ) -> tuple[TransactionView, ...]:
        """Return a block's transactions in order, from an index on."""
        assert 0 <= from_index <= BLOCK_TRANSACTIONS_MAX
        query = f"{view_rows.TRANSACTIONS} WHERE one.id >= ? AND one.id < ? ORDER BY one.id LIMIT ?"
        _, end = rows_of_block(height)
        with self.snapshot():
            rows = self._connection.exec_driver_sql(
                query, (row_id(height, from_index), end, bounded(limit))
            )
            return tuple(view_rows.transaction_view(row) for row in rows)

    def transaction_ids(self, height: int) -> tuple[tuple[Hash, int], ...]:
        """Return id and size in bytes of each transaction of a block, in order."""
        query = 'SELECT hash, length(data) FROM "transaction" WHERE id >= ? AND id < ? ORDER BY id'
        with self.snapshot():
            rows = self._connection.exec_driver_sql(query, rows_of_block(height))
            return tuple((Hash(one), size) for one, size in rows)

    def find_transaction(self, transaction_id: Hash) -> TransactionView | None:
        """Return the final transaction of an id, or None."""
        with self.snapshot():
            rows = self._candidates(LookupKind.TRANSACTION, hash_key(transaction_id))
            found = view_rows.transactions_of_rows(self._connection, rows)
        return next((one for one in found if one.id == transaction_id), None)

    def find_receipt(self, receipt_hash: Hash) -> ReceiptView | None:
        """Return the receipt of a receipt hash, or None; a hash is claimed once at most."""
        with self.snapshot():
            rows = self._candidates(LookupKind.RECEIPT, hash_key(receipt_hash))
            found = view_rows.receipts_of_rows(self._connection, rows)
        return next((one for one in found if one.receipt_hash == receipt_hash), None)

    def prove_receipt(self, receipt: ReceiptView) -> ReceiptProof:
        """Return what proves a receipt to anybody; takes time in proportion to its block."""
        with self.snapshot():
            return receipt_proof(self._connection, receipt)

    def receipts_by_id(self, receipt_id: str, *, limit: int = 50) -> tuple[ReceiptView, ...]:
        """Return the receipts that their miners gave this id, newest first; ids may repeat."""
        if not receipt_id.isascii():
            return ()
        with self.snapshot():
            key, size = receipt_id_key(receipt_id), bounded(limit)
            rows = self.rows_under(LookupKind.RECEIPT_ID, key, limit=size)
            found = view_rows.receipts_of_rows(self._connection, rows)
        return tuple(one for one in found if one.receipt_id == receipt_id)

    def receipts_page(
        self, wanted: ReceiptFilter | None = None, *, before: int = ROW_MAX, limit: int = 50
    ) -> ReceiptPage:
        """Return receipts below a row, newest first; the page says where the next begins."""
        wanted = wanted or ReceiptFilter()
        with self.snapshot():
            columns = self.filter_columns(wanted)
            if columns is None:
                return ReceiptPage(receipts=(), before=None)
            first, end = rows_between(self._connection, wanted.from_ms, wanted.to_ms)
            before, size = min(before, end), bounded(limit)
            return receipt_page(self._connection, columns, first=first, before=before, limit=size)

    def filter_columns(self, wanted: ReceiptFilter) -> dict[str, int | str] | None:
        """Return the value of each column that a filter asks for; ask inside a snapshot.

        ``account`` stands for either of two. None where it asks for an account that no block has
        named.
        """
        columns: dict[str, int | str] = {}
        accounts = ("account", "client", "provider")
        for name, address in ((name, getattr(wanted, name)) for name in accounts):
            if address is not None:
                number = self.find_number(address)
                if number is None:
                    return None
                columns[name] = number
        texts = (("model", wanted.model), ("status", wanted.status))
        return columns | {name: text for name, text in texts if text is not None}

    def find_account(self, address: Address) -> AccountView | None:
        """Return an account, or None where no block named it."""
        with self.snapshot():
            number = self.find_number(address)
            if number is None:
                return None
            return account_rows.account_view(self._connection, number)

    def nonce(self, address: Address, public_key: PublicKey) -> int:
        """Return the next nonce of a key of an account."""
        query = "SELECT next FROM nonce WHERE account = ? AND public_key = ?"
        with self.snapshot():
            number = self.find_number(address)
            place = (-1 if number is None else number, public_key)
            return self._connection.exec_driver_sql(query, place).scalar() or 0

    def history_page(
        self, address: Address, *, before: int = ROW_MAX, limit: int = 50
    ) -> tuple[TransactionView, ...]:
        """Return the transactions of an account below a row, newest first.

        It is in those it sent, in those it is the recipient of, and in the claims it pays as the
        client.
        """
        with self.snapshot():
            number = self.find_number(address)
            if number is None:
                return ()
            rows = self.lookup.find(
                self._connection, LookupKind.HISTORY, number, before=before, limit=bounded(limit)
            )
            return view_rows.transactions_of_rows(self._connection, rows)

    def history_from(self, address: Address, *, start: int, limit: int) -> list[int]:
        """Return the rows of an account's transactions from a row on, oldest first."""
        with self.snapshot():
            number = self.find_number(address)
            if number is None:
                return []
            return self.lookup.find_from(
                self._connection, LookupKind.HISTORY, number, start=start, limit=limit
            )

    def find_reservation(self, reservation_id: Hash) -> ReservationView | None:
        """Return a reservation with its claims, live or ended, or None."""
        with self.snapshot():
            for row in self._candidates(LookupKind.TRANSACTION, hash_key(reservation_id)):
                found = account_rows.find_reservation(self._connection, row)
                if found is not None and found.id == reservation_id:
                    return found
        return None

    def validators(self, height: int | None = None) -> ValidatorSet:
        """Return the validators of a height; of the next one unless it is given."""
        with self.snapshot():
            at = self.tip().height + 1 if height is None else height
            return load_validators(self._connection, at)

    def find_certificate(self, height: int) -> Certificate | None:
        """Return the commit certificate of a height, or None."""
        query = "SELECT data FROM certificate WHERE height = ?"
        with self.snapshot():
            data = self._connection.exec_driver_sql(query, (height,)).scalar()
        return None if data is None else Certificate.decode(data)

    def sync_range(self, from_height: int, count: int, bytes_max: int) -> list[bytes]:
        """Return final blocks from a height on, each with its certificate, as they were decided.

        Args:
            from_height: the first.
            count: how many at most.
            bytes_max: bytes after which no further block is taken; the first is always.
        """
        with self.snapshot():
            return sync_items(
                self._connection, from_height=from_height, count=count, bytes_max=bytes_max
            )

    def find_number(self, address: Address) -> int | None:
        """Return an account's number in this database, or None; ask inside a snapshot."""
        query = "SELECT address FROM account WHERE number = ?"
        for number in self._candidates(LookupKind.ACCOUNT, address_key(address)):
            if self._connection.exec_driver_sql(query, (number,)).scalar() == address:
                return number
        return None

    def rows_under(
        self, kind: LookupKind, key: int, *, before: int = ROW_MAX, limit: int
    ) -> list[int]:
        """Return the newest rows under a lookup key, below a row; ask inside a snapshot.

        They are candidates where the key is a part of a hash.
        """
        return self.lookup.find(self._connection, kind, key, before=before, limit=limit)

    def _candidates(self, kind: LookupKind, key: int) -> list[int]:
        return self.rows_under(kind, key, limit=CANDIDATES_MAX)
