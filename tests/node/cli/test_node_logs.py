from pathlib import Path

from tests.support.command_line import aitbc
from tests.support.home_chain import make_home

LINES = "2026-11-26T03:50:23Z [info     ] block\n2026-11-26T03:50:24Z [warning  ] chain_waits\n"


def test_last_lines_are_printed_from_a_level_on(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    home.log.write_text(LINES)
    assert aitbc("node", "logs", "--home", home.root).stdout == LINES
    one = aitbc("node", "logs", "--home", home.root, "-n", 1).stdout
    assert one == aitbc("node", "logs", "--home", home.root, "--level", "warning").stdout
    assert one.endswith("chain_waits\n")


def test_home_without_a_log_is_told_how_to_get_one(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    done = aitbc("node", "logs", "--home", home.root)
    assert done.exit_code == 2
    assert f"2>> {home.log}" in done.stderr
    assert aitbc("node", "logs", "--home", home.root, "--level", "loud").exit_code == 2
    assert "aitbc node init" in aitbc("node", "logs", "--home", tmp_path).stderr
