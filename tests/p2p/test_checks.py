"""A stranger's bytes against the checks of one chain."""

from dataclasses import replace
from pathlib import Path

import pytest

from chain.codec import sequence
from chain.errors import ConfigError, MalformedMessage
from chain.exchange import ProtocolId, Topic
from chain.fetch import Parts, SyncWanted, decode_sync_answer, encode_block_answer
from chain.payload_pairs import (
    decode_final_block,
    encode_announcement,
    encode_claim_bundle,
    encode_final_block,
)
from chain.primitives import ZERO_HASH, Hash
from chain.proposal import compact_block
from p2p.checks import ChainChecks, chain_checks
from p2p.settings import EdgeSettings
from p2p.verdicts import Verdict
from tests.support.builders import (
    CHAIN_ID,
    GENESIS_HASH,
    a_claim,
    a_receipt,
    a_reserve,
    a_transfer,
)
from tests.support.stored_chain import StoredChain


@pytest.fixture
def stored(tmp_path: Path) -> StoredChain:
    """A chain of three blocks: transfers, a reservation, an empty one."""
    stored = StoredChain(tmp_path)
    stored.block(a_transfer(), a_transfer(nonce=1))
    stored.block(a_reserve(nonce=2))
    stored.block()
    return stored


@pytest.fixture
def checks(stored: StoredChain) -> ChainChecks:
    """The checks of that chain."""
    return ChainChecks(chain_id=CHAIN_ID, genesis_hash=GENESIS_HASH, database=stored.path)


def pair(*, document: bytes | None = None, claim: bytes | None = None) -> bytes:
    """Return a gossiped batch of one receipt with its claim."""
    receipt = a_receipt()
    return sequence(
        [
            encode_claim_bundle(
                documents=[receipt.document if document is None else document],
                claim=a_claim(receipt).encode() if claim is None else claim,
            )
        ]
    )


def flipped(data: bytes, *, at: int = -1) -> bytes:
    """Return data with one bit of one byte turned."""
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


@pytest.mark.parametrize(
    ("topic", "payload", "verdict"),
    [
        (Topic.TX, sequence([a_transfer().encode()]), Verdict.ACCEPT),
        (Topic.TX, sequence([flipped(a_transfer().encode())]), Verdict.REJECT),
        (Topic.TX, sequence([a_transfer(genesis_hash=ZERO_HASH).encode()]), Verdict.REJECT),
        (Topic.TX, sequence([a_claim().encode()]), Verdict.REJECT),
        (Topic.TX, sequence([]), Verdict.REJECT),
        (Topic.TX, b"", Verdict.REJECT),
        (Topic.TX, b"\xff" * 100, Verdict.REJECT),
        (Topic.RECEIPT, pair(), Verdict.ACCEPT),
        (Topic.RECEIPT, pair(document=a_receipt(price=299).document), Verdict.REJECT),
        (Topic.RECEIPT, pair(document=a_receipt(signer="stranger").document), Verdict.REJECT),
        (Topic.RECEIPT, pair(claim=a_transfer().encode()), Verdict.REJECT),
        (Topic.RECEIPT, pair(claim=a_claim(signer="stranger").encode()), Verdict.REJECT),
        (Topic.RECEIPT, sequence([a_receipt().document]), Verdict.REJECT),
        (Topic.BLOCK, b"rubbish", Verdict.REJECT),
    ],
)
def test_gossip_passes_only_when_all_of_it_verifies(
    checks: ChainChecks, topic: Topic, payload: bytes, verdict: Verdict
) -> None:
    assert checks.check_gossip(topic, payload) is verdict


def test_announcement_of_this_chain_passes_and_of_another_does_not(
    checks: ChainChecks, stored: StoredChain
) -> None:
    executed, certificate = stored.chain.blocks[-1], stored.chain.last_commit
    assert certificate is not None
    compact = compact_block(executed.verified)
    payload = encode_announcement(compact=compact, certificate=certificate)
    assert checks.check_gossip(Topic.BLOCK, payload) is Verdict.ACCEPT
    foreign = replace(compact, header=replace(compact.header, chain_id="other"))
    other = replace(certificate, block_hash=foreign.header.hash)
    payload = encode_announcement(compact=foreign, certificate=other)
    assert checks.check_gossip(Topic.BLOCK, payload) is Verdict.REJECT


