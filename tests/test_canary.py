"""Nothing private is ever public: canaries at every way in, and a look at every way out.

The budget: what the schema cannot refuse is what its own fields can spell. A receipt document
carries at most 544 bytes of the maker's choosing: eight labels of 64 characters out of 66 (six of
the document, a key id in each signature), four hashes and five numbers. Addresses, the chain, the
reservation, keys and signatures are not counted: they are bound to what others know, and a
signature says nothing to whoever does not share its key.
"""

import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.errors import ConfigError, MalformedMessage
from chain.primitives import (
    LABEL_MAX,
    TIME_S_MAX,
    UNITS_MICRO_MAX,
)
from chain.receipt import Receipt, ReceiptSignature, decode_receipt
from genesis.document import canonical_bytes, parse_genesis
from genesis.make import development_seed, make_devnet_document
from node.api.jsonrpc import Method, read_params
from node.api.methods import METHODS
from node.api.problems import RpcError
from node.api.settings import read_edge_settings
from node.config import load_settings
from node.devnet import Devnet
from node.home import Home
from node.process import is_running, start_node
from p2p.settings import EdgeSettings
from tests.support.builders import a_receipt
from tests.support.canary import Canaries, Scan, a_mark, describe
from tests.support.canary_devnet import Exposed, expose
from tests.support.canary_payment import BINARY_FORMS, CONTROL_FORMS
from tests.support.canary_rpc import (
    call_text,
)
from tests.support.running import wait_for

FREE_BYTES_MAX = 544
FOUND_AS = {"base64url": "base64"}
"""A short word is the same in both."""


@pytest.fixture(scope="module")
def exposed(tmp_path_factory: pytest.TempPathFactory) -> Exposed:
    """One devnet for all tests of this file that need one."""
    return expose(tmp_path_factory.mktemp("canary"))


def marks_of(exposed: Exposed) -> dict[str, bytes]:
    """Return what no surface may hold: the canaries and every secret key."""
    names = [f"validator-{index}{what}" for index in range(2) for what in ("", " network")]
    keys = {f"key of {name}": development_seed(name) for name in names}
    ours = {"miner's key": exposed.canaries.secret, "operator's token": exposed.token}
    return exposed.canaries.marks | ours | keys


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize("surface", ["files", "answers", "frames", "worked"])
def test_no_canary_is_found_on(surface: str, exposed: Exposed) -> None:
    scan = Scan(marks_of(exposed))
    hits = scan.of_all(getattr(exposed, surface))
    assert scan.scanned_bytes > (10_000 if surface == "worked" else 100_000)
    assert not hits, describe(hits)


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize("form", [*CONTROL_FORMS, *BINARY_FORMS])
def test_canary_in_a_public_field_is_found_as(form: str, exposed: Exposed) -> None:
    scan = Scan({form: exposed.controls[form].encode()})
    found_as = FOUND_AS.get(form, form)
    for surface in (exposed.files, exposed.answers, exposed.frames):
        assert any(found_as in hit.form.split("/") for hit in scan.of_all(surface))
    for index in range(2):
        folder = f"validator-{index}/data/"
        assert any(folder in hit.surface for hit in scan.of_all(exposed.files))


@pytest.mark.network
@pytest.mark.slow
def test_every_attack_reached_the_node_and_what_is_public_went_on(exposed: Exposed) -> None:
    assert len(exposed.struck) > 40
    heard = b"".join(exposed.frames.values())
    assert exposed.relayed in heard
    assert exposed.receipt.document in heard


@pytest.mark.network
@pytest.mark.slow
def test_wire_between_client_and_miner_is_heard_and_not_understood(exposed: Exposed) -> None:
    wire = b"".join(data for name, data in exposed.worked.items() if name.startswith("wire"))
    assert b"/noise" in wire
    for public in (b"private-done", b"llama3.2", b"/job/1"):
        assert public not in wire
    assert b"private-done" in exposed.worked["miner's log"]


