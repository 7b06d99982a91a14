"""A devnet among canaries: around it, in what its users keep, in all that strangers send it."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from chain.address import format_address
from chain.block import Header
from chain.certificate import Certificate, VoteKind
from chain.claim import claim_of, sign_claim
from chain.payload_pairs import encode_announcement, encode_claim_bundle
from chain.payloads import Transfer
from chain.primitives import (
    LABEL_MAX,
    ZERO_HASH,
    Signature,
)
from chain.proposal import CompactBlock
from chain.receipt import Receipt, ReceiptBody, sign_receipt
from chain.transaction import sign_transaction
from genesis.make import development_seed
from node.clock import now_ms
from node.demo import run_demo
from node.demo_job import Market, open_market
from node.devnet import Devnet
from node.home import Home
from node.rpc_client import call
from tests.support.builders import a_receipt, a_reserve_payload, key_of
from tests.support.canary import Canaries, a_mark, forms_of
from tests.support.canary_market import work_in_private
from tests.support.canary_network import FrameRecord, Listener, Planted, attacks, strike_all
from tests.support.canary_payment import FEE, pay_in_private, plant_controls, post
from tests.support.canary_rest import rest_answers, rest_requests
from tests.support.canary_rpc import (
    AnswerRecord,
    batches,
    broken_bodies,
    call_text,
    calls,
    planted,
    request_of,
    strange_requests,
)

WITH_TRANSACTIONS = True
TOKEN_FILE = Path("run/api.token")
VALIDATORS = 2


@dataclass(frozen=True)
class Exposed:
    """What is left of a devnet after everything was tried.

    Attributes:
        canaries: what was planted.
        controls: mark by encoding, planted where everybody may read it.
        files: by path, all that its nodes wrote, before and after they ended.
        answers: all that the RPC answered.
        frames: all that peers heard.
        relayed: bytes of a valid transaction that came by gossip beside canaries.
        struck: names of the attacks that reached a node.
        receipt: the document that was paid.
        worked: what a miner and a client of private jobs said, and what passed between them.
        token: the operator's, of the node that was pestered.
    """

    canaries: Canaries
    controls: dict[str, str]
    files: dict[str, bytes]
    answers: dict[str, bytes]
    frames: dict[str, bytes]
    relayed: bytes
    struck: list[str]
    receipt: Receipt
    worked: dict[str, bytes]
    token: bytes


def expose(place: Path) -> Exposed:
    """Run a devnet among canaries: around it, in what its users keep, in all it is sent."""
    canaries = Canaries(a_mark())
    answers, frames = AnswerRecord(), FrameRecord()
    folder = place / f"home-{canaries.mark}"
    folder.mkdir()
    with ExitStack() as stack:
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        for name, text in canaries.texts.items():
            environment.setenv(f"CANARY_{name.upper().replace(' ', '_')}", text)
        stack.enter_context(frames.of_this_process())
        stack.enter_context(answers.of_http_client())
        net = stack.enter_context(a_talkative_devnet(folder / "devnet"))
        market = open_market(net.root)
        listener = Listener([node.p2p for node in market.nodes], market.genesis_hash)
        with listener.listening():
            run_demo(net.root)
            receipt = pay_in_private(market, canaries, folder / "miner")
            worked = work_in_private(
                market, canaries, folder / "market", client_seed=development_seed("client-1")
            )
            controls = plant_controls(market)
            relayed = a_stray_transfer(market)
            pester_the_rpc(market, canaries, answers, receipt)
            struck = pester_the_network(market, canaries, relayed)
            ask_everything(market, receipt, answers)
            token = operators_token(market)
            files = files_of(net, "running")
    return Exposed(
        canaries=canaries,
        controls=controls,
        files=files | files_of(net, "stopped"),
        answers={f"answer {number}": data for number, data in enumerate(answers.heard)},
        frames=frames.surfaces(),
        relayed=relayed,
        struck=struck,
        receipt=receipt,
        worked=worked,
        token=token,
    )


@contextmanager
def a_talkative_devnet(home: Path) -> Iterator[Devnet]:
    """Run two validators that log everything they can."""
    net = Devnet(home)
    net.make(validators=VALIDATORS, block_interval_ms=300)
    for node in net.nodes():
        config = Home(node.home).config
        config.write_text(config.read_text().replace('"info"', '"debug"'))
    try:
        net.start()
        net.wait_ready()
        yield net
    finally:
        net.stop()


def a_stray_transfer(market: Market) -> bytes:
    """Return a well-formed transfer of an account that has nothing."""
    transfer = Transfer(to=market.miner.address, amount=1, memo="stray")
    return sign_transaction(
        transfer,
        key=key_of("stranger"),
        genesis_hash=market.genesis_hash,
        nonce=0,
        fee=FEE,
        valid_until=500,
    ).encode()


def labelled_reservations(market: Market, canaries: Canaries) -> list[bytes]:
    """Return signed reservations with canaries where labels go: no label holds such characters."""
    found = []
    texts = [f"/{text}" for _, text in canaries.forms() if text.isprintable() and text.isascii()]
    account = call(market.nodes[0].rpc, "ait_getAccount", format_address(market.client.address))
    for number, text in enumerate(text for text in texts if len(text) <= LABEL_MAX):
        name = ("job_id", "model", "unit_type")[number % 3]
        terms = a_reserve_payload(expires_at=account["atHeight"] + 500, **{name: text})
        found.append(
            sign_transaction(
                terms,
                key=market.client,
                genesis_hash=market.genesis_hash,
                nonce=account["nonce"],
                fee=FEE,
                valid_until=account["atHeight"] + 100,
            ).encode()
        )
    return found


def pester_the_rpc(
    market: Market, canaries: Canaries, answers: AnswerRecord, receipt: Receipt
) -> None:
    """Send canaries to a node's RPC wherever they fit in, each in all encodings."""
    url = market.nodes[0].rpc
    stray = sign_receipt(
        ReceiptBody.model_validate(
            receipt.model_dump(exclude={"signature", "client_signature"})
            | {"provider": format_address(key_of("miner").address), "receipt_id": "stray"}
        ),
        key=key_of("miner"),
        key_id="key-1",
    )
    claim = sign_claim(
        claim_of(stray, final=False), key=key_of("miner"), genesis_hash=market.genesis_hash
    )
    templates = calls(
        json.loads(stray.document),
        transaction=a_stray_transfer(market).hex(),
        claim=claim.encode().hex(),
    )
    answers.send_all(
        url, (request_of(body) for body in batches(planted_calls(templates, canaries)))
    )
    refused = [
        post(url, call_text("ait_sendTransaction", [data.hex()]), answers)
        for data in labelled_reservations(market, canaries)
    ]
    assert all(b'"error"' in answer for answer in refused)
    for form in forms_of(""):
        texts = canaries.texts.values()
        word = b" ".join(forms_of(text)[form].encode("latin-1") for text in texts)
        answers.send_all(url, map(request_of, broken_bodies(word)))
        answers.send_all(url, strange_requests(word))
        answers.send_all(url, rest_requests(word, token=operators_token(market)))
    echo_to_the_caller_alone(url, canaries, answers)


