import pytest

from node.explorer.chain_pages import KINDS, claims_of, sentence_of
from tests.support.market_chain import ACCEPTED, DISPUTED
from tests.support.site import Pages


def test_block_shows_its_transactions_and_who_signed(pages: Pages) -> None:
    text = pages.get("/block/4").text
    assert "Block #4" in text
    assert "✓ signed" in text
    assert ">accept<" in text
    assert ">dispute<" in text


def test_genesis_is_signed_by_nobody(pages: Pages) -> None:
    assert "Genesis is signed by nobody" in pages.get("/block/0").text


def test_blocks_are_listed_newest_first(pages: Pages) -> None:
    text = pages.get("/blocks").text
    assert text.index('data-key="8"') < text.index('data-key="7"') < text.index('data-key="0"')


def test_transactions_of_a_kind_are_those_alone(pages: Pages) -> None:
    text = pages.get("/txs?kind=offer").text
    assert text.count("data-key=") == 2
    assert '<option value="offer" selected>' in text


def test_batch_leads_to_its_receipts(pages: Pages) -> None:
    found = pages.ask("ait_getTransactions", kind="claim_batch")["items"][0]
    text = pages.get(f"/tx/{found['transactionId']}").text
    assert "claimed 0.0005 AITBC for 2 receipts at once." in text
    for receipt in (ACCEPTED, DISPUTED):
        assert f"/receipt/0x{receipt.hash.hex()}" in text
    assert [one["jobId"] for one in claims_of(found)] == ["first", "second"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_sentence(kind: str) -> None:
    payload = {"jobId": "j", "label": "l", "model": "m", "claims": [], "to": "ait1x"}
    one = {"kind": kind, "sender": None, "recipient": None, "amount": "1", "returned": "0"}
    sentence = sentence_of(one | {"payload": payload})
    assert sentence.endswith(".")
    assert "{" not in sentence