CRASH = """
import asyncio, os, sys
import structlog
from node.api.forms import SubmitReceiptParams
from node.api.jsonrpc import Method, Rpc
from node.api.settings import Limits
from node.logs import configure_logs

async def fail(services, params):
    secret = sys.stdin.read()
    return len(secret) // len(params.claim_hex[:0])

configure_logs(level="debug", form=sys.argv[1])
method = Method("ait_fail", SubmitReceiptParams, fail, {})
body = sys.stdin.buffer.readline()
answer = asyncio.run(Rpc((method,), None, limits=Limits()).answer(body))
sys.stdout.buffer.write(answer)
"""


@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "json"])
def test_fault_of_ours_tells_nobody_what_it_worked_on(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    canaries = Canaries(a_mark())
    texts = canaries.texts
    for name, text in texts.items():
        monkeypatch.setenv(f"CANARY_{name.upper().replace(' ', '_')}", text)
    body = call_text("ait_fail", {"document": texts, "claimHex": canaries.mark.encode().hex()})
    given = f"{body}\n{json.dumps(texts)}".encode()
    done = subprocess.run(
        (sys.executable, "-c", CRASH, form), input=given, capture_output=True, check=True
    )
    assert b"call_failed" in done.stderr
    assert b"internal_error" in done.stdout
    hits = Scan(canaries.marks).of_all({"log": done.stderr, "answer": done.stdout})
    assert not hits, describe(hits)


@pytest.mark.network
@pytest.mark.slow
def test_node_that_cannot_start_tells_nobody_what_its_files_hold(tmp_path: Path) -> None:
    canaries = Canaries(a_mark())
    words = canaries.everything()
    net = Devnet(tmp_path / "devnet")
    net.make(validators=2)
    first, second = net.nodes()
    Home(first.home).database.write_bytes(words)
    genesis = json.loads((second.home / "genesis.json").read_text())
    genesis["accounts"][0]["address"] = canaries.texts["customer"]
    (second.home / "genesis.json").write_text(json.dumps(genesis))
    for node in (first, second):
        pid = start_node(node.home)
        wait_for(lambda pid=pid: not is_running(pid), what="end of the node", within_s=20)  # type: ignore[misc] # mypy cannot infer a lambda with a default
        said = (node.home / "node.log").read_bytes()
        assert said
        hits = Scan(canaries.marks).of(node.name, said)
        assert not hits, describe(hits)


names = st.text(min_size=1, max_size=40)
values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2)
unknown = st.dictionaries(names, values, min_size=1, max_size=3)


@given(unknown, st.sampled_from(["document", "signature", "client_signature"]))
def test_receipt_document_has_no_other_fields(more: dict[str, Any], place: str) -> None:
    document = json.loads(a_receipt().document)
    document["client_signature"] = dict(document["signature"])
    held = document if place == "document" else document[place]
    known = ReceiptSignature.model_fields if place != "document" else Receipt.model_fields
    held |= {name: value for name, value in more.items() if name not in known} or {"other": 1}
    with pytest.raises(MalformedMessage):
        decode_receipt(json.dumps(document).encode())


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
@given(more=unknown)
def test_call_has_no_other_parameters(method: Method[Any, Any], more: dict[str, Any]) -> None:
    known = {field.alias or name for name, field in method.params.model_fields.items()}
    strange = {name: value for name, value in more.items() if name not in known} or {"other": 1}
    with pytest.raises(RpcError) as caught:
        read_params(method.params, {**method.example, **strange})
    assert caught.value.reason == "invalid_params"
    assert {fault["path"] for fault in caught.value.data["errors"]} == {"params"}  # type: ignore[attr-defined] # a list of faults


