import json
from pathlib import Path

import pytest
from click.testing import Result

from chain.address import format_address
from chain.crypto import sha256
from tests.support.answers import node_that_says
from tests.support.builders import a_claim, a_receipt, a_transfer, key_of
from tests.support.command_line import aitbc, on_a_terminal
from tests.support.served_market import ServedMarket

MINER = format_address(key_of("miner").address)
STRANGER = format_address(key_of("stranger").address)


def send(market: ServedMarket, *arguments: object) -> Result:
    source = ("--from", market.keys["stranger"])
    return aitbc("tx", "send", *arguments, *source, "--rpc", market.url)


def test_money_arrives(own_market: ServedMarket) -> None:
    done = send(own_market, "0.25", "--to", MINER, "--memo", "for lunch", "--wait")
    assert done.exit_code == 0, done.stderr
    assert f"send 0.250000 AITBC from {own_market.keys['stranger']} to {MINER}" in done.stderr
    assert "final in block 6" in done.stderr
    transaction_id = done.stdout.strip()
    shown = aitbc("tx", "show", transaction_id, "--json", "--rpc", own_market.url)
    document = json.loads(shown.stdout)
    assert (document["amount"], document["payload"]["memo"]) == ("250000", "for lunch")
    said = aitbc("tx", "show", transaction_id, "--rpc", own_market.url).stdout
    assert "amount       0.250000 AITBC" in said
    assert "memo       for lunch" in said
    listed = aitbc("tx", "list", "--kind", "transfer", "--rpc", own_market.url).stdout
    assert listed.splitlines()[1].split() == [
        *("6", "transfer", "0.250000", STRANGER, MINER, transaction_id)
    ]


def test_sealed_key_is_opened_on_the_terminal(own_market: ServedMarket, tmp_path: Path) -> None:
    variables = {"AITBC_WALLETS": str(tmp_path / "wallets"), "AITBC_RPC_URL": own_market.url}
    digits = own_market.keys["stranger"].read_text().strip()
    code, shown = on_a_terminal(
        *("wallet", "import", "eve", "--hex", "--devnet"),
        answers=(digits, "correct horse", "correct horse"),
        variables=variables,
    )
    assert code == 0, shown
    code, shown = on_a_terminal(
        *("tx", "send", "0.1", "--from", "eve", "--to", MINER, "--wait"),
        answers=("correct horse",),
        variables=variables,
    )
    assert code == 0, shown
    assert "final in block 6" in shown
    assert "correct horse" not in shown


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("1000", "--to", MINER), 5, "needs 1000000000 base units"),
        (("1", "--to", STRANGER), 5, ""),
        (("0.1", "--to", MINER, "--fee", "5"), 5, "the fee is 5000000"),
        (("0", "--to", MINER), 5, ""),
        (("-1", "--to", MINER), 2, "No such option"),
        (("1.0000001", "--to", MINER), 2, "is no amount"),
        (("1", "--to", MINER[:-1]), 2, "checksum is wrong"),
        (("1", "--to", MINER, "--memo", "ü"), 2, "a memo is printable ASCII"),
        (("1", "--to", MINER, "--memo", "x" * 65), 5, ""),
        (("1", "--to", MINER, "--genesis", "00" * 32), 2, "another chain"),
        (("1",), 2, "Missing option '--to'"),
    ],
)
def test_payment_that_cannot_be_is_refused(
    market: ServedMarket, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = send(market, *arguments)
    assert done.exit_code == code, done.stderr
    assert said in done.stderr
    assert done.stdout == ""


def test_unknown_transaction_is_3_and_nonsense_is_2(market: ServedMarket) -> None:
    assert aitbc("tx", "show", "0x" + "ab" * 32, "--rpc", market.url).exit_code == 3
    assert aitbc("tx", "show", "nonsense", "--rpc", market.url).exit_code == 2
    assert aitbc("tx", "list", "--kind", "nonsense", "--rpc", market.url).exit_code == 2


def test_transactions_of_an_address_are_listed(market: ServedMarket) -> None:
    found = aitbc("tx", "list", "--address", STRANGER, "--json", "--rpc", market.url)
    assert json.loads(found.stdout)["items"] == []
    found = aitbc("tx", "list", "--address", MINER, "--jsonl", "--rpc", market.url)
    kinds = [json.loads(line)["kind"] for line in found.stdout.splitlines()]
    assert kinds == ["claim", "claim", "reserve", "reserve"]


def test_bytes_are_explained_without_asking_anybody(market: ServedMarket, tmp_path: Path) -> None:
    made = a_transfer(100, memo="hi", genesis_hash=market.genesis_hash)
    said = aitbc("tx", "inspect", made.encode().hex())
    assert said.exit_code == 0
    assert "memo            hi" in said.stdout
    file = tmp_path / "raw"
    file.write_text(f"0x{made.encode().hex()}\n")
    known = aitbc("tx", "inspect", file, "--json", "--genesis", market.served.genesis)
    document = json.loads(known.stdout)
    assert document["transactionId"] == f"0x{made.id(market.genesis_hash).hex()}"
    assert document["signatureValid"] is True
    assert document["payload"]["to"] == MINER


def test_forged_signature_ends_with_1(market: ServedMarket) -> None:
    made = a_transfer(100, genesis_hash=sha256(b"another chain")).encode().hex()
    done = aitbc("tx", "inspect", made, "--genesis", market.served.genesis)
    assert done.exit_code == 1
    assert "NOT VALID: the signature of the transaction does not verify" in done.stderr
    assert "signatureValid    False" in done.stdout


def test_claim_has_no_sender() -> None:
    done = aitbc("tx", "inspect", a_claim(a_receipt()).encode().hex(), "--json")
    document = json.loads(done.stdout)
    assert document["kind"] == "claim"
    assert "sender" not in document


@pytest.mark.parametrize("raw", ["xyz", "", "00", "0101", "ab" * 200_000])
def test_what_is_no_transaction_is_refused(raw: str) -> None:
    done = aitbc("tx", "inspect", raw)
    assert done.exit_code == 2
    assert "aitbc: that is n" in done.stderr


@pytest.mark.parametrize("answer", [None, {}, {"transactionId": "0x", "payload": 7}])
def test_strange_answer_is_one_sentence(answer: object) -> None:
    with node_that_says(answer) as url:
        done = aitbc("tx", "show", "0x" + "ab" * 32, "--rpc", url)
    assert done.exit_code == 4
    assert "does not answer as a node of this program" in done.stderr
