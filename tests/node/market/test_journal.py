import subprocess
import sys
from pathlib import Path
from threading import Thread

import pysqlite3
import pytest

from chain.errors import ConfigError, StoreError
from node.market.journal import Journal

PUT = "INSERT INTO job VALUES (?, 'open', '{}', x'', x'', 1)"
COUNT = "SELECT count(*) FROM job"


def test_what_is_written_is_there_after_the_next_opening(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "a" / "journal.db")
    with journal.writing() as database:
        database.execute(PUT, ("one",))
    assert Journal.open(tmp_path / "a" / "journal.db").read(COUNT) == [(1,)]


def test_change_is_whole_or_not_at_all(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.db")
    with pytest.raises(ZeroDivisionError):
        write(journal, "one", fails=True)
    with pytest.raises(StoreError):
        write(journal, "two", "two")
    assert journal.read(COUNT) == [(0,)]


def write(journal: Journal, *names: str, fails: bool = False) -> None:
    """Write some jobs in one step."""
    with journal.writing() as database:
        for name in names:
            database.execute(PUT, (name,))
        assert not fails or 1 // 0


KILLED = """
import os, sys
from pathlib import Path
from node.market.journal import Journal
journal = Journal.open(Path(sys.argv[1]))
with journal.writing() as database:
    database.execute("INSERT INTO job VALUES ('kept', 'open', '{}', x'', x'', 1)")
with journal.writing() as database:
    database.execute("INSERT INTO job VALUES ('lost', 'open', '{}', x'', x'', 1)")
    os.kill(os.getpid(), 9)
"""


@pytest.mark.slow
def test_killed_in_the_middle_it_holds_what_was_whole(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    done = subprocess.run((sys.executable, "-c", KILLED, str(path)), check=False)
    assert done.returncode == -9
    assert Journal.open(path).read("SELECT job_id FROM job") == [("kept",)]


def test_threads_share_it(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.db")

    def write_some(number: int) -> None:
        for index in range(10):
            write(journal, f"{number}-{index}")

    threads = [Thread(target=write_some, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert journal.read(COUNT) == [(40,)]


def test_it_is_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    Journal.open(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        Journal.open(path)


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    database = pysqlite3.connect(path)
    database.execute("CREATE TABLE other (x)")
    database.close()
    path.chmod(0o600)
    with pytest.raises(StoreError, match="no journal"):
        Journal.open(path)
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError):
        Journal.open(path)
    with pytest.raises(ConfigError, match="cannot write"):
        Journal.open(tmp_path / "journal.db" / "below")
    with pytest.raises(StoreError):
        Journal(tmp_path / "none" / "x.db").read(COUNT)
