import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chain.errors import ConfigError
from chain.store.writer import ChainWriter
from genesis.document import read_genesis
from genesis.make import development_seed, format_document, make_devnet_document
from node.cli.node import node
from node.home import Home
from node.init import init_home
from node.keystore import read_key
from tests.support.running import wait_for

LONG_NAME = "n" * 300


@pytest.fixture
def genesis(tmp_path: Path) -> Path:
    """A valid document."""
    path = tmp_path / "genesis.json"
    path.write_text(format_document(make_devnet_document(validators=1, block_interval_ms=50)))
    return path


def run(*arguments: object) -> Result:
    """Run a command of the group."""
    return CliRunner().invoke(node, [str(one) for one in arguments])


def refusal(result: Result) -> str:
    """Return the sentence of a refusal, which is one line."""
    assert isinstance(result.exception, ConfigError), result.exception
    sentence = str(result.exception)
    assert "\n" not in sentence
    return sentence


def test_init_says_what_was_made_and_what_comes_next(tmp_path: Path, genesis: Path) -> None:
    home = tmp_path / "my node"
    done = run("init", "--home", home, "--genesis", genesis, "--validator")
    assert done.exit_code == 0
    key = read_key(Home(home).validator_key).public_key
    assert done.output.splitlines() == [
        f"home         {home}",
        f"public key   {key.hex()}",
        f"next         aitbc node start --home '{home}'",
    ]


def test_init_says_it_in_json_as_well(tmp_path: Path, genesis: Path) -> None:
    home = tmp_path / "node"
    done = run("init", "--home", home, "--genesis", genesis, "--validator", "--json")
    key = read_key(Home(home).validator_key).public_key
    assert json.loads(done.stdout) == {"home": str(home), "publicKey": f"0x{key.hex()}"}


def test_init_without_a_key_names_none(tmp_path: Path, genesis: Path) -> None:
    done = run("init", "--home", tmp_path / "node", "--genesis", genesis)
    assert done.exit_code == 0
    assert "public key" not in done.output


def test_init_refuses_a_home_that_is_taken(tmp_path: Path, genesis: Path) -> None:
    run("init", "--home", tmp_path / "node", "--genesis", genesis)
    done = run("init", "--home", tmp_path / "node", "--genesis", genesis)
    assert "is a node's home already" in refusal(done)


@pytest.mark.parametrize("command", ["init", "start"])
@pytest.mark.parametrize("name", [LONG_NAME, "genesis.json/node"])
def test_home_that_cannot_be_is_one_sentence(
    tmp_path: Path, genesis: Path, command: str, name: str
) -> None:
    extra = ["--genesis", genesis] if command == "init" else []
    assert str(tmp_path / name) in refusal(run(command, "--home", tmp_path / name, *extra))


def test_home_that_is_a_file_is_wrong_usage(genesis: Path) -> None:
    done = run("start", "--home", genesis)
    assert done.exit_code == 2
    assert "is a file" in done.stderr


def test_start_without_a_home_says_how_to_make_one(tmp_path: Path) -> None:
    assert "aitbc node init" in refusal(run("start", "--home", tmp_path))


def test_start_refuses_settings_before_anything_runs(tmp_path: Path, genesis: Path) -> None:
    run("init", "--home", tmp_path / "node", "--genesis", genesis)
    (tmp_path / "node" / "config.toml").write_text("[rpc]\nprot = 1\n")
    assert "rpc.prot" in refusal(run("start", "--home", tmp_path / "node"))
    assert not list((tmp_path / "node" / "run").iterdir())


@pytest.mark.parametrize(
    ("flag", "value"),
    [("--rpc-port", "65536"), ("--log-level", "loud"), ("--log-form", "xml")],
)
def test_start_refuses_a_flag_out_of_bounds(tmp_path: Path, flag: str, value: str) -> None:
    done = run("start", "--home", tmp_path, flag, value)
    assert done.exit_code == 2
    assert flag in done.stderr


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_node_starts_in_an_awkward_home_and_ends_cleanly(
    tmp_path: Path, genesis: Path, number: int
) -> None:
    home = tmp_path / "a home with spaces" / ("deep" * 40)
    assert len(str(home)) > 200
    init_home(Home(home), genesis=genesis, validator=True, seed=development_seed("validator-0"))
    command = (sys.executable, "-m", "node", "node", "start", "--home", str(home))
    flags = ("--rpc-port", "0", "--log-level", "info", "--log-form", "json")
    environment = os.environ | {"AITBC_P2P__LISTEN": "/ip4/127.0.0.1/tcp/0"}
    written = tmp_path / "log"
    with written.open("wb") as log:
        process = subprocess.Popen((*command, *flags), stderr=log, env=environment)
    try:
        wait_for(lambda: '"height": 2' in written.read_text(), what="block 2", within_s=30)
        process.send_signal(number)
        code = process.wait(timeout=20)
    finally:
        process.kill()
    said = written.read_text()
    assert code == 0, said
    assert "Traceback" not in said
    assert not Home(home).supervisor_pid.exists()


def test_verify_says_that_an_empty_chain_is_sound(tmp_path: Path, genesis: Path) -> None:
    home = tmp_path / "node"
    run("init", "--home", home, "--genesis", genesis)
    assert "has no database yet" in refusal(run("verify", "--home", home))
    ChainWriter.open(Home(home).database, read_genesis(genesis)).close()
    done = run("verify", "--home", home)
    assert done.output == "0 blocks are what the validators decided, and so is every row\n"
    done = run("verify", "--home", home, "--json")
    assert json.loads(done.stdout) == {"home": str(home), "height": 0}
