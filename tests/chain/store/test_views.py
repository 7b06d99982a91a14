"""Places and outcomes that views work out."""

import pytest

from chain.store.book import row_id
from tests.support.stored_chain import StoredChain, Story


def test_view_knows_its_place(stored: StoredChain, story: Story) -> None:
    reader = stored.reader()
    receipt, transaction = (
        reader.find_receipt(story.receipt.hash),
        reader.transactions_of_block(3)[0],
    )
    assert receipt is not None
    assert (receipt.height, receipt.index) == (transaction.height, transaction.index) == (3, 0)
    assert receipt.row == transaction.row == row_id(3, 0)
    reader.close()


def test_view_cannot_be_changed(stored: StoredChain, story: Story) -> None:
    reader = stored.reader()
    with pytest.raises(AttributeError):
        reader.tip().height = 7  # type: ignore[misc]
    reader.close()


def test_outcome_of_a_claim_names_its_receipt(stored: StoredChain, story: Story) -> None:
    reader = stored.reader()
    claim = reader.transactions_of_block(3)[0]
    assert claim.outcome().receipt_hash == story.receipt.hash
    assert claim.outcome() == stored.chain.blocks[2].outcomes[0]
    reader.close()
