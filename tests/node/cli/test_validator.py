import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chain.address import format_address
from chain.errors import AitbcError, ConfigError, PeerError
from genesis.document import read_genesis
from node.cli.validator import validator
from node.home import Home
from node.init import init_home
from node.keystore import read_public_key
from node.private_file import write_private
from node.sealed_key import Cost, seal
from tests.support.answers import node_that_says
from tests.support.builders import seed_of
from tests.support.evidence import evidence_against
from tests.support.seats import a_validator, seat_key
from tests.support.served_chain import ServedChain, served_chain


def run(*arguments: object) -> Result:
    """Run ``aitbc validator``; an error of ours is raised, as the command's border would see it."""
    result = CliRunner().invoke(validator, list(map(str, arguments)))
    if isinstance(result.exception, AitbcError):
        assert "\n" not in str(result.exception)
        raise result.exception
    return result


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedChain]:
    with served_chain(tmp_path) as served:
        yield served


def home_of(served: ServedChain, number: int) -> Path:
    """Return the home of a validator, or of one to be."""
    root = served.genesis.parent / f"home-{number}"
    if not root.exists():
        seed = seed_of(f"validator {number}")
        init_home(Home(root), genesis=served.genesis, validator=True, seed=seed)
    return root


def accepted_by(served: ServedChain, number: int, name: str) -> Path:
    """Let one accept a seat, and return the file."""
    file = served.genesis.parent / f"{name}.json"
    payee = format_address(a_validator(number).payee)
    home = home_of(served, number)
    done = run(
        *("accept", "--home", home, "--name", name, "--payee", payee),
        *("--rpc", served.url, "--output", file),
    )
    assert (done.exit_code, done.stdout) == (0, "")
    assert "accepted until height 3601; the chain is at 1" in done.stderr
    assert "but no node runs in" in done.stderr
    return file


def test_validator_joins_by_the_words_of_the_readme(served: ServedChain) -> None:
    url, update = served.url, served.genesis.parent / "update.json"
    rpc_json = ("--rpc", url, "--json")
    ada = accepted_by(served, 4, "ada")
    done = run("propose", "--add", ada, "--rpc", url, "--output", update)
    assert done.output.splitlines()[0].startswith("joins       ada ")
    assert "approved    by 0 of 4; it takes 3" in done.output
    copies = []
    for number in (0, 1, 2):
        copy = update.with_name(f"update-{number}.json")
        copy.write_bytes(update.read_bytes())
        done = run("approve", "--home", home_of(served, number), copy, "--rpc", url)
        assert "validators  4 -> 5, quorum 3 -> 4\n" in done.output
        assert "approved    by 1 of 4 (v" in done.output
        copies.append(copy)
    shown = json.loads(run("approve", "--home", home_of(served, 0), copies[0], *rpc_json).stdout)
    assert [one["name"] for one in shown["joins"]] == ["ada"]
    assert (shown["file"], shown["quorum"], shown["approvalsNeeded"]) == (str(copies[0]), 4, 3)
    assert len(shown["approvedBy"]) == 1
    done = run("submit", *copies, "--rpc", url, "--wait")
    assert done.output.splitlines()[1] == "final in block 2; the new set votes from height 4 on"
    done = run("list", "--rpc", url)
    first, _, _, *lines = done.output.splitlines()
    assert first == "height 3 is next; validators 4, quorum 3, approved changes 1"
    assert [line.split()[:3] for line in lines[:4]] == [
        [str(index), f"v{index}", "1"] for index in range(4)
    ]
    assert [index for index, line in enumerate(lines) if line.endswith("proposes next")] == [3]
    assert lines[-1] == f"joins at height 4: ada {seat_key(4).public_key.hex()}"


def test_key_is_rotated_in_one_change(served: ServedChain) -> None:
    update = served.genesis.parent / "update.json"
    ada = accepted_by(served, 4, "ada")
    run("propose", "--add", ada, "--remove", "v0", "--rpc", served.url, "--output", update)
    for number in (0, 1, 2, 0):
        done = run("approve", "--home", home_of(served, number), update, "--rpc", served.url)
    assert "approved    by 3 of 4" in done.output
    done = run("submit", update, "--rpc", served.url)
    first, second = done.output.splitlines()
    assert second.startswith("two heights after its block the new set votes")
    done = run("submit", update, "--rpc", served.url, "--wait", "--json")
    assert json.loads(done.stdout) == {
        "transactionId": f"0x{first.split()[1]}",
        "height": 2,
        "votesFromHeight": 4,
    }
    listed = run("list", "--rpc", served.url).output
    assert "joins at height 4: ada" in listed
    assert "leaves at height 4: v0" in listed


