import sys
import threading
from pathlib import Path

import pytest

from node.cli import progress_line
from node.cli.progress_line import MIB, ProgressLine, progress
from node.clock import monotonic_ms
from tests.support.command_line import on_a_terminal
from tests.support.home_chain import make_home, writing


@pytest.mark.parametrize(
    ("done", "total", "gone_ms", "text"),
    [
        (0, 0, 1_900, "copying  1 s"),
        (7, 0, 1_000, "copying  7 files  1 s"),
        (1, 3, 2_999, "copying  33 %  1 of 3 files  2 s"),
        (1_000, 4_000, 3_000, "copying  25 %  1,000 of 4,000 files  3 s  ~9 s left"),
        (3, 3, 9_000, "copying  100 %  3 of 3 files  9 s"),
        (4, 3, 9_000, "copying  100 %  4 of 3 files  9 s"),
    ],
)
def test_line_says_what_how_far_and_how_long(
    done: int, total: int, gone_ms: int, text: str
) -> None:
    line = ProgressLine("copying", unit="files")
    began_ms = monotonic_ms()
    line.tell(done, total)
    assert line.text(now_ms=began_ms + gone_ms) == text


def test_bytes_are_shown_in_mib_and_another_step_begins_anew() -> None:
    line = ProgressLine("copying")
    line.tell_bytes(MIB * 3 // 2, MIB * 5 // 2)
    assert "33 %  1 of 3 MiB" in line.text(now_ms=monotonic_ms())
    line.say("checking")
    assert line.text(now_ms=monotonic_ms()) == "checking  0 s"


def test_nothing_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    before = threading.active_count()
    with progress("copying"):
        assert threading.active_count() == before
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("is_quiet", [False, True])
def test_painter_shows_the_line_and_takes_it_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, is_quiet: bool
) -> None:
    monkeypatch.setattr(progress_line, "FIRST_MS", 0)
    monkeypatch.setattr(progress_line, "PAINT_S", 0.001)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    painted = threading.Event()
    monkeypatch.setattr(ProgressLine, "text", lambda *_, **__: painted.set() or "copying  1 s")
    with progress("copying", is_quiet=is_quiet):
        assert is_quiet or painted.wait(30)
    shown = capsys.readouterr().err
    assert shown == "" if is_quiet else shown.startswith("\r\x1b[Kcopying  1 s")
    assert is_quiet or shown.endswith("\r\x1b[K")


@pytest.mark.slow
def test_json_on_a_terminal_has_no_line_in_it(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    with writing(home) as stored:
        stored.block()
    code, shown = on_a_terminal("node", "verify", "--home", home.root, "--json")
    assert code == 0
    assert "\x1b" not in shown
