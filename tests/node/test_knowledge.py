import json
from typing import Any

import pytest

from chain.checked import checked_transaction
from chain.codec import u16
from chain.consensus.timing import Timing
from chain.engine import Engine
from chain.errors import ChainError
from chain.primitives import SIGNATURE_BYTES
from node.api_questions import Question, Topic
from node.knowledge import Knowledge
from node.network_side import NetworkSide
from tests.support.builders import GENESIS_HASH, a_ledger, a_transfer


def an_engine() -> Engine:
    """Return an engine of a fresh chain that was not started."""
    return Engine(a_ledger(), last_certificate=None, signer=None, timing=Timing())


def knowledge_of(engine: Engine) -> Knowledge:
    return Knowledge(engine, NetworkSide(genesis_hash=GENESIS_HASH, take=lambda _: None))


def told(engine: Engine, topic: Topic, data: bytes = b"") -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(knowledge_of(engine).tell(Question(1, topic, data)))
    return answer


def test_consensus_has_not_begun() -> None:
    assert told(an_engine(), Topic.CONSENSUS) == {
        "height": 1,
        "round": None,
        "step": "not_started",
        "quorum": 1,
        "validators": [],
    }


def test_mempool_shows_counts_and_what_comes_next() -> None:
    engine = an_engine()
    transfers = [a_transfer(1, nonce=nonce) for nonce in range(3)]
    for one in transfers:
        engine.mempool.add(checked_transaction(one.encode(), genesis_hash=GENESIS_HASH))
    facts = told(engine, Topic.MEMPOOL, u16(2))
    assert (facts["count"], facts["byKind"]) == (3, {"transfer": 3})
    assert facts["bytes"] == sum(len(one.encode()) for one in transfers)
    assert facts["next"] == [f"0x{one.id(GENESIS_HASH).hex()}" for one in transfers[:2]]
    assert told(engine, Topic.MEMPOOL, u16(0))["next"] == []


def test_simulation_tells_the_outcome_and_leaves_nothing_behind() -> None:
    engine, transfer = an_engine(), a_transfer(40)
    facts = told(engine, Topic.SIMULATE, transfer.encode())
    assert (facts["applies"], facts["refusal"], facts["atHeight"]) == (True, None, 0)
    assert facts["outcome"] == {
        "kind": "transferred",
        "fee": "0",
        "paid": "40",
        "returned": "0",
        "pending": "0",
    }
    assert facts["transactionId"] == f"0x{transfer.id(GENESIS_HASH).hex()}"
    assert len(engine.mempool) == 0


def test_simulation_needs_no_signature() -> None:
    data = a_transfer(40).encode()[:-SIGNATURE_BYTES] + bytes(SIGNATURE_BYTES)
    assert told(an_engine(), Topic.SIMULATE, data)["applies"] is True


def test_simulation_tells_the_refusal_with_its_reason_and_fields() -> None:
    facts = told(an_engine(), Topic.SIMULATE, a_transfer(1, nonce=7).encode())
    assert (facts["applies"], facts["outcome"]) == (False, None)
    refusal = facts["refusal"]
    assert (refusal["reason"], refusal["expected"], refusal["got"]) == ("wrong_nonce", 0, 7)
    assert refusal["message"]


@pytest.mark.parametrize(
    ("topic", "data"),
    [(Topic.MEMPOOL, b""), (Topic.MEMPOOL, b"123"), (Topic.SIMULATE, b"noise")],
)
def test_data_that_no_edge_sends_is_refused(topic: Topic, data: bytes) -> None:
    with pytest.raises(ChainError):
        knowledge_of(an_engine()).tell(Question(1, topic, data))
