"""A node's home with a chain in it, whose writer the test is."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chain.store.writer import ChainWriter
from genesis.document import canonical_bytes, read_genesis
from node.home import Home
from node.init import init_home
from tests.support.chain import Chain
from tests.support.proofs import a_genesis_document
from tests.support.small_chain import StoredChain


def make_home(folder: Path, *, chain_id: str | None = None) -> Home:
    """Make the home of a node that follows a chain.

    Args:
        folder: the home.
        chain_id: of another chain than that of the other homes.
    """
    document = a_genesis_document(validators=4)
    if chain_id is not None:
        document["chain_id"] = chain_id
    draft = folder.with_suffix(".json")
    draft.write_bytes(canonical_bytes(document))
    home = Home(folder)
    init_home(home, genesis=draft)
    return home


@contextmanager
def writing(home: Home) -> Iterator[StoredChain]:
    """Write the chain of a home while the context lasts, as its running node would."""
    genesis = read_genesis(home.genesis)
    writer = ChainWriter.open(home.database, genesis)
    try:
        yield StoredChain(writer, Chain(genesis))
    finally:
        writer.close()
