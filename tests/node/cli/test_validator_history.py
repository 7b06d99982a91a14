import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chain.consensus.sign_state import SignRecord
from chain.errors import AitbcError, ConfigError, StoreError
from chain.store.sign_log import SignLog
from genesis.document import read_genesis
from genesis.make import format_document, make_devnet_document
from node.cli.validator import validator
from node.home import Home
from node.init import init_home
from node.keystore import read_key

SEED = bytes(range(32))


@pytest.fixture
def genesis(tmp_path: Path) -> Path:
    path = tmp_path / "genesis.json"
    path.write_text(format_document(make_devnet_document(validators=1)))
    return path


def a_home(genesis: Path, name: str, *, height: int = 0) -> Home:
    """Make a home whose key has signed up to a height."""
    home = Home(genesis.parent / name)
    init_home(home, genesis=genesis, validator=True, seed=SEED)
    if height:
        with SignLog.open(
            home.sign_log,
            genesis_hash=read_genesis(genesis).hash,
            public_key=read_key(home.validator_key).public_key,
            create=True,
        ) as log:
            log.append(height=height, record=SignRecord.floor(height).encode(), blocks={})
    return home


def run(*arguments: object) -> Result:
    """Run ``aitbc validator``; an error of ours is raised, as the command's border would see it."""
    result = CliRunner().invoke(validator, list(map(str, arguments)))
    if isinstance(result.exception, AitbcError):
        assert "\n" not in str(result.exception)
        raise result.exception
    return result


def test_history_moves_and_says_what_binds_the_key(genesis: Path, tmp_path: Path) -> None:
    history = tmp_path / "history.json"
    done = run("export", "--home", a_home(genesis, "old", height=7).root, "--output", history)
    assert done.exit_code == 0
    assert "never start this node again" in done.stderr
    moved = a_home(genesis, "new")
    for _ in range(2):
        done = run("import", "--home", moved.root, history)
        assert done.output == (
            "the key signs nothing up to the end of height 7, and again from height 8 on\n"
        )
    done = run("import", "--home", moved.root, history, "--json")
    assert json.loads(done.stdout) == {"bound": {"height": 7, "round": None, "kind": None}}


def test_history_goes_to_the_screen_alone(genesis: Path, tmp_path: Path) -> None:
    done = run("export", "--home", a_home(genesis, "old", height=7).root)
    history = tmp_path / "history.json"
    history.write_text(done.stdout)
    assert run("import", "--home", a_home(genesis, "new").root, history).exit_code == 0


def test_moving_is_refused_while_the_node_runs_or_without_a_history(genesis: Path) -> None:
    home = a_home(genesis, "old")
    with pytest.raises(ConfigError, match="never signed has no history"):
        run("export", "--home", home.root)
    genesis_hash, key = read_genesis(genesis).hash, read_key(home.validator_key).public_key
    with (
        SignLog.open(home.sign_log, genesis_hash=genesis_hash, public_key=key, create=True),
        pytest.raises(StoreError, match="in use by another process; stop that one"),
    ):
        run("export", "--home", home.root)


def test_file_that_is_no_history_is_refused(genesis: Path) -> None:
    home = a_home(genesis, "new")
    with pytest.raises(ConfigError, match="the signing history lacks the field metadata"):
        run("import", "--home", home.root, genesis)
    assert run("import", "--home", home.root, genesis.parent / "none").exit_code == 2