def planted_calls(templates: Iterator[str], canaries: Canaries) -> Iterator[str]:
    """Yield calls with each class as it is, and with one class in each encoding."""
    texts = list(canaries.texts.values())
    for number, template in enumerate(templates):
        for text in texts:
            yield planted(template, "raw", text)
        for form, text in forms_of(texts[number % len(texts)]).items():
            yield planted(template, form, text)


def echo_to_the_caller_alone(url: str, canaries: Canaries, answers: AnswerRecord) -> None:
    """Use canaries as ids: who chose an id gets it back, once, and nobody else ever sees it."""
    for _, text in canaries.forms():
        told = json.dumps(text)[1:-1]
        for method in ("ait_status", "ait_nothing"):
            body = call_text(method, {}, text).encode()
            answers.send(url, request_of(body), echoed=told)
    body = call_text("ait_status", {}).encode()
    named = request_of(body, f"X-Request-Id: {canaries.mark}".encode())
    answers.send(url, named, echoed=canaries.mark)


def pester_the_network(market: Market, canaries: Canaries, relayed: bytes) -> list[str]:
    """Send canaries to a node's network port; return the names of what reached it."""
    labels = labelled_reservations(market, canaries)
    words = canaries.everything()
    document = json.dumps(json.loads(a_receipt().document) | {"prompt": canaries.mark}).encode()
    claim = a_claim_of_nobody(market)
    plan = Planted(
        genesis_hash=market.genesis_hash,
        words=words,
        short=[text.encode() for text in canaries.texts.values() if len(text) <= LABEL_MAX],
        transaction=relayed,
        labelled=labels[::7],
        claim_pair=encode_claim_bundle(documents=[document], claim=claim),
        announcements=announcements(market, canaries),
    )
    return strike_all(market.nodes[0].p2p, attacks(plan))


