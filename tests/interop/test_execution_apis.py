"""What the ``eth_`` view answers has the form that Ethereum's own specification of it asks for.

The schemas are compiled from the YAML of ``ethereum/execution-apis``, which is read where it lies
beside the repository. A machine without it, without Node.js or without the network skips the tests
and says so.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from node.api.services import Services
from tests.support.asking import ask
from tests.support.builders import address_of_name
from tests.support.eth_chain import an_eth_chain
from tests.support.vectors import ROOM as VECTORS

pytestmark = [pytest.mark.network, pytest.mark.slow]

SOURCE = VECTORS / "execution-apis" / "src"
ROOM = Path(__file__).parent / "execution_apis"
UNREACHABLE = ("EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH", "ENOTFOUND", "ETIMEDOUT")
FETCH_S = 120
CLIENT = "0x" + address_of_name("client").hex()
NO_HASH = "0x" + "77" * 32

Calls = list[tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def specification(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the schemas of Ethereum's own specification."""
    if not SOURCE.is_dir():
        pytest.skip("ethereum/execution-apis does not lie beside the repository")
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js and npm are not installed; they read the YAML")
    folder = tmp_path_factory.mktemp("execution_apis")
    for name in ("package.json", "package-lock.json", "compile.mjs"):
        shutil.copy(ROOM / name, folder)
    fetch = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    fetched = subprocess.run(
        fetch, cwd=folder, capture_output=True, text=True, timeout=FETCH_S, check=False
    )
    if fetched.returncode and any(code in fetched.stderr for code in UNREACHABLE):
        pytest.skip("npm cannot reach its registry to fetch the package yaml")
    assert fetched.returncode == 0, fetched.stderr
    compiled = subprocess.run(
        ["node", "compile.mjs", SOURCE],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=FETCH_S,
        check=True,
    )
    content: dict[str, Any] = json.loads(compiled.stdout)
    return content


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with an_eth_chain(tmp_path) as chain:
        yield chain.services


def faults(specification: dict[str, Any], method: str, answer: object) -> list[str]:
    """Return what is wrong with an answer."""
    components = {"components": {"schemas": specification["schemas"]}}
    judge = Draft202012Validator(specification["results"][method] | components)
    return [f"{method}: {one.json_path}: {one.message[:200]}" for one in judge.iter_errors(answer)]


def calls_of(services: Services) -> Calls:
    """Return calls for everything that the chain holds, and for what it does not."""
    calls: Calls = [
        ("eth_blockNumber", {}),
        ("eth_chainId", {}),
        ("eth_syncing", {}),
        ("eth_accounts", {}),
        ("eth_gasPrice", {}),
        ("eth_maxPriorityFeePerGas", {}),
        ("eth_feeHistory", {"blockCount": "0x4", "newest": "latest", "percentiles": [25, 75]}),
        ("eth_estimateGas", {"first": {}}),
        ("eth_call", {"first": {}}),
        ("eth_getBalance", {"address": CLIENT}),
        ("eth_getTransactionCount", {"address": CLIENT}),
        ("eth_getCode", {"address": CLIENT}),
        ("eth_getStorageAt", {"address": CLIENT, "slot": "0x0"}),
        ("eth_getLogs", {"filter": {"fromBlock": "0x0"}}),
        ("eth_newFilter", {"filter": {"fromBlock": "0x0"}}),
        ("eth_newBlockFilter", {}),
        ("eth_newPendingTransactionFilter", {}),
        ("eth_getTransactionByHash", {"transactionHash": NO_HASH}),
        ("eth_getTransactionReceipt", {"transactionHash": NO_HASH}),
        ("eth_getBlockByHash", {"blockHash": NO_HASH}),
        ("eth_getBlockReceipts", {"block": NO_HASH}),
    ]
    for height in range(7):
        number = hex(height)
        calls += [
            ("eth_getBlockByNumber", {"block": number, "full": full}) for full in (False, True)
        ]
        calls += [
            ("eth_getBlockReceipts", {"block": number}),
            ("eth_getBlockTransactionCountByNumber", {"block": number}),
            ("eth_getTransactionByBlockNumberAndIndex", {"block": number, "index": "0x0"}),
        ]
        for one in ask(services, "eth_getBlockByNumber", block=number)["transactions"]:
            calls += [
                ("eth_getTransactionByHash", {"transactionHash": one}),
                ("eth_getTransactionReceipt", {"transactionHash": one}),
            ]
    return calls


def test_every_answer_has_the_form_of_the_specification(
    specification: dict[str, Any], services: Services
) -> None:
    calls = calls_of(services)
    found = [
        fault
        for method, params in calls
        for fault in faults(specification, method, ask(services, method, **params))
    ]
    assert not found, "\n".join(found)
    filter_id = ask(services, "eth_newFilter", filter={"fromBlock": "0x0"})
    changes = ask(services, "eth_getFilterChanges", filterId=filter_id)
    assert changes
    assert not faults(specification, "eth_getFilterChanges", changes)


def test_judge_sees_a_missing_field(specification: dict[str, Any], services: Services) -> None:
    block = ask(services, "eth_getBlockByNumber", block="0x1")
    for name in ("stateRoot", "size", "uncles"):
        rest = {key: value for key, value in block.items() if key != name}
        assert faults(specification, "eth_getBlockByNumber", rest)


def test_lock_file_names_no_place_to_fetch_from() -> None:
    text = (ROOM / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in text
    assert all(
        "integrity" in package for name, package in json.loads(text)["packages"].items() if name
    )
