import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from chain.crypto import SecretKey
from node.wallets import Wallets
from tests.support.command_line import aitbc, on_a_terminal

SEED = bytes(range(32))

Run = Callable[..., Result]


@pytest.fixture
def passphrase(tmp_path: Path) -> tuple[str, Path]:
    path = tmp_path / "passphrase"
    path.write_text("correct horse\n")
    path.chmod(0o600)
    return "--passphrase-file", path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("AITBC_WALLETS", str(tmp_path / "wallets"))
    return lambda *arguments: aitbc("wallet", *arguments)


@pytest.fixture
def alice(run: Run, passphrase: tuple[str, Path]) -> dict[str, str]:
    done = run("new", "alice", "--devnet", "--json", *passphrase)
    assert done.exit_code == 0, done.stderr
    shape: dict[str, str] = json.loads(done.stdout)
    return shape


def test_phrase_of_a_new_wallet_makes_it_again(run: Run, passphrase: tuple[str, Path]) -> None:
    made = run("new", "alice", "--devnet", "--json", *passphrase)
    listed = [line.split() for line in made.stderr.splitlines() if line.strip()[:1].isdigit()]
    phrase = " ".join(word for line in listed for word in line if word.isalpha())
    assert len(phrase.split()) == 24
    assert phrase not in made.stdout
    code, shown = on_a_terminal(
        *("wallet", "import", "again", "--phrase", "--devnet", *passphrase), answers=(phrase,)
    )
    assert code == 0, shown
    assert json.loads(made.stdout)["address"] in shown
    assert phrase not in shown


def test_digits_come_through_a_pipe_or_a_prompt(run: Run, passphrase: tuple[str, Path]) -> None:
    code, shown = on_a_terminal(
        *("wallet", "import", "typed", "--hex", "--devnet", *passphrase),
        answers=("0x" + SEED.hex(),),
    )
    assert code == 0, shown
    assert SEED.hex() not in shown
    assert SecretKey(SEED).public_key.hex() in shown


def test_sealed_key_is_taken_over_with_its_passphrase(
    run: Run, alice: dict[str, str], passphrase: tuple[str, Path], tmp_path: Path
) -> None:
    exported = tmp_path / "alice.json"
    assert run("export", "alice", "--output", exported).exit_code == 0
    taken = run("import", "bob", "--keystore", exported, "--json", *passphrase)
    assert json.loads(taken.stdout)["address"] == alice["address"]
    passphrase[1].write_text("battery staple\n")
    refused = run("import", "carol", "--keystore", exported, *passphrase)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("aitbc: the passphrase does not open this key\n")
    assert run("list", "--json").stdout.count('"name"') == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say what to bring in"),
        (("--phrase", "--hex"), "say what to bring in"),
    ],
)
def test_import_needs_one_source(run: Run, arguments: tuple[str, ...], said: str) -> None:
    done = run("import", "bob", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr


def test_taken_name_is_refused_before_anything_is_asked(run: Run, alice: dict[str, str]) -> None:
    for command in (("new", "alice"), ("import", "alice", "--hex")):
        done = run(*command)
        assert done.exit_code == 2
        assert "there is a wallet alice already" in done.stderr


def test_list_show_and_address_agree(run: Run, alice: dict[str, str]) -> None:
    assert alice["address"] in run("list").stdout
    assert json.loads(run("list", "--json").stdout) == [alice]
    assert json.loads(run("show", "alice", "--json").stdout) == alice
    shown = run("show", "alice").stdout
    assert all(value in shown for value in alice.values())
    for spelt in (alice["address"], alice["address0x"], "alice"):
        both = run("address", spelt).stdout.split()
        assert both == [alice["address"], alice["address0x"]]
    document = json.loads(run("address", "alice", "--json").stdout)
    assert document == {name: alice[name] for name in ("address", "address0x")}


def test_empty_list_says_how_to_begin(run: Run) -> None:
    done = run("list")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "aitbc wallet new NAME" in done.stderr
    assert json.loads(run("list", "--json").stdout) == []


def test_unknown_wallet_ends_with_3(run: Run, alice: dict[str, str]) -> None:
    for command in (("show", "alicf"), ("export", "alicf"), ("address", "alicf")):
        done = run(*command)
        assert done.exit_code == 3
        assert "did you mean alice?" in done.stderr


def test_mistyped_address_is_refused(run: Run, alice: dict[str, str]) -> None:
    done = run("address", alice["address"][:-1])
    assert done.exit_code == 2
    assert "Invalid value" in done.stderr


def test_export_writes_the_sealed_key_or_a_private_file(
    run: Run, alice: dict[str, str], passphrase: tuple[str, Path], tmp_path: Path
) -> None:
    stored = Wallets(tmp_path / "wallets").get("alice").path.read_text()
    assert run("export", "alice").stdout == stored
    nowhere = run("export", "alice", "--seed", *passphrase)
    assert nowhere.exit_code == 2
    assert "add --output FILE" in nowhere.stderr
    key = tmp_path / "key"
    done = run("export", "alice", "--seed", "--output", key, *passphrase)
    assert (done.exit_code, done.stdout) == (0, "")
    assert key.stat().st_mode & 0o077 == 0
    assert key.read_text().strip() not in done.stderr
    signed = run("sign", key, "--from", key)
    assert json.loads(signed.stdout)["address"] == alice["address"]


def test_wallet_open_to_others_is_refused_with_the_mend(
    run: Run, alice: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "wallets" / "alice.json").chmod(0o644)
    for command in (("list",), ("show", "alice"), ("export", "alice")):
        done = run(*command)
        assert done.exit_code == 2
        assert "run: chmod 600" in done.stderr
