import json
import subprocess
import sys
from pathlib import Path

import pytest

from chain.address import format_address
from chain.crypto import SecretKey
from genesis.document import parse_genesis
from genesis.make import (
    DEVNET_TREASURY,
    development_accounts,
    development_key,
    development_seed,
    development_validators,
    format_document,
    make_devnet_document,
    make_document,
)

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ROOT / "genesis" / "devnet.json"
AITBC = (sys.executable, "-m", "node")


def test_same_inputs_give_the_same_bytes() -> None:
    texts = {format_document(make_devnet_document(validators=7, time_ms=5)) for _ in range(3)}
    assert len(texts) == 1


def test_kept_document_is_the_one_the_code_makes() -> None:
    assert KEPT.read_text() == format_document(make_devnet_document())


def test_command_writes_the_kept_document(tmp_path: Path) -> None:
    written = tmp_path / "genesis.json"
    subprocess.run((*AITBC, "genesis", "devnet", "-o", str(written)), cwd=ROOT, check=True)
    shown = subprocess.run((*AITBC, "genesis", "devnet"), cwd=ROOT, check=True, capture_output=True)
    assert written.read_bytes() == shown.stdout == KEPT.read_bytes()


def test_script_writes_the_kept_document() -> None:
    script = ROOT / "scripts" / "make_genesis"
    shown = subprocess.run((script, "devnet"), check=True, capture_output=True)
    assert shown.stdout == KEPT.read_bytes()


@pytest.mark.parametrize("validators", [1, 4, 64])
def test_devnet_document_is_valid(validators: int) -> None:
    text = format_document(make_devnet_document(validators=validators, block_interval_ms=50))
    genesis = parse_genesis(text.encode())
    assert len(genesis.validators) == validators
    assert genesis.treasury == DEVNET_TREASURY


def test_document_of_a_chain_that_is_no_devnet_is_valid() -> None:
    key = SecretKey(bytes(range(32)))
    document = make_document(
        chain_id="aitbc-1",
        time_ms=0,
        validators=[("first", key.public_key.hex(), format_address(key.address))],
        accounts=[(format_address(key.address), 5)],
        treasury=7,
        devnet=False,
    )
    genesis = parse_genesis(json.dumps(document).encode())
    assert not genesis.parameters.devnet
    assert genesis.supply == 12


def test_development_keys_differ_and_can_be_named() -> None:
    names = [account.name for account in development_accounts(3)]
    assert names == ["client-0", "client-1", "client-2", "miner-0", "miner-1", "miner-2"]
    keys = [account.key for account in development_accounts(3)]
    keys += [key for _, key in development_validators(3)]
    assert len({key.public_key for key in keys}) == 9
    assert development_key("miner-1").public_key == keys[4].public_key
    assert SecretKey(development_seed("client-0")).public_key == keys[0].public_key


def test_formatted_document_ends_with_one_new_line() -> None:
    text = format_document({"a": 1})
    assert text == '{\n  "a": 1\n}\n'