def test_announcement_with_something_else_for_evidence_does_not_pass(
    checks: ChainChecks, stored: StoredChain
) -> None:
    executed, certificate = stored.chain.blocks[-1], stored.chain.last_commit
    assert certificate is not None
    compact = replace(compact_block(executed.verified), evidence=(b"private",))
    payload = encode_announcement(compact=compact, certificate=certificate)
    assert checks.check_gossip(Topic.BLOCK, payload) is Verdict.REJECT


def test_serves_final_blocks_that_its_own_check_accepts(checks: ChainChecks) -> None:
    wanted = SyncWanted(from_height=1, count=32)
    answer = checks.serve(ProtocolId.SYNC, "peer", wanted.encode())
    assert answer is not None
    assert len(decode_sync_answer(answer)) == 3
    assert checks.check_response(ProtocolId.SYNC, answer) is Verdict.ACCEPT


def test_serves_nothing_beyond_its_tip(checks: ChainChecks) -> None:
    answer = checks.serve(ProtocolId.SYNC, "peer", SyncWanted(from_height=4, count=1).encode())
    assert answer == sequence([])


def test_refuses_a_synced_block_with_any_bit_of_its_parts_turned(
    checks: ChainChecks, stored: StoredChain
) -> None:
    answer = checks.serve(ProtocolId.SYNC, "peer", SyncWanted(from_height=1, count=1).encode())
    assert answer is not None
    block, certificate = decode_final_block(decode_sync_answer(answer)[0])
    header_bytes = len(stored.chain.blocks[0].block.header.encode())
    for at in range(4 + header_bytes, len(block)):
        item = encode_final_block(block=flipped(block, at=at), certificate=certificate)
        assert checks.check_response(ProtocolId.SYNC, sequence([item])) is Verdict.REJECT, at


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (b"", Verdict.ACCEPT),
        (Parts((a_transfer().encode(),), (a_receipt().document,)).encode(), Verdict.ACCEPT),
        (Parts((flipped(a_transfer().encode()),), ()).encode(), Verdict.REJECT),
        (Parts((), (a_receipt().document.replace(b"llama", b"LLAMA"),)).encode(), Verdict.REJECT),
        (encode_block_answer(b"no block"), Verdict.REJECT),
        (b"\x09", Verdict.REJECT),
    ],
)
def test_fetched_parts_pass_only_when_all_verify(
    checks: ChainChecks, answer: bytes, verdict: Verdict
) -> None:
    assert checks.check_response(ProtocolId.FETCH, answer) is verdict


def test_fetched_block_of_this_chain_passes(checks: ChainChecks, stored: StoredChain) -> None:
    answer = encode_block_answer(stored.chain.blocks[0].block.encode())
    assert checks.check_response(ProtocolId.FETCH, answer) is Verdict.ACCEPT


def test_leaves_a_fetch_to_the_core(checks: ChainChecks) -> None:
    assert checks.serve(ProtocolId.FETCH, "peer", b"anything") is None


@pytest.mark.parametrize("payload", [b"", b"\0" * 10, SyncWanted(1, 1).encode() + b"\0"])
def test_malformed_sync_question_is_the_peers_fault(checks: ChainChecks, payload: bytes) -> None:
    with pytest.raises(MalformedMessage):
        checks.serve(ProtocolId.SYNC, "peer", payload)


def edge_settings(options: dict[str, str]) -> EdgeSettings:
    """Return the settings of an edge with these options for its checks."""
    return EdgeSettings(
        genesis_hash=Hash(GENESIS_HASH),
        listen=("/ip4/127.0.0.1/tcp/0",),
        node_key=Path("node_key"),
        core_socket="core.sock",
        gossip_counter=1,
        checks_options=options,
    )


def test_settings_name_the_chain_and_its_database(stored: StoredChain) -> None:
    options = {"chain_id": CHAIN_ID, "database": str(stored.path)}
    checks = chain_checks(edge_settings(options))
    assert checks.check_gossip(Topic.TX, sequence([a_transfer().encode()])) is Verdict.ACCEPT


@pytest.mark.parametrize("options", [{}, {"chain_id": "x"}, {"chain_id": "x", "path": "y"}])
def test_settings_that_miss_an_option_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="chain_id and database"):
        chain_checks(edge_settings(options))
