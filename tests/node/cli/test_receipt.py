import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chain.errors import ChainError, ConfigError, PeerError
from node.cli.receipt import receipt
from tests.support.answers import node_that_says
from tests.support.builders import a_batch
from tests.support.changed_proofs import a_changed_chain
from tests.support.command_line import aitbc
from tests.support.proofs import proven_chain
from tests.support.served_market import ServedMarket

WORLD = proven_chain()
PAID, PENDING, SETTLED = WORLD.proofs


@pytest.fixture
def genesis(tmp_path: Path) -> str:
    path = tmp_path / "genesis.json"
    path.write_text(json.dumps(WORLD.document, indent=2))
    return str(path)


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    path = tmp_path / "proof.json"
    path.write_bytes(PAID.encode())
    return path


def run(*arguments: object) -> Result:
    """Run ``aitbc receipt``; an error of ours is raised, as the command's border would see it."""
    result = CliRunner().invoke(receipt, list(map(str, arguments)))
    if isinstance(result.exception, (ChainError, ConfigError, PeerError)):
        raise result.exception
    return result


def last_line(result: Result) -> str:
    return result.output.splitlines()[-1]


def test_file_is_verified_without_any_node(proof: Path, genesis: str) -> None:
    result = run("verify", proof, "--genesis", genesis, "--rpc", "http://127.0.0.1:1")
    assert result.exit_code == 0
    assert last_line(result) == "valid and final in block 2: 0.000300 AITBC paid"
    assert "finality          passed" in result.output


def test_pending_receipt_says_what_waits(proof: Path, genesis: str) -> None:
    proof.write_bytes(PENDING.encode())
    said = last_line(run("verify", proof, "--genesis", genesis))
    assert said.endswith("0.000000 AITBC paid, 0.000300 waiting for their window")
    proof.write_bytes(SETTLED.encode())
    said = last_line(run("verify", proof, "--genesis", genesis))
    assert said.endswith("block 2: 0.000300 AITBC paid")


def test_receipt_after_changes_of_the_validators_takes_the_genesis_document_alone(
    tmp_path: Path,
) -> None:
    proof, genesis = tmp_path / "proof.json", tmp_path / "genesis.json"
    with a_changed_chain(tmp_path) as world:
        proof.write_bytes(world.prove(1).encode())
        genesis.write_text(json.dumps(world.document))
    result = run("verify", proof, "--genesis", genesis)
    assert result.exit_code == 0
    assert last_line(result) == "valid and final in block 6: 0.000300 AITBC paid"


def test_without_a_genesis_nothing_is_called_final(proof: Path) -> None:
    result = run("verify", proof)
    assert result.exit_code == 0
    assert last_line(result) == "valid, not proven final: no trusted genesis"


def test_document_alone_is_not_final_where_a_genesis_is_given(proof: Path, genesis: str) -> None:
    proof.write_bytes(WORLD.receipts[0].document)
    assert run("verify", proof).exit_code == 0
    result = run("verify", proof, "--genesis", genesis)
    assert (result.exit_code, last_line(result)) == (1, "valid, not proven final: no proof")


def test_changed_proof_ends_with_1_and_its_reason(proof: Path, genesis: str) -> None:
    proof.write_bytes(PAID.encode() + b"\n")
    result = run("verify", proof, "--genesis", genesis)
    assert result.exit_code == 1
    expected = "NOT VALID: canonical form: the proof is not in its canonical encoding"
    assert last_line(result) == expected


def test_rate_and_key_are_checked(proof: Path) -> None:
    key = WORLD.receipts[0].signature.public_key
    assert run("verify", proof, "--rate", 200, "--public-key", key).exit_code == 0
    assert "arithmetic" in last_line(run("verify", proof, "--rate", 199))
    assert "signature" in last_line(run("verify", proof, "--public-key", "00" * 32))


def test_self_declared_key_is_named_as_the_reason(proof: Path) -> None:
    proof.write_text('{"version":"1.0"}')
    result = run("verify", proof)
    assert result.exit_code == 1
    assert last_line(result).startswith("NOT VALID: signature: not checked: no key was given")


def test_proof_is_fetched_and_verified(tmp_path: Path, genesis: str) -> None:
    output = tmp_path / "fetched.json"
    with node_that_says(PAID.content()) as url:
        assert run("proof", "receipt-1", "--rpc", url, "--output", output).exit_code == 0
        assert run("proof", "receipt-1", "--rpc", url).stdout_bytes == PAID.encode()
        result = run("verify", WORLD.receipts[0].hash.hex(), "--rpc", url, "--genesis", genesis)
    assert result.exit_code == 0
    assert output.read_bytes() == PAID.encode()
    assert run("verify", output, "--genesis", genesis).exit_code == 0


