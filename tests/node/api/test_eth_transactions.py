from pathlib import Path

import pytest

from chain.kind import Kind
from chain.store.views import TransactionView
from node.api.eth_abi import EVENTS, FUNCTIONS, SETTLEMENT
from node.api.eth_transactions import due_work_json, transaction_json
from node.api.eth_words import hex_address
from node.api.words import Json, hex_of
from tests.support.builders import address_of_name
from tests.support.eth_chain import BATCH, TRANSFER, an_eth_chain
from tests.support.market_chain import a_market

CLIENT, MINER = (hex_address(address_of_name(name)) for name in ("client", "miner"))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[TransactionView, Json]]:
    """Return the transactions of two chains, as the store and as the view has them."""
    with (
        an_eth_chain(tmp_path_factory.mktemp("one")) as one,
        a_market(tmp_path_factory.mktemp("other")) as other,
    ):
        found = []
        for services in (one.services, other.services):
            with services.reading() as reader:
                for height in range(1, reader.tip().height + 1):
                    block = reader.find_block(height)
                    assert block is not None
                    views = reader.transactions_of_block(height)
                    found += [(view, transaction_json(view, block)) for view in views]
        return found


def test_transfer_moves_its_value_between_its_parties(
    shown: list[tuple[TransactionView, Json]],
) -> None:
    view, one = shown[0]
    assert (one["from"], one["to"], int(one["value"], 16)) == (CLIENT, MINER, 100 * 10**12)
    assert bytes.fromhex(one["input"][2:]) == b"for the work"
    assert one["aitSignature"] == hex_of(TRANSFER.signature)
    assert one["hash"] == hex_of(view.id)


def test_price_times_gas_is_the_fee(shown: list[tuple[TransactionView, Json]]) -> None:
    for view, one in shown:
        assert int(one["gas"], 16) * int(one["gasPrice"], 16) == view.fee * 10**12
        assert (one["type"], one["v"], one["r"], one["s"]) == ("0x0", "0x0", "0x0", "0x0")


def test_all_but_transfers_call_the_settlement(shown: list[tuple[TransactionView, Json]]) -> None:
    selectors = {hex_of(entry.hash[:4]): name for name, entry in FUNCTIONS.items()}
    named = {}
    for view, one in shown:
        if view.kind is not Kind.TRANSFER:
            assert one["to"] == hex_address(SETTLEMENT)
            named[view.kind] = selectors[one["input"][:10]]
    assert named == {
        Kind.RESERVE: "reserve",
        Kind.CLAIM_BATCH: "claimBatch",
        Kind.ACCEPT: "accept",
        Kind.DISPUTE: "dispute",
        Kind.RESOLVE: "resolve",
        Kind.GRANT: "grant",
        Kind.OFFER: "offer",
    }


def test_claims_are_the_providers(shown: list[tuple[TransactionView, Json]]) -> None:
    batches = [one for view, one in shown if view.kind is Kind.CLAIM_BATCH]
    assert {one["from"] for one in batches} == {MINER}
    assert batches[0]["aitSignature"] == hex_of(BATCH.signature)


def test_what_validators_approve_is_sent_by_nobody(
    shown: list[tuple[TransactionView, Json]],
) -> None:
    (resolve,) = (one for view, one in shown if view.kind is Kind.RESOLVE)
    assert resolve["from"] == "0x" + "00" * 20
    assert "aitSignature" not in resolve


def test_due_work_has_a_transaction_that_stands_for_it(tmp_path: Path) -> None:
    with an_eth_chain(tmp_path) as chain, chain.services.reading() as reader:
        block = reader.find_block(4)
        assert block is not None
        one = due_work_json(block)
    assert (one["transactionIndex"], one["blockNumber"], one["gasPrice"]) == ("0x0", "0x4", "0x0")
    assert one["input"][:10] == hex_of(FUNCTIONS["settleDueWork"].hash[:4])
    assert "Matured" in EVENTS