def objects_in(document: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Yield every object inside a document, itself first."""
    if isinstance(document, dict):
        yield document
    parts = document.values() if isinstance(document, dict) else document
    for part in parts if isinstance(document, dict | list) else ():
        yield from objects_in(part)


@given(data=st.data(), more=unknown)
def test_genesis_document_has_no_other_fields(data: st.DataObject, more: dict[str, Any]) -> None:
    document = make_devnet_document()
    parse_genesis(canonical_bytes(document))
    held = data.draw(st.sampled_from(list(objects_in(document))))
    held |= {f"other {name}": value for name, value in more.items()}
    with pytest.raises(ConfigError):
        parse_genesis(json.dumps(document).encode())


def load_toml(path: Path, line: str) -> None:
    """Read a node's settings with one more line."""
    (path / "config.toml").write_text(line)
    load_settings(Home(path))


def load_api_settings(path: Path, line: str) -> None:
    """Read an API edge's settings with one more field; the line is left aside."""
    settings = {"chain_id": "test", "genesis_hash": "00" * 32, line.partition(" ")[0]: 1}
    (path / "api.json").write_text(json.dumps(settings))
    read_edge_settings(path / "api.json")


def load_network_settings(path: Path, line: str) -> None:
    """Read a network edge's settings with one more field."""
    settings: dict[str, object] = {
        "genesis_hash": "00" * 32,
        "listen": ["/ip4/127.0.0.1/tcp/0"],
        "node_key": str(path / "node_key"),
        "core_socket": "core.sock",
        "gossip_counter": 1,
    }
    EdgeSettings.of(settings)
    EdgeSettings.of(settings | {line.partition(" ")[0]: 1})


@pytest.mark.parametrize("load", [load_toml, load_api_settings, load_network_settings])
@pytest.mark.parametrize("line", ["other = 1", "prompt_log = 1", "apiKey = 1"])
def test_settings_have_no_other_fields(
    load: Callable[[Path, str], None], line: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=line.partition(" ")[0]):
        load(tmp_path, line)


@pytest.mark.parametrize("section", ["rpc", "p2p", "consensus", "log"])
def test_section_of_settings_has_no_other_fields(section: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="other"):
        load_toml(tmp_path, f"[{section}]\nother = 1")


LABEL_BITS = math.log2(sum(66**length for length in range(1, LABEL_MAX + 1)))
HASH_BITS = 256.0
FREE_BITS: Mapping[str, float] = {
    **dict.fromkeys(("receipt_id", "job_id", "unit_type", "model", "coordinator_id"), LABEL_BITS),
    **dict.fromkeys(("nonce", "signature.key_id", "client_signature.key_id"), LABEL_BITS),
    **dict.fromkeys(("prompt_hash", "artifact_hash", "fields_root"), HASH_BITS),
    "tee_attestation_hash": HASH_BITS,
    **dict.fromkeys(("units", "price"), math.log2(UNITS_MICRO_MAX + 1)),
    **dict.fromkeys(("started_at", "completed_at"), math.log2(TIME_S_MAX + 1)),
    "duration_ms": 53.0,
}
"""What the maker of a receipt is free to write, in bits by field."""

BOUND = {"version", "chain_id", "genesis_hash", "reservation_id", "provider", "client"}
BOUND |= {f"{name}.{part}" for name in ("signature", "client_signature") for part in ("alg", "sig")}
BOUND |= {f"{name}.public_key" for name in ("signature", "client_signature")}


def test_receipt_carries_no_more_free_bytes_than_it_says() -> None:
    signatures = {"signature", "client_signature"}
    fields = set(Receipt.model_fields) - signatures
    fields |= {f"{name}.{part}" for name in signatures for part in ReceiptSignature.model_fields}
    assert fields == FREE_BITS.keys() | BOUND, "a new field needs its place in the budget"
    assert math.ceil(sum(FREE_BITS.values()) / 8) == FREE_BYTES_MAX


def test_free_fields_of_a_receipt_hold_what_the_budget_says() -> None:
    widest = "Az09._:-" * 8
    whole = a_receipt(
        **dict.fromkeys(("receipt_id", "job_id", "unit_type", "model", "nonce"), widest)
    )
    assert decode_receipt(whole.document) == whole
    for letter in map(chr, range(128)):
        is_label = letter.isalnum() or letter in "._:-"
        document = json.dumps(json.loads(whole.document) | {"model": letter}).encode()
        if is_label:
            assert decode_receipt(document).model == letter
        else:
            with pytest.raises(MalformedMessage):
                decode_receipt(document)
