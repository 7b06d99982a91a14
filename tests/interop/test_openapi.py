"""openapi-spec-validator and schemathesis judge the OpenAPI document and what a node answers.

They are fetched into a temporary folder by their lock file. Where the network is missing, these
tests are skipped and say so.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from node.demo import run_demo
from tests.support.running import running_devnet

pytestmark = [pytest.mark.network, pytest.mark.slow]

LOCK = Path(__file__).resolve().parents[2] / "scripts" / "locks" / "openapi.txt"
UNREACHABLE = ("No matching distribution", "Could not find a version", "ConnectionError")
FETCH_S = 240
JUDGE_S = 240

BUDGET_S = 30
"""Seconds after which schemathesis begins nothing new."""

SEED = 7
ENDLESS = "/v1/stream"
"""A stream of events has no end to wait for."""

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "ignored_auth",
)


@pytest.fixture(scope="module")
def judges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with both packages and what they need."""
    folder = tmp_path_factory.mktemp("judges")
    fetch = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
    fetched = subprocess.run(
        [*fetch, "--only-binary", ":all:", "--no-compile", "--target", folder, "-r", LOCK],
        capture_output=True,
        text=True,
        timeout=FETCH_S,
        check=False,
    )
    if fetched.returncode and any(words in fetched.stderr for words in UNREACHABLE):
        pytest.skip("pip cannot reach its registry to fetch openapi-spec-validator, schemathesis")
    assert fetched.returncode == 0, fetched.stderr
    return folder


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a node on whose chain a receipt has been paid."""
    with running_devnet(tmp_path_factory.mktemp("net") / "devnet", validators=1) as net:
        run_demo(net.root)
        yield next(iter(net.nodes())).rpc


def judge(folder: Path, program: str, *arguments: str) -> None:
    """Run a program of a judge, which must be content."""
    alone = "-S"  # none of our own packages
    done = subprocess.run(
        [sys.executable, alone, "-c", program, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=JUDGE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_validator_finds_the_document_right(judges: Path, url: str, tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    with urlopen(f"{url}/v1/openapi.json", timeout=10) as answer:
        file.write_bytes(answer.read())
    assert json.loads(file.read_bytes())["openapi"].startswith("3.1.")
    judge(judges, "from openapi_spec_validator.__main__ import main; main()", str(file))


def test_schemathesis_finds_no_answer_that_is_not_in_the_document(judges: Path, url: str) -> None:
    judge(
        judges,
        "from schemathesis.cli import schemathesis; schemathesis()",
        *("run", f"{url}/v1/openapi.json", "--exclude-path", ENDLESS),
        *(
            "--checks",
            ",".join(CHECKS),
            "--phases",
            "examples,coverage,fuzzing",
            "--continue-on-failure",
        ),
        *("--max-examples", "20", "--max-time", str(BUDGET_S), "--seed", str(SEED)),
        *("--generation-database", "none", "--warnings", "off", "--no-color"),
    )
