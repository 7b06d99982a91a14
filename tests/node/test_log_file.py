from pathlib import Path

import pytest

from chain.errors import ConfigError
from node.log_file import read_log
from node.logs import Level

TEXT = """\
2026-11-26T03:50:23.3Z [debug    ] heard                peer=1
2026-11-26T03:50:23.4Z [info     ] block                height=6
2026-11-26T03:50:23.5Z [error    ] failed
Traceback (most recent call last):
  it was the disk
WARNING asyncio something was slow
2026-11-26T03:50:23.6Z [info     ] block                height=7
"""

JSON = """\
{"event": "heard", "level": "debug"}
{"event": "failed [info     ] x", "level": "error"}
"""


def read(path: Path, count: int = 100, level: Level = "debug") -> list[str]:
    return list(read_log(path, count=count, level=level))


def test_last_lines_are_shown_as_they_are(tmp_path: Path) -> None:
    log = tmp_path / "node.log"
    log.write_text(TEXT)
    assert "".join(read(log)) == TEXT
    assert read(log, count=1) == TEXT.splitlines(keepends=True)[-1:]
    assert read(log, count=0) == []


@pytest.mark.parametrize(
    ("level", "numbers"),
    [("info", [1, 2, 3, 4, 5, 6]), ("warning", [2, 3, 4, 5]), ("error", [2, 3, 4])],
)
def test_level_leaves_less_important_lines_out_and_keeps_what_belongs_to_a_line(
    tmp_path: Path, level: Level, numbers: list[int]
) -> None:
    log = tmp_path / "node.log"
    log.write_text(TEXT)
    lines = TEXT.splitlines(keepends=True)
    assert read(log, level=level) == [lines[number] for number in numbers]
    assert read(log, count=1, level=level) == [lines[numbers[-1]]]


def test_json_lines_have_levels_too(tmp_path: Path) -> None:
    log = tmp_path / "node.log"
    log.write_text(JSON)
    assert read(log, level="error") == JSON.splitlines(keepends=True)[1:]


def test_lines_that_come_are_followed_also_behind_a_file_that_was_emptied(tmp_path: Path) -> None:
    log = tmp_path / "node.log"
    log.write_text("one\ntwo\n")
    following = read_log(log, count=1, follow=True)
    assert next(following) == "two\n"
    with log.open("a") as file:
        file.write("three\n")
    assert next(following) == "three\n"
    log.write_text("four\n")
    assert next(following) == "four\n"


def test_bytes_that_are_no_text_are_marked(tmp_path: Path) -> None:
    log = tmp_path / "node.log"
    log.write_bytes(b"a\xffb\n")
    assert read(log) == ["a\ufffdb\n"]


def test_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        read(tmp_path)


def test_what_would_steer_a_terminal_is_not_shown(tmp_path: Path) -> None:
    log = tmp_path / "node.log"
    log.write_text("peer called \x1b]0;owned\x07 Zoë\t1\r\n")
    assert read(log) == ["peer called ?]0;owned? Zoë\t1\n"]
