"""Every command is called wrongly once: a sentence, the code of the table, and JSON where asked."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from genesis.make import development_seed
from node.devnet import Devnet
from node.sealed_key import Cost, seal
from node.wallets import Wallets
from tests.support.command_line import COMMANDS, aitbc, has_option
from tests.support.home_chain import make_home

REFUSALS = {
    "account balance": ("alice", 4, "aitbc devnet up"),
    "account history": ("alice --limit 0", 2, "'--limit'"),
    "account show": ("ait1nonsense", 2, "'o' cannot stand in an address"),
    "billing account": ("nobody", 3, "aitbc wallet list shows what there is"),
    "billing grant": ("--from alice --label x --key zz --may dance", 2, "'reserve', 'accept'"),
    "billing keys": ("alice", 4, "AITBC_RPC_URL"),
    "billing revoke": ("--from alice", 2, "Missing option '--key'"),
    "billing usage": ("alice --by year", 2, "No such option '--by'"),
    "block": ("", 4, "cannot reach a node at http://127.0.0.1:1 (connection refused)"),
    "completion": ("tcsh", 2, "'bash', 'zsh', 'fish'"),
    "config get": ("rpc.prot --home home", 2, "aitbc config show lists them"),
    "config path": ("", 2, "Missing option '--home'"),
    "config set": ("rpc.port 70000 --home home", 2, "the setting rpc.port"),
    "config show": ("--hoem home", 2, "'--home'?"),
    "devnet down": ("--home home", 2, "aitbc devnet up --home"),
    "devnet env": ("", 2, "aitbc devnet up --home"),
    "devnet faucet": ("nobody --home net", 3, "there is no wallet nobody"),
    "devnet heal": ("--home net", 2, "start them with: aitbc devnet up"),
    "devnet kill": ("0 --home net", 2, "validator-0 does not run"),
    "devnet logs": ("0 --home net", 2, "cannot read"),
    "devnet partition": ("0,x --home net", 2, "no list of validators such as 0,1"),
    "devnet revert": ("one --home net", 2, "there are: none"),
    "devnet show": ("", 2, "aitbc devnet up --home"),
    "devnet snapshot": ("a/b --home net", 2, "letters, digits"),
    "devnet start": ("7 --home net", 2, "there are 0 to 1"),
    "devnet status": ("--home home", 2, "holds no devnet"),
    "devnet up": ("--home home --detach", 2, "name an empty folder"),
    "explorer open": ("--print", 4, "cannot reach a node"),
    "genesis check": ("junk", 2, "the genesis document is not valid JSON"),
    "genesis devnet": ("--output /proc/none", 2, "cannot write /proc/none"),
    "genesis hash": ("none", 2, "does not exist"),
    "job list": ("", 2, "say who acts: --as NAME"),
    "job release": ("one --as client-0", 2, "holds no devnet"),
    "job reserve": ("--as nobody --devnet net --model m --max-price 1", 2, "it has client-0"),
    "job resume": ("one --from ./open.key", 2, "run: chmod 600 open.key"),
    "job run": ("--as client-0 --model m --max-price x", 2, "amounts are AITBC such as 5"),
    "job show": ("one --from alice --passphrase-file wrong", 1, "does not open this key"),
    "miner earnings": ("--as miner-0 --devnet net", 4, "cannot reach a node"),
    "miner keys": ("--as nobody --devnet net", 2, "it has client-0"),
    "miner offers": ("--as miner-0 --devnet net", 4, "cannot reach a node"),
    "miner serve": ("--as miner-0 --devnet net --price m=1", 2, "say who works: --command"),
    "node backup": ("copy --home home", 2, "start its node first"),
    "node check": ("--home junk", 2, "is a file"),
    "node init": ("--home home --genesis home.json", 2, "is a node's home already"),
    "node logs": ("--home home", 2, "start it with 2>>"),
    "node peers": ("--home home", 4, "aitbc node start --home"),
    "node restore": ("net --home home", 2, "is no backup: it has no manifest.json"),
    "node start": ("--home wallets", 2, "aitbc node init"),
    "node status": ("--home home", 4, "aitbc node start --home"),
    "node verify": ("--home home", 2, "start its node first"),
    "receipt proof": ("receipt-1", 4, "cannot reach a node"),
    "receipt show": ("receipt-1 --rpc https://127.0.0.1", 2, "look like http://127.0.0.1:8545"),
    "receipt submit": ("none", 2, "does not exist"),
    "receipt verify": ("junk --genesis none", 2, "does not exist"),
    "receipts": ("--status lost", 2, "'pending', 'disputed', 'paid'"),
    "rpc": ("ait_status", 4, "cannot reach a node"),
    "signer serve": ("--home home", 2, "aitbc node init --validator"),
    "tx inspect": ("zz", 2, "neither hexadecimal digits nor a file of them"),
    "tx list": ("--csv --jsonl", 2, "choose one of --json, --jsonl and --csv"),
    "tx send": ("1.0000001 --from alice --to alice", 2, "at most six digits after the point"),
    "tx show": ("0x00", 4, "cannot reach a node"),
    "validator accept": ("--home home --name a --payee alice", 4, "cannot reach a node"),
    "validator approve": ("none --home home", 2, "does not exist"),
    "validator evidence": ("", 4, "cannot reach a node"),
    "validator export": ("--home home", 2, "aitbc node init --validator"),
    "validator import": ("junk --home home", 2, "aitbc node init --validator"),
    "validator list": ("", 4, "cannot reach a node"),
    "validator propose": ("-o update.json", 2, "who is to join with --add"),
    "validator submit": ("junk", 4, "cannot reach a node"),
    "wallet address": ("alise", 3, "did you mean alice?"),
    "wallet export": ("alice --seed", 2, "add --output FILE"),
    "wallet import": ("alice --hex", 2, "choose another name"),
    "wallet list": ("--jsn", 2, "Did you mean '--json'?"),
    "wallet new": ("a/b", 2, "a wallet's name has 1 to 64 letters"),
    "wallet show": ("nobody", 3, "aitbc wallet list shows what there is"),
    "wallet sign": ("junk --from alice --passphrase-file open.key", 2, "run: chmod 600"),
    "wallet verify": ("junk junk", 2, "the signature is not valid JSON"),
}
"""By command: arguments that cannot work, the exit code, and words that say why or what to do."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a home, a stopped devnet, a wallet, and files that are not what they should be.

    No command of the table changes any of them.
    """
    folder = tmp_path_factory.mktemp("refusals")
    make_home(folder / "home")
    Devnet(folder / "net").make(validators=2)
    sealed = seal(development_seed("client-0"), "correct horse", cost=Cost.DEVNET)
    Wallets(folder / "wallets").add("alice", sealed)
    for name, text, mode in (
        ("junk", "junk", 0o600),
        ("wrong", "battery staple\n", 0o600),
        ("open.key", f"{development_seed('client-0').hex()}\n", 0o644),
    ):
        (folder / name).write_text(text)
        (folder / name).chmod(mode)
    before = sorted(folder.rglob("*"))
    yield folder
    assert sorted(folder.rglob("*")) == before


def test_table_has_every_command() -> None:
    assert sorted(REFUSALS) == sorted(COMMANDS)


@pytest.mark.parametrize("command", REFUSALS)
def test_refusal_is_a_sentence_and_a_document_with_the_code_of_the_table(
    place: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setenv("AITBC_WALLETS", str(place / "wallets"))
    monkeypatch.setenv("AITBC_RPC_URL", "http://127.0.0.1:1")
    arguments, code, words = REFUSALS[command]
    done = aitbc(*command.split(), *arguments.split())
    assert (done.exit_code, done.stdout) == (code, ""), done.output
    assert isinstance(done.exception, SystemExit)
    assert words in done.stderr
    if not has_option(command, "--json"):
        return
    asked = aitbc(*command.split(), *arguments.split(), "--json")
    assert (asked.exit_code, asked.stdout) == (code, "")
    *talk, last = asked.stderr.splitlines()
    error = json.loads(last)["error"]
    assert error["exitCode"] == code
    assert words in " ".join((error["message"], *error["advice"]))
    assert not talk or command == "devnet up"
