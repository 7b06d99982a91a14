"""The npm package ``@openzeppelin/merkle-tree`` checks our payout rows and field disclosures.

It is fetched into a temporary folder by its lock file. Where Node.js, npm or the network is
missing, these tests are skipped and say so.
"""

import copy
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chain.crypto import sha256
from chain.fields import FIELD_TYPES, PrivateField, disclose, fields_dump, fields_root
from chain.keccak_tree import KeccakTree, hex_of
from chain.payout import PayoutRow, payout_dump, payout_tree, payouts_root
from chain.primitives import AMOUNT_MAX, Address

pytestmark = [pytest.mark.network, pytest.mark.slow]

ROOM = Path(__file__).parent / "openzeppelin"
FILES = ("package.json", "package-lock.json", "verify.mjs")
UNREACHABLE = ("EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH", "ENOTFOUND", "ETIMEDOUT")
NPM_TIMEOUT_S = 120
VERIFY_TIMEOUT_S = 120

Verify = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def verify(tmp_path_factory: pytest.TempPathFactory) -> Verify:
    """Return what hands cases to the package and returns how many it checked."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js and npm are not installed; they run the OpenZeppelin package")
    folder = tmp_path_factory.mktemp("openzeppelin")
    for name in FILES:
        shutil.copy(ROOM / name, folder)
    fetch = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    fetched = subprocess.run(
        fetch, cwd=folder, capture_output=True, text=True, timeout=NPM_TIMEOUT_S, check=False
    )
    if fetched.returncode and any(code in fetched.stderr for code in UNREACHABLE):
        pytest.skip("npm cannot reach its registry to fetch the OpenZeppelin package")
    assert fetched.returncode == 0, fetched.stderr

    def run(**cases: list[Any]) -> dict[str, Any]:
        done = subprocess.run(
            ["node", "verify.mjs"],
            cwd=folder,
            input=json.dumps(cases),
            capture_output=True,
            text=True,
            timeout=VERIFY_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def rows_of(size: int) -> list[PayoutRow]:
    return [
        PayoutRow(
            period=7,
            index=index,
            commitment=sha256(b"commitment %d" % index),
            payee=Address(sha256(b"payee %d" % (index % 50))[:20]),
            amount=AMOUNT_MAX - index if index % 2 else index,
        )
        for index in range(size)
    ]


def hex_proofs(tree: KeccakTree) -> list[list[str]]:
    return [[hex_of(part) for part in tree.proof(index)] for index in range(len(tree.rows))]


def payout_case(size: int) -> dict[str, Any]:
    rows = rows_of(size)
    root = hex_of(payouts_root(rows))
    return {"dump": payout_dump(rows), "root": root, "proofs": hex_proofs(payout_tree(rows))}


def a_field(name: str, value: str) -> PrivateField:
    return PrivateField(name=name, value=value, salt=sha256(b"salt of " + name.encode()))


FIELDS = [
    a_field("empty", ""),
    a_field("units", "2500000"),
    a_field("prompt_hash", "0x" + "ab" * 32),  # looks like bytes, and is text
    a_field("policy", "gpu:a100.eu-1"),
    *(a_field(f"padding.{length}", "~" * length) for length in (31, 32, 33, 64, 96, 127, 128)),
    a_field("n" * 64, ' !"#\\'),
]


def disclosed(name: str) -> dict[str, Any]:
    document = disclose(FIELDS, name).document
    value = [document["name"], document["value"], document["salt"]]
    root = hex_of(fields_root(FIELDS))
    return {"root": root, "types": FIELD_TYPES, "value": value, "proof": document["proof"]}


def test_package_proves_every_row_of_small_periods(verify: Verify) -> None:
    sizes = [1, 2, 3, 100]
    assert verify(trees=[payout_case(size) for size in sizes])["proved"] == sizes


def test_package_proves_every_row_of_ten_thousand(verify: Verify) -> None:
    assert verify(trees=[payout_case(10_000)])["proved"] == [10_000]


def test_package_refuses_dump_with_a_changed_value(verify: Verify) -> None:
    damaged = []
    dump = payout_dump(rows_of(5))
    for column, value in enumerate(["8", "9", "0x" + "00" * 32, "0x" + "11" * 20, "1"]):
        damaged.append(copy.deepcopy(dump))
        damaged[-1]["values"][3]["value"][column] = value
    damaged.append(copy.deepcopy(dump))
    damaged[-1]["tree"][0] = "0x" + "00" * 32
    assert verify(damaged=damaged)["damaged"] == 6


def test_package_loads_fields(verify: Verify) -> None:
    rows = [(field.name, field.value, field.salt) for field in FIELDS]
    tree = KeccakTree.of(FIELD_TYPES, rows)
    root = hex_of(fields_root(FIELDS))
    case = {"dump": fields_dump(FIELDS), "root": root, "proofs": hex_proofs(tree)}
    assert verify(trees=[case])["proved"] == [len(FIELDS)]


def test_package_accepts_each_disclosure_and_no_altered_one(verify: Verify) -> None:
    rows = [disclosed(field.name) for field in FIELDS]
    altered = []
    for row in rows:
        name, value, salt = row["value"]
        others = [[name + "x", value, salt], [name, value + "0", salt], [name, value, row["root"]]]
        altered += [row | {"value": other} for other in others]
        altered.append(row | {"proof": row["proof"][:-1]})
    counts = verify(rows=rows, altered=altered)
    assert (counts["rows"], counts["altered"]) == (len(FIELDS), 4 * len(FIELDS))


def test_lock_file_names_no_place_to_fetch_from() -> None:
    text = (ROOM / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in text
    assert all(
        "integrity" in package for name, package in json.loads(text)["packages"].items() if name
    )
