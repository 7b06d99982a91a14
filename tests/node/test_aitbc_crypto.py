"""``import aitbc_crypto`` as its users have it: from a wheel, from a checkout, without a node."""

import json
import subprocess
import sys
import sysconfig
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.answers import node_that_says
from tests.support.proofs import proven_chain

ROOT = Path(__file__).resolve().parents[2]
WORLD = proven_chain()

NEEDED = (
    *("Crypto", "_cffi_backend", "annotated_types", "cffi", "nacl", "pycparser", "pydantic"),
    *("pydantic_core", "rfc8785", "typing_extensions", "typing_inspection"),
)
"""What pynacl, pycryptodome, rfc8785 and pydantic install."""

HEAVY = (
    *("aiohttp", "asyncio", "click", "libp2p", "msgspec", "multiaddr", "pydantic_settings"),
    *("pysqlite3", "rich", "sqlalchemy", "sqlite3", "sqlite_utils", "sqlmodel", "structlog"),
    *("trio", "p2p", "chain.store", "chain.engine", "node.config"),
)
"""What a program that only verifies receipts must not load."""

IMPORT = "import aitbc_crypto, json, sys; print(json.dumps(sorted(sys.modules)))"
GUIDE = """
from aitbc_crypto import get_receipt, verify_receipt
import sys
receipt = get_receipt("receipt-1", url=sys.argv[1])
is_valid = verify_receipt(receipt)
print(f"Receipt valid: {is_valid}")
open(sys.argv[2], "wb").write(receipt.encode())
"""
OFFLINE = """
from pathlib import Path
from aitbc_crypto import verify_receipt
import sys
result = verify_receipt(Path(sys.argv[1]).read_bytes(), genesis=Path(sys.argv[2]))
print(bool(result), result.is_final, result.paid)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Return two folders: the unpacked wheel, and the four libraries it needs with theirs."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "wheel")
    libraries = folder / "libraries"
    libraries.mkdir()
    for name in NEEDED:
        found = find_spec(name)
        assert found is not None
        assert found.origin is not None
        origin = Path(found.origin)
        place = origin.parent if origin.name == "__init__.py" else origin
        (libraries / place.name).symlink_to(place)
    return str(folder / "wheel"), str(libraries)


def run(installed: tuple[str, str], code: str, *arguments: object) -> str:
    """Run code in an interpreter that knows the wheel, the libraries and nothing else."""
    start = f"import sys; sys.path += {list(installed)!r}\n"
    command = (sys.executable, "-I", "-S", "-c", start + code, *map(str, arguments))
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_wheel_works_with_four_libraries_and_loads_nothing_heavy(
    installed: tuple[str, str],
) -> None:
    modules = json.loads(run(installed, IMPORT))
    assert not {name for name in modules if name in HEAVY or name.startswith("libp2p.")}


def test_guide_s_own_lines_work_and_the_file_verifies_offline(
    installed: tuple[str, str], tmp_path: Path
) -> None:
    genesis, proof = tmp_path / "genesis.json", tmp_path / "proof.json"
    genesis.write_text(json.dumps(WORLD.document, indent=2))
    with node_that_says(WORLD.proofs[0].content()) as url:
        assert run(installed, GUIDE, url, proof) == "Receipt valid: True"
    assert run(installed, OFFLINE, proof, genesis) == "True True 300"
    proof.write_bytes(WORLD.proofs[0].encode().replace(b"receipt-1", b"receipt-2"))
    assert run(installed, OFFLINE, proof, genesis) == "False False None"


def test_checkout_offers_the_same_name(tmp_path: Path) -> None:
    folder = Path(sysconfig.get_paths()["purelib"])
    assert (folder / "aitbc_crypto.py").is_file(), "run scripts/setup"
    command = (sys.executable, "-c", "import aitbc_crypto; print(*aitbc_crypto.__all__)")
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {"get_receipt", "verify_receipt"} <= set(done.stdout.split())
