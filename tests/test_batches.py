"""A batch of claims on its way: from a caller over gossip into a block that every node pays."""

from pathlib import Path

import pytest

from chain import engine as engine_module
from chain.codec import sequence
from chain.errors import ChainError, LimitExceeded, MalformedMessage
from chain.events import TransactionArrived
from chain.exchange import Topic
from chain.payload_pairs import encode_claim_bundle
from chain.receipt import Receipt
from chain.transaction import Transaction
from chain.validation import verify_transaction
from p2p.checks import ChainChecks
from p2p.verdicts import Verdict
from tests.support.builders import (
    CHAIN_ID,
    GENESIS_HASH,
    PRICED,
    a_batch,
    a_receipt,
    a_reserve,
    address_of_name,
)
from tests.support.chain import Chain
from tests.support.network_of_engines import EngineNetwork

SESSION = a_reserve(jobs_max=3, cap=900)
RECEIPTS = [
    a_receipt(reservation_id=SESSION.id(GENESIS_HASH), receipt_id=name, job_id=name, price=price)
    for name, price in (("a", 100), ("b", 200), ("c", 300))
]
BATCH = a_batch(*RECEIPTS)


def hand_in(
    network: EngineNetwork, transaction: Transaction, *receipts: Receipt
) -> ChainError | None:
    """Hand something to the first validator and return why it refused."""
    node = network.nodes["v0"]
    verified = verify_transaction(transaction.encode(), genesis_hash=GENESIS_HASH)
    node.replies.clear()
    node.handle(TransactionArrived(verified, receipts, ticket=1))
    return node.replies[-1].error


def a_network_with_a_session() -> EngineNetwork:
    network = EngineNetwork(observers=1)
    network.start()
    network.run_to(2)
    assert hand_in(network, SESSION) is None
    network.run_for(1_000)
    return network


def balance(network: EngineNetwork, node: str, person: str) -> int:
    chain = Chain(network.genesis)
    chain.ledger = network.nodes[node].store.load_ledger()
    return chain.balance(person)


def test_batch_reaches_every_node_and_is_paid_once() -> None:
    network = a_network_with_a_session()
    assert hand_in(network, BATCH, *RECEIPTS) is None
    assert hand_in(network, BATCH, *RECEIPTS) is not None
    network.run_for(1_000)
    network.run_to(max(network.heights().values()))
    assert {balance(network, name, "miner") for name in network.nodes} == {600}
    assert network.punished == []


@pytest.mark.parametrize("receipts", [[], RECEIPTS[:2], [*RECEIPTS, RECEIPTS[0]]])
def test_batch_comes_with_one_document_for_each_claim(receipts: list[Receipt]) -> None:
    network = a_network_with_a_session()
    assert isinstance(hand_in(network, BATCH, *receipts), MalformedMessage)


def test_batch_too_large_for_gossip_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    network = a_network_with_a_session()
    size = len(BATCH.encode()) + sum(len(one.document) for one in RECEIPTS)
    monkeypatch.setattr(engine_module, "BUNDLE_BYTES_MAX", size - 1)
    assert isinstance(hand_in(network, BATCH, *RECEIPTS), LimitExceeded)
    monkeypatch.setattr(engine_module, "BUNDLE_BYTES_MAX", size)
    assert hand_in(network, BATCH, *RECEIPTS) is None


def bundle(*receipts: Receipt, batch: Transaction = BATCH) -> bytes:
    documents = [one.document for one in receipts]
    return sequence([encode_claim_bundle(documents=documents, claim=batch.encode())])


@pytest.mark.parametrize(
    ("topic", "payload", "verdict"),
    [
        (Topic.RECEIPT, bundle(*RECEIPTS), Verdict.ACCEPT),
        (Topic.RECEIPT, bundle(*reversed(RECEIPTS)), Verdict.REJECT),
        (Topic.RECEIPT, bundle(*RECEIPTS[:2]), Verdict.REJECT),
        (Topic.RECEIPT, bundle(*RECEIPTS, RECEIPTS[0]), Verdict.REJECT),
        (Topic.RECEIPT, bundle(), Verdict.REJECT),
        (Topic.RECEIPT, bundle(*RECEIPTS, batch=a_batch(*RECEIPTS, amount=9)), Verdict.REJECT),
        (
            Topic.RECEIPT,
            bundle(*RECEIPTS, batch=a_batch(*RECEIPTS, signer="stranger")),
            Verdict.REJECT,
        ),
        (Topic.TX, sequence([BATCH.encode()]), Verdict.REJECT),
    ],
)
def test_edge_passes_a_batch_on_only_when_all_of_it_verifies(
    tmp_path: Path, topic: Topic, payload: bytes, verdict: Verdict
) -> None:
    checks = ChainChecks(chain_id=CHAIN_ID, genesis_hash=GENESIS_HASH, database=tmp_path / "none")
    assert checks.check_gossip(topic, payload) is verdict


def test_each_claim_of_a_batch_pays_its_own_fee() -> None:
    chain = Chain(EngineNetwork(parameters=PRICED).genesis)
    fee = PRICED.minimum_fee(SESSION.kind, size_bytes=len(SESSION.encode()))
    session = a_reserve(jobs_max=3, cap=9_000, max_rate=2_000, fee=fee)
    chain.block(session)
    receipts = [
        chain.keep(
            a_receipt(
                reservation_id=session.id(GENESIS_HASH), receipt_id=name, job_id=name, price=2_000
            )
        )
        for name in ("a", "b")
    ]
    batch = a_batch(*receipts)
    executed = chain.block(batch)
    fees = [30 + len(claim.encode()) for claim in batch.claims]
    assert [one.fee for one in executed.claim_outcomes] == fees
    assert executed.outcomes[0].fee == sum(fees)
    assert chain.balance(address_of_name("miner")) == 4_000 - sum(fees)
