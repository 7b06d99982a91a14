"""What a reader knows of a database's form, and does without."""

import subprocess
import sys
from pathlib import Path

from chain.store.connection import close, open_writer
from chain.store.form import VERSION, read_version
from tests.support.stored_chain import StoredChain

EDGES = "import p2p.edge, p2p.checks, node.api.edge, sys; print('sqlmodel' in sys.modules)"


def test_empty_file_has_been_through_no_step(tmp_path: Path) -> None:
    connection = open_writer(tmp_path / "chain.db")
    assert read_version(connection) == 0
    close(connection)


def test_written_file_has_been_through_every_step(stored: StoredChain) -> None:
    assert read_version(stored.writer._connection) == VERSION


def test_edges_start_without_the_classes_of_the_tables() -> None:
    run = subprocess.run([sys.executable, "-c", EDGES], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
