"""A real database of a small chain, and an API edge's services on it."""

# ruff: noqa: ANN401 -- fields are handed on by name, and mypy checks the constructors they reach

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chain.evidence import Evidence
from chain.store.writer import ChainWriter
from chain.transaction import Transaction
from node.api.services import Services
from node.api.settings import ApiEdgeSettings
from tests.support.builders import CHAIN_ID, GENESIS_HASH, a_genesis
from tests.support.chain import Chain


class StoredChain:
    """A chain in memory whose every block is written down.

    Attributes:
        chain: the chain.
    """

    def __init__(self, writer: ChainWriter, chain: Chain) -> None:
        """Write the blocks of ``chain`` with ``writer``."""
        self._writer, self.chain = writer, chain

    def block(self, *transactions: Transaction, evidence: Sequence[Evidence] = ()) -> None:
        """Decide a block of these transactions and this evidence, and store it."""
        executed = self.chain.block(*transactions, evidence=evidence)
        assert self.chain.last_commit is not None
        self._writer.commit(executed, self.chain.last_commit)


@contextmanager
def stored_chain(folder: Path, **genesis_fields: Any) -> Iterator[StoredChain]:
    """Make a chain with an empty database, open while the context lasts; see :func:`a_genesis`."""
    genesis = a_genesis(**genesis_fields)
    writer = ChainWriter.open(folder / "chain.db", genesis)
    try:
        yield StoredChain(writer, Chain(genesis))
    finally:
        writer.close()


def edge_settings(folder: Path, **settings: object) -> ApiEdgeSettings:
    """Return the settings of an edge of the chain in this folder, on a free port."""
    given = {
        "chain_id": CHAIN_ID,
        "genesis_hash": GENESIS_HASH.hex(),
        "genesis_file": folder / "genesis.json",
        "database": folder / "chain.db",
        "core_socket": folder / "api.sock",
        "journal": folder / "api.db",
        "token": folder / "api.token",
        "port": 0,
    }
    return ApiEdgeSettings.model_validate(given | settings)


@contextmanager
def services_of(where: Path | ApiEdgeSettings) -> Iterator[Services]:
    """Open an edge's services, by its settings or on the chain in a folder; there is no core."""
    settings = edge_settings(where) if isinstance(where, Path) else where
    with Services.open(settings) as services:
        yield services
