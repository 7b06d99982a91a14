"""What is wrong with a home is said before a start fails of it, and all at once."""

import socket
from pathlib import Path

import pysqlite3
import pytest

from chain.store.queries import ChainReader
from genesis.make import development_seed
from node import checkup
from node.checkup import Finding, check_home
from node.clock import now_ms
from node.home import SUPERVISOR_LOCK, Home, HomeLock
from node.keystore import write_key
from tests.support.home_chain import make_home, writing


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = make_home(tmp_path / "home")
    made.config.write_text('[rpc]\nport = 0\n[p2p]\nlisten = "/ip4/127.0.0.1/tcp/0"\n')
    return made


def find(home: Home, name: str) -> Finding:
    """Return the last finding of a name."""
    return [one for one in check_home(home) if one.name == name][-1]


def test_home_that_can_work_has_no_fault(home: Home) -> None:
    with writing(home) as stored:
        stored.block()
        states = [(one.name, one.state) for one in check_home(home)]
    assert states == [
        ("home", "ok"),
        ("settings", "ok"),
        ("genesis", "ok"),
        ("key", "ok"),
        ("disk", "ok"),
        ("chain", "ok"),
        ("node", "note"),
        ("rpc", "ok"),
        ("p2p", "ok"),
    ]


def test_folder_that_is_no_home_is_all_there_is_to_say(tmp_path: Path) -> None:
    (found,) = check_home(Home(tmp_path))
    assert found.state == "wrong"
    assert "aitbc node init" in found.said


def test_faults_of_several_files_are_said_together(home: Home) -> None:
    home.root.chmod(0o750)
    home.config.write_text("[rpc]\nprot = 1\n")
    home.genesis.write_text("{}")
    home.validator_key.write_text("no key")
    home.validator_key.chmod(0o600)
    faults = {one.name: one.said for one in check_home(home) if one.state == "wrong"}
    assert list(faults) == ["home", "settings", "genesis", "key"]
    assert "chmod 700" in faults["home"]
    assert "rpc.prot" in faults["settings"]
    assert "is no key" in faults["key"]


def test_key_and_signer_are_told(home: Home) -> None:
    home.config.write_text('[validator]\nsigner = "run/signer.sock"\n')
    assert find(home, "key").said == "with the signer run/signer.sock"
    write_key(home.validator_key, development_seed("validator-0"))
    assert find(home, "key").said.startswith("validator 4de92db55072148b")


def test_open_door_is_noted(home: Home) -> None:
    home.config.write_text('[rpc]\nhost = "0.0.0.0"\nport = 0\n')
    assert find(home, "settings").state == "note"


def test_small_disk_is_a_fault(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "ROOM_BYTES", 2**62)
    assert find(home, "disk").state == "wrong"


def test_port_that_is_taken_is_a_fault(home: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        home.config.write_text(f"[rpc]\nport = {port}\n")
        found = find(home, "rpc")
    assert found.state == "wrong"
    assert f"port {port}: address already in use" in found.said
    assert "aitbc config set rpc.port" in found.advice


def test_damaged_or_strange_database_is_a_fault(home: Home, tmp_path: Path) -> None:
    home.database.write_bytes(b"noise" * 1_000)
    assert find(home, "chain").state == "wrong"
    other = make_home(tmp_path / "other", chain_id="another")
    with writing(other) as stored:
        stored.block()
    other.database.replace(home.database)
    assert "another genesis" in find(home, "chain").said


def test_clock_that_is_behind_the_chain_is_a_fault(home: Home) -> None:
    with writing(home) as stored:
        stored.block()
    reader = ChainReader.open(home.database)
    assert reader.tip().time_ms < now_ms()
    reader.close()
    database = pysqlite3.connect(home.database)
    database.execute("UPDATE block SET time_ms = ? WHERE height = 1", (now_ms() + 60_000,))
    database.commit()
    database.close()
    assert find(home, "clock").state == "wrong"


def test_node_that_runs_and_does_not_answer_is_a_fault(home: Home) -> None:
    lock = HomeLock(home, name=SUPERVISOR_LOCK)
    found = find(home, "node")
    lock.release()
    assert found.state == "wrong"
    assert "cannot reach a node" in found.said
    assert f"aitbc node logs --home {home.root}" in found.advice


@pytest.mark.parametrize(
    ("status", "name", "state"),
    [
        ({"coreConnected": False}, "core", "wrong"),
        ({"coreConnected": True, "catchingUp": None}, "core", "wrong"),
        ({"coreConnected": True, "catchingUp": True, "height": 1, "best": 9}, "sync", "note"),
        ({"coreConnected": True, "catchingUp": False, "timeMs": 0, "round": 7}, "sync", "wrong"),
    ],
)
def test_node_that_is_behind_or_stands_still_is_told(
    status: dict[str, object], name: str, state: str
) -> None:
    (found,) = checkup._movement(status, interval_ms=1_000)
    assert (found.name, found.state) == (name, state)
    assert found.advice
