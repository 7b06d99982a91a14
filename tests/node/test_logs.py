import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")


def logged(form: str, level: str, program: str) -> list[str]:
    """Return the lines that a process with these settings writes to its standard error."""
    start = "import structlog, logging; from node.logs import configure_logs\n"
    start += f"configure_logs(level={level!r}, form={form!r}); log = structlog.get_logger()\n"
    done = subprocess.run(
        (sys.executable, "-c", start + program), capture_output=True, check=True, text=True
    )
    assert not done.stdout
    return done.stderr.splitlines()


def test_machines_get_one_json_document_a_line() -> None:
    first, second = logged("json", "info", "log.info('block', height=7); log.error('a\\nb')")
    document = json.loads(first)
    assert document.pop("timestamp").endswith("Z")
    assert document == {"event": "block", "height": 7, "level": "info"}
    assert json.loads(second)["event"] == "a\nb"


def test_people_get_a_line_without_escapes_when_it_is_no_terminal() -> None:
    (line,) = logged("text", "info", "log.info('block', height=7)")
    assert line.isprintable()
    assert "block" in line
    assert "height=7" in line


def test_value_cannot_begin_a_line_or_colour_it() -> None:
    (line,) = logged("text", "info", "log.info('refused', reason='a\\n[error] b\\x1b[31m')")
    assert line.isprintable()


@pytest.mark.parametrize(
    ("level", "written"),
    [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)],
)
def test_less_important_lines_are_left_out(level: str, written: int) -> None:
    program = "log.debug('a'); log.info('b'); log.warning('c'); log.error('d')"
    assert len(logged("json", level, program)) == written


def test_warnings_of_libraries_go_the_same_way() -> None:
    program = "logging.getLogger('lib').warning('careful'); logging.getLogger('lib').info('no')"
    assert logged("json", "debug", program) == ["WARNING lib careful"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_traceback_shows_no_values(form: str) -> None:
    program = (
        "def fail(secret):\n    kept = secret[::-1]\n    return 1 // 0\n"
        "try:\n    fail('pri' + 'vate')\nexcept ZeroDivisionError:\n    log.exception('failed')"
    )
    lines = "\n".join(logged(form, "info", program))
    assert "failed" in lines
    assert "private" not in lines
    assert "etavirp" not in lines


def test_node_outlives_whoever_reads_its_log() -> None:
    program = (
        "import sys, structlog; from node.logs import configure_logs\n"
        "configure_logs(level='info', form='text'); log = structlog.get_logger()\n"
        "sys.stdin.readline()\n"
        "for _ in range(3): log.info('block')\n"
        "print('alive', flush=True)\n"
    )
    read, written = os.pipe()
    process = subprocess.Popen(
        (sys.executable, "-c", program),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=written,
    )
    os.close(written)
    os.close(read)
    out, _ = process.communicate(b"go\n", timeout=20)
    assert out == b"alive\n"


@pytest.mark.skipif(not FULL.exists(), reason="the system has no /dev/full")
def test_full_disk_does_not_end_the_node_by_its_log() -> None:
    program = (
        "import structlog; from node.logs import configure_logs\n"
        "configure_logs(level='info', form='json'); log = structlog.get_logger()\n"
        "for _ in range(1000): log.info('block', text='x' * 100)\n"
        "print('alive', flush=True)\n"
    )
    with FULL.open("wb") as full:
        process = subprocess.run(
            (sys.executable, "-c", program), stdout=subprocess.PIPE, stderr=full, check=False
        )
    assert process.stdout == b"alive\n"


def test_level_that_is_set_later_counts_for_loggers_in_use() -> None:
    program = "from node.logs import set_level\nlog.debug('a'); log.info('b'); set_level('debug')\n"
    program += "log.debug('c'); set_level('error'); log.warning('d'); log.error('e')"
    assert [json.loads(line)["event"] for line in logged("json", "info", program)] == [
        "b",
        "c",
        "e",
    ]
