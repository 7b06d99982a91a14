"""The npm package ``@open-rpc/test-coverage`` reads our OpenRPC document and calls each method.

It is fetched into a temporary folder by its lock file. Where Node.js, npm or the network is
missing, these tests are skipped and say so.
"""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from node.api.methods import METHODS
from tests.support.api_examples import serve_examples

pytestmark = [pytest.mark.network, pytest.mark.slow]

ROOM = Path(__file__).parent / "openrpc"
FILES = ("package.json", "package-lock.json", "cover.mjs")
UNREACHABLE = ("EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH", "ENOTFOUND", "ETIMEDOUT")
TIMEOUT_S = 240

WEBSOCKET_ONLY = ("ait_subscribe", "ait_unsubscribe")
"""The package calls over HTTP, where these say that they need a WebSocket."""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the package."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js and npm are not installed; they run @open-rpc/test-coverage")
    folder = tmp_path_factory.mktemp("openrpc")
    for name in FILES:
        shutil.copy(ROOM / name, folder)
    fetch = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    fetched = subprocess.run(
        fetch, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    if fetched.returncode and any(code in fetched.stderr for code in UNREACHABLE):
        pytest.skip("npm cannot reach its registry to fetch @open-rpc/test-coverage")
    assert fetched.returncode == 0, fetched.stderr
    return folder


def test_package_reads_the_document_and_every_call_succeeds(room: Path, tmp_path: Path) -> None:
    async def cover(url: str) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            *("node", "cover.mjs", url, *WEBSOCKET_ONLY),
            cwd=room,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        async with asyncio.timeout(TIMEOUT_S):
            said, complained = await process.communicate()
        assert process.returncode == 0, complained.decode()
        found: dict[str, Any] = json.loads(said)
        return found

    found = serve_examples(tmp_path, cover)
    assert found["methods"] == [method.name for method in METHODS]
    failed = [call for call in found["calls"] if not call["valid"]]
    assert not failed
    called = {call["method"] for call in found["calls"]}
    assert called == set(found["methods"]) - set(WEBSOCKET_ONLY)


def test_lock_file_names_no_place_to_fetch_from() -> None:
    text = (ROOM / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in text
    assert all(
        "integrity" in package for name, package in json.loads(text)["packages"].items() if name
    )