def test_files_that_are_not_what_they_should_be_are_named(served: ServedChain) -> None:
    update = served.genesis.parent / "update.json"
    ada = accepted_by(served, 4, "ada")
    with pytest.raises(ConfigError, match=r"genesis\.json: the acceptance lacks the field"):
        run("propose", "--add", served.genesis, "--rpc", served.url, "--output", update)
    with pytest.raises(ConfigError, match=r"ada\.json: the update's form: must be 'ait"):
        run("submit", ada, "--rpc", served.url)
    with pytest.raises(ConfigError, match="say who is to join with --add"):
        run("propose", "--rpc", served.url, "--output", update)
    assert not update.exists()


def test_refused_approval_leaves_the_file_as_it_was(served: ServedChain) -> None:
    update = served.genesis.parent / "update.json"
    run("propose", "--remove", "v0", "--rpc", served.url, "--output", update)
    before = update.read_bytes()
    with pytest.raises(ConfigError, match="is no validator's at height 2, and cannot approve"):
        run("approve", "--home", home_of(served, 4), update, "--rpc", served.url)
    assert update.read_bytes() == before


def test_punished_validator_is_listed_and_never_comes_back(served: ServedChain) -> None:
    assert run("evidence", "--rpc", served.url).output == "nobody was punished\n"
    assert "punished" not in run("list", "--rpc", served.url).output
    ada = accepted_by(served, 4, "ada")
    key, genesis_hash = seat_key(4), read_genesis(served.genesis).hash
    update = served.genesis.parent / "update.json"
    run("propose", "--add", ada, "--rpc", served.url, "--output", update)
    for number in (0, 1, 2):
        run("approve", "--home", home_of(served, number), update, "--rpc", served.url)
    run("submit", update, "--rpc", served.url)
    proof = evidence_against(key, height=2, genesis_hash=genesis_hash)
    served.do(lambda stored: stored.block(evidence=[proof]))
    assert run("evidence", "--rpc", served.url).output == (
        f"height 3: ada {key.public_key.hex()} signed two prevotes at height 2, round 0\n"
    )
    listed = run("list", "--rpc", served.url).output
    assert listed.endswith("\npunished 1; look with aitbc validator evidence\n")
    with pytest.raises(ConfigError, match="contradicted itself and never joins again"):
        run("propose", "--add", ada, "--rpc", served.url, "--output", update)
    with pytest.raises(ConfigError, match="contradicted itself and never joins again"):
        accepted_by(served, 4, "again")


@pytest.mark.parametrize("answer", [{}, {"items": [{}]}, [], None, {"items": [{"height": 1}]}])
def test_evidence_that_is_none_is_one_sentence(answer: object) -> None:
    with (
        node_that_says(answer) as url,
        pytest.raises(PeerError, match="does not answer as a node of this program"),
    ):
        run("evidence", "--rpc", url)


def test_evidence_that_would_move_the_cursor_is_not_shown() -> None:
    entry = {"height": 1, "name": "\x1b[2J", "publicKey": "00", "kind": "prevote"}
    answer = {"items": [entry | {"offenceHeight": 1, "offenceRound": 0}]}
    with node_that_says(answer) as url, pytest.raises(PeerError, match="does not answer as"):
        run("evidence", "--rpc", url)


@pytest.mark.parametrize("command", ["list", "evidence"])
def test_json_is_what_the_node_says(command: str) -> None:
    with node_that_says({"items": [], "validators": []}) as url:
        done = run(command, "--json", "--rpc", url)
    assert json.loads(done.stdout) == {"items": [], "validators": []}


def test_sealed_key_accepts_with_its_passphrase(served: ServedChain, tmp_path: Path) -> None:
    home = Home(home_of(served, 8))
    home.validator_key.unlink()
    sealed = seal(seed_of("validator 8"), "correct horse", cost=Cost.DEVNET)
    write_private(home.validator_key, sealed)
    write_private(tmp_path / "passphrase", b"correct horse\n")
    payee = format_address(a_validator(8).payee)
    done = run(
        *("accept", "--home", home.root, "--name", "ada", "--payee", payee, "--rpc", served.url),
        *("--passphrase-file", tmp_path / "passphrase"),
    )
    assert done.exit_code == 0, done.output
    assert read_public_key(home.validator_key).hex() in done.stdout


def test_node_that_is_away_is_one_sentence(served: ServedChain) -> None:
    with pytest.raises(PeerError, match="cannot reach a node"):
        run("list", "--rpc", "http://127.0.0.1:1")


@pytest.mark.parametrize("name", sorted(validator.commands))
def test_help_has_an_example(name: str) -> None:
    done = run(name, "--help")
    assert f"Example: aitbc validator {name} " in " ".join(done.output.split())