def a_claim_of_nobody(market: Market) -> bytes:
    """Return a signed claim of a receipt that is beside it nowhere."""
    claim = claim_of(a_receipt(), final=True)
    signed = sign_claim(claim, key=key_of("miner"), genesis_hash=market.genesis_hash)
    return signed.encode()


def announcements(market: Market, canaries: Canaries) -> list[bytes]:
    """Return announcements of blocks that no validator has signed, with canaries in them."""
    header = Header(
        chain_id=market.chain_id,
        genesis_hash=market.genesis_hash,
        height=10_000,
        time_ms=now_ms(),
        parent_hash=ZERO_HASH,
        last_commit_hash=ZERO_HASH,
        transactions_root=ZERO_HASH,
        outcomes_root=ZERO_HASH,
        receipts_root=ZERO_HASH,
        state_root=ZERO_HASH,
        validators_hash=ZERO_HASH,
        next_validators_hash=ZERO_HASH,
        params_hash=ZERO_HASH,
        evidence_hash=ZERO_HASH,
        payouts_root=ZERO_HASH,
        proposer=key_of("stranger").public_key,
    )
    words = canaries.everything()[:4_000]
    named = replace(header, chain_id=canaries.mark)
    blocks = [
        CompactBlock(named, None, (), (), ()),
        CompactBlock(header, None, (words,), (), ()),
    ]
    return [
        encode_announcement(
            compact=block,
            certificate=Certificate(
                kind=VoteKind.PRECOMMIT,
                height=block.header.height,
                round=0,
                block_hash=block.header.hash,
                validators_hash=ZERO_HASH,
                signatures=((0, Signature(bytes(64))),),
            ),
        )
        for block in blocks
    ]


def operators_token(market: Market) -> bytes:
    """Return what lets an operator call REST of the first node."""
    return (market.nodes[0].home / TOKEN_FILE).read_bytes().strip()


def ask_everything(market: Market, receipt: Receipt, answers: AnswerRecord) -> None:
    """Have every node tell all that it tells about its chain."""
    for node in market.nodes:
        height = call(node.rpc, "ait_status")["height"]
        for one in range(height + 1):
            call(node.rpc, "ait_getBlock", one, WITH_TRANSACTIONS)
        call(node.rpc, "ait_getReceipts")
        for method in ("ait_getReceipt", "ait_getReceiptProof"):
            call(node.rpc, method, receipt.hash.hex())
        call(node.rpc, "ait_getReservation", receipt.reservation_id)
        for address in (receipt.client, receipt.provider):
            call(node.rpc, "ait_getAccount", address)
        for request in rest_answers(receipt):
            assert b" 200 " in answers.send(node.rpc, request).partition(b"\r\n")[0], request


def files_of(net: Devnet, when: str) -> dict[str, bytes]:
    """Return every file of a devnet but its keys, and what ``devnet.json`` says but for keys.

    Keys and the operator's token are secret and so no surface. The document names its own folders,
    for whoever owns them.
    """
    found = {
        f"{when} {path.relative_to(net.root)}": path.read_bytes()
        for path in sorted(net.root.rglob("*"))
        if path.is_file() and path.name not in ("key", "node_key", "devnet.json", TOKEN_FILE.name)
    }
    document = net.read()
    for entry in document["nodes"]:
        del entry["home"]
    for account in document["accounts"]:
        del account["private_key"]
    return found | {f"{when} devnet.json": json.dumps(document).encode()}
