"""A chain whose blocks are stored as they are decided, in a real database of the test's folder."""

from collections.abc import Sequence
from pathlib import Path

import pysqlite3  # type: ignore[import-untyped]  # it publishes no types
from sqlalchemy import Connection

from chain.evidence import Evidence
from chain.execution import ExecutedBlock
from chain.genesis import Genesis
from chain.primitives import Hash
from chain.receipt import Receipt
from chain.state import Ledger
from chain.store.queries import ChainReader
from chain.store.segments import SEGMENT_ROWS
from chain.store.writer import ChainWriter
from chain.transaction import Transaction
from tests.support.builders import a_claim, a_receipt, a_reserve, a_transfer
from tests.support.chain import Chain


class StoredChain:
    """A chain in memory and its database.

    Attributes:
        path: of the database.
        chain: decides the blocks.
        writer: stores them.
    """

    def __init__(
        self, folder: Path, genesis: Genesis | None = None, *, segment_rows: int = SEGMENT_ROWS
    ) -> None:
        """Begin a chain and its database."""
        self.path = folder / "chain.db"
        self.chain = Chain(genesis)
        self._segment_rows = segment_rows
        self.writer = self._open()

    def _open(self) -> ChainWriter:
        return ChainWriter.open(self.path, self.chain.genesis, segment_rows=self._segment_rows)

    def block(self, *transactions: Transaction, evidence: Sequence[Evidence] = ()) -> ExecutedBlock:
        """Decide and store a block."""
        return self.store(self.chain.block(*transactions, evidence=evidence))

    def store(self, executed: ExecutedBlock) -> ExecutedBlock:
        """Store a block that was decided."""
        assert self.chain.last_commit is not None
        self.writer.commit(executed, self.chain.last_commit)
        return executed

    def blocks_until(self, height: int) -> None:
        """Store empty blocks until the chain has ``height``."""
        while self.chain.height < height:
            self.block()

    def reopen(self) -> Ledger:
        """Close the database, open it again and return the state it holds."""
        self.writer.close()
        self.writer = self._open()
        return self.writer.load_ledger()

    def reader(self) -> ChainReader:
        """Return a reader of the database."""
        return ChainReader.open(self.path)

    def close(self) -> None:
        """Close the database."""
        self.writer.close()

    def tamper(self, sql: str) -> None:
        """Close the database and change it behind the node's back."""
        self.close()
        connection = pysqlite3.connect(self.path)  # foreign keys are off
        connection.execute(sql)
        connection.commit()
        connection.close()


class Story:
    """Six blocks in which everything happens once; the pending claim is paid with block 9.

    1 a transfer to somebody new; 2 a reservation for the miner; 3 its claim, paid and final;
    4 a reservation for any of two jobs; 5 an accepted claim of it; 6 a pending one.
    """

    def __init__(self, stored: StoredChain) -> None:
        """Let it happen."""
        keep = stored.chain.keep
        self.transfer = a_transfer(40, to="newcomer", memo="hello")
        stored.block(self.transfer)
        self.reserve = a_reserve(nonce=1)
        self.reservation_id = self._id(stored, self.reserve)
        stored.block(self.reserve)
        self.receipt = keep(a_receipt(reservation_id=self.reservation_id, price=250))
        self.claim = a_claim(self.receipt, final=True)
        stored.block(self.claim)
        self.session = a_reserve(
            nonce=2, job_id="session-1", jobs_max=3, dispute_window=3, model="", cap=1_000
        )
        self.session_id = self._id(stored, self.session)
        stored.block(self.session)
        self.second = keep(self._session_receipt("receipt-2", "job-2", model="qwen3", price=200))
        stored.block(a_claim(self.second))
        self.third = keep(self._session_receipt("receipt-1", "job-3", model="llama3.2", price=100))
        stored.block(a_claim(self.third))

    def _id(self, stored: StoredChain, transaction: Transaction) -> Hash:
        return transaction.id(stored.chain.genesis.hash)

    def _session_receipt(self, receipt_id: str, job_id: str, *, model: str, price: int) -> Receipt:
        return a_receipt(
            reservation_id=self.session_id,
            receipt_id=receipt_id,
            job_id=job_id,
            model=model,
            price=price,
        )


def column(connection: Connection, sql: str) -> list[object]:
    """Return the first column of a query, read in a transaction of its own."""
    with connection.begin():
        return list(connection.exec_driver_sql(sql).scalars())
