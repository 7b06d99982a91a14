import io

import pytest

from node.cli import screen
from node.cli.screen import print_fields, print_table, printable, shorten

HASH = "0x" + "ab" * 32


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def look(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Let a person with a narrow screen look."""
    shown = Terminal()
    monkeypatch.setattr("sys.stdout", shown)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return shown


def test_table_is_in_full_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("id", "paid"), [(HASH, "5.0"), ("0x1", None)], right=("paid",))
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["ID", "PAID"]
    assert first == f"{HASH}   5.0"
    assert second.split() == ["0x1", "-"]


def test_table_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = look(monkeypatch)
    row = ("receipt-1", "llama", HASH, "5.000000")
    print_table(("id", "model", "key", "paid"), [row], right=("paid",))
    lines = terminal.getvalue().splitlines()
    assert all(len(line) <= 40 for line in lines)
    assert lines[1].startswith("receipt-1  llama  0xab")
    assert lines[1].endswith("..  5.000000")


def test_narrow_terminal_does_without_what_is_spare(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = look(monkeypatch)
    row = (HASH[:30], "llama", "5.000000", "1 s")
    print_table(("id", "model", "paid", "age"), [row], spare=("model", "age"))
    assert terminal.getvalue().splitlines()[1] == f"{HASH[:30]}  5.000000"


def test_name_of_a_row_is_never_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = look(monkeypatch)
    print_table(("id", "paid"), [(HASH, "5.000000")], spare=("paid",))
    assert terminal.getvalue().splitlines()[1] == HASH


def test_empty_table_is_its_head(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("id",), [])
    assert capsys.readouterr().out == "ID\n"


def test_colour_is_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    look(monkeypatch)
    assert screen.colour("paid", "paid") == "\x1b[32mpaid\x1b[0m"
    assert screen.colour("other", "other") == "other"
    monkeypatch.setenv("NO_COLOR", "")
    assert screen.colour("paid", "paid") == "paid"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert screen.colour("paid", "paid") == "paid"


def test_hash_is_shortened_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    look(monkeypatch)
    assert shorten(HASH) == "0xabababab..ababab"
    assert shorten("short") == "short"
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert shorten(HASH) == HASH


def test_no_answer_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert printable("a\x1b[2Jb\nc\u202e") == "a?[2Jb?c?"
    print_table(("id",), [("\x1b[2J",)])
    print_fields([("id", "\x1b[2J"), ("none", None)])
    assert "\x1b" not in capsys.readouterr().out


def test_field_that_a_node_says_cannot_steer_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    print_fields([("node", "\x1b]0;caught\x07\x1b[2Jvalidator")])
    assert "\x1b" not in capsys.readouterr().out
    terminal = look(monkeypatch)
    print_fields([("node", "\x1b]0;caught\x07\x1b[2Jvalidator")])
    assert terminal.getvalue() == "node  ?]0;caught??[2Jvalidator\n"
