"""A node's disk whose chain is a real database; the sign log stays in memory."""

from pathlib import Path

from chain.certificate import Certificate
from chain.execution import ExecutedBlock
from chain.genesis import Genesis
from chain.state import Ledger
from chain.store.writer import ChainWriter
from tests.support.memory_store import MemoryStore


class DatabaseStore(MemoryStore):
    """Keeps each block twice, and starts from the database."""

    def __init__(self, genesis: Genesis, path: Path) -> None:
        """Make the database."""
        super().__init__(genesis)
        self._path, self._chain_genesis = path, genesis
        self._writer = ChainWriter.open(path, genesis)

    def commit(self, executed: ExecutedBlock, certificate: Certificate) -> None:
        """Keep a final block."""
        super().commit(executed, certificate)
        self._writer.commit(executed, certificate)

    def load_ledger(self) -> Ledger:
        """Open the database anew and return the state it holds, which is the one in memory."""
        self._writer.close()
        self._writer = ChainWriter.open(self._path, self._chain_genesis)
        ledger, expected = self._writer.load_ledger(), super().load_ledger()
        assert ledger.records == expected.records
        for name in ("last_validators", "validators", "next_validators", "tip_hash", "height"):
            assert getattr(ledger, name) == getattr(expected, name), name
        return ledger