def test_node_that_is_away_and_file_that_cannot_be_written_are_one_sentence(
    tmp_path: Path,
) -> None:
    with pytest.raises(PeerError, match="cannot reach a node"):
        run("verify", "receipt-1", "--rpc", "http://127.0.0.1:1")
    with node_that_says(PAID.content()) as url, pytest.raises(ConfigError, match="cannot write"):
        run("proof", "receipt-1", "--rpc", url, "--output", tmp_path / "none" / "proof.json")


def test_receipt_is_shown_with_and_without_the_word(market: ServedMarket) -> None:
    for words in (("show", "receipt-1"), ("receipt-1",), (f"0x{market.receipts[0].hash.hex()}",)):
        done = aitbc("receipt", *words, "--rpc", market.url)
        assert done.exit_code == 0, done.stderr
        lines = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
        assert lines["receipt"] == "receipt-1"
        assert lines["status"] == "paid"
        assert lines["price"] == "0.000300 AITBC"
        assert "due" not in lines
    waits = aitbc("receipt", "receipt-2", "--rpc", market.url).stdout
    assert "status       pending" in waits
    assert "due          in block 24" in waits


def test_json_of_a_receipt_holds_the_signed_document(market: ServedMarket) -> None:
    done = aitbc("receipt", "receipt-1", "--json", "--rpc", market.url)
    document = json.loads(done.stdout)["document"]
    assert document == json.loads(market.receipts[0].document)


def test_unknown_receipt_is_3_and_a_slip_of_the_finger_is_2(market: ServedMarket) -> None:
    assert aitbc("receipt", "rcpt-9", "--rpc", market.url).exit_code == 3
    slip = aitbc("receipt", "showw", "receipt-1", "--rpc", market.url)
    assert slip.exit_code == 2
    assert "Did you mean 'show'?" in slip.stderr


def test_claim_of_a_proof_is_handed_in(proof: Path) -> None:
    answer = {"receiptHash": f"0x{'ab' * 32}", "transactionId": f"0x{'cd' * 32}"}
    with node_that_says(answer) as url:
        assert run("submit", proof, "--rpc", url).stdout == f"0x{'cd' * 32}\n"
        assert json.loads(run("submit", proof, "--rpc", url, "--json").stdout) == answer


def test_receipt_that_is_paid_is_refused_and_says_so(market: ServedMarket, tmp_path: Path) -> None:
    proof = tmp_path / "proof.json"
    aitbc("receipt", "proof", "receipt-1", "--rpc", market.url, "-o", proof)
    done = aitbc("receipt", "submit", proof, "--rpc", market.url)
    assert done.exit_code == 5
    assert "this receipt is on the chain already: paid, in block" in done.stderr
    assert "is not open: it does not exist or has ended" in done.stderr
    told = aitbc("receipt", "submit", proof, "--rpc", market.url, "--json").stderr
    assert json.loads(told)["error"]["code"] == "unknown_reservation"


def test_receipt_that_was_changed_is_refused(market: ServedMarket, tmp_path: Path) -> None:
    proof = tmp_path / "proof.json"
    aitbc("receipt", "proof", "receipt-1", "--rpc", market.url, "-o", proof)
    changed = proof.read_text().replace('\\"job_id\\":\\"job-1', '\\"job_id\\":\\"job-9')
    assert changed != proof.read_text()
    proof.write_text(changed)
    done = aitbc("receipt", "submit", proof, "--rpc", market.url)
    assert done.exit_code == 5
    assert "signature" in done.stderr
    assert "on the chain already" not in done.stderr


def test_claim_of_a_batch_is_not_handed_in_alone(proof: Path) -> None:
    batch = a_batch(WORLD.receipts[0]).encode()
    proof.write_bytes(replace(PAID, claim=replace(PAID.claim, leaf=batch)).encode())
    with pytest.raises(ConfigError, match="its claim came in a batch"):
        run("submit", proof, "--rpc", "http://127.0.0.1:1")


def test_what_is_no_proof_is_not_handed_in(tmp_path: Path) -> None:
    for content in (b"not a proof", PAID.encode() + b" "):
        path = tmp_path / "proof.json"
        path.write_bytes(content)
        with pytest.raises(ChainError, match="proof"):
            run("submit", path, "--rpc", "http://127.0.0.1:1")


def test_verification_is_printed_as_json(genesis: str, proof: Path) -> None:
    done = run("verify", proof, "--genesis", genesis, "--json")
    document = json.loads(done.stdout)
    assert (document["valid"], document["final"], document["height"]) == (True, True, 2)
    assert document["paid"] == "300"
    assert {"name": "signature", "state": "passed", "reason": ""} in document["checks"]
    done = run("verify", proof, "--json", "--public-key", "00" * 32)
    assert done.exit_code == 1
    assert json.loads(done.stdout)["valid"] is False
