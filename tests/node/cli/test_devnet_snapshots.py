import json
from pathlib import Path

from node.devnet import Devnet
from tests.support.command_line import aitbc


def test_stopped_devnet_is_kept_under_a_name_and_stays_stopped(tmp_path: Path) -> None:
    net = Devnet(tmp_path / "net")
    net.make(validators=1)
    database = net.nodes()[0].home / "data" / "chain.db"
    database.write_bytes(b"before")
    done = aitbc("devnet", "snapshot", "one", "--home", net.root)
    assert "go back with: aitbc devnet revert one" in done.stdout
    taken = aitbc("devnet", "snapshot", "one", "--home", net.root)
    assert taken.exit_code == 2
    assert "choose another name" in taken.stderr
    database.write_bytes(b"after")
    done = aitbc("devnet", "revert", "one", "--home", net.root, "--json")
    assert json.loads(done.stdout) == {"snapshot": "one"}
    assert done.stderr == ""
    assert database.read_bytes() == b"before"
    assert [node.pid for node in net.nodes()] == [0]


def test_name_that_is_none_is_refused(tmp_path: Path) -> None:
    net = Devnet(tmp_path / "net")
    net.make(validators=1)
    assert "letters, digits" in aitbc("devnet", "snapshot", "a/b", "--home", net.root).stderr
    gone = aitbc("devnet", "revert", "one", "--home", net.root)
    assert gone.exit_code == 2
    assert "there is no snapshot one; there are: none" in gone.stderr
