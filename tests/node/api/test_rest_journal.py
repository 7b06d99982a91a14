"""The journal has what a key was for, across processes, and a bound."""

from pathlib import Path

import pytest

from chain.errors import StoreError
from node.api import rest_journal
from node.api.problems import RpcError
from node.api.rest_journal import KEPT_MS, OPEN, Kept, RestJournal

KEY, OTHER, ASKED = b"k" * 32, b"o" * 32, b"f" * 32


def test_answer_is_kept_across_processes(tmp_path: Path) -> None:
    path = tmp_path / "data" / "api.db"
    journal = RestJournal.open(path)
    assert journal.begin(KEY, ASKED, now_ms=1) is None
    assert RestJournal.open(path).begin(KEY, ASKED, now_ms=2) == Kept(ASKED, OPEN, b"")
    journal.end(KEY, 201, b"{}")
    assert RestJournal.open(path).begin(KEY, b"x", now_ms=3) == Kept(ASKED, 201, b"{}")
    assert path.stat().st_mode & 0o777 == 0o600


def test_where_there_is_no_room_refusals_and_the_old_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest_journal, "ROWS_MAX", 2)
    journal = RestJournal.open(tmp_path / "api.db")
    for scope, status in ((KEY, 201), (OTHER, 422)):
        journal.begin(scope, ASKED, now_ms=1)
        journal.end(scope, status, b"{}")
    assert journal.begin(b"new", ASKED, now_ms=2) is None
    assert journal.begin(KEY, ASKED, now_ms=2) == Kept(ASKED, 201, b"{}")
    with pytest.raises(RpcError) as caught:
        journal.begin(OTHER, ASKED, now_ms=KEPT_MS)
    assert caught.value.reason == "too_many_keys"
    assert journal.begin(OTHER, ASKED, now_ms=KEPT_MS + 2) is None


def test_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        RestJournal.open(tmp_path / "file" / "api.db")
    (tmp_path / "api.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError):
        RestJournal.open(tmp_path / "api.db")
