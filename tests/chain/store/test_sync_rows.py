"""Blocks for peers that catch up: the very bytes, and enough to build the state again."""

from chain.block import Block
from chain.certificate import check_certificate
from chain.execution import execute_block
from chain.genesis import genesis_ledger
from chain.payload_pairs import decode_final_block
from chain.validation import verify_block
from tests.support.stored_chain import StoredChain, Story


def test_state_grows_again_from_the_bytes_alone(stored: StoredChain, story: Story) -> None:
    stored.blocks_until(12)
    reader, ledger = stored.reader(), genesis_ledger(stored.chain.genesis)
    while ledger.height < 12:
        for item in reader.sync_range(ledger.height + 1, 5, 10**7):
            data, certificate = decode_final_block(item)
            block = Block.decode(data)
            verified = verify_block(block, known={}, known_receipts={})
            executed = execute_block(ledger, verified)
            assert certificate.block_hash == block.hash
            check_certificate(
                certificate, validators=ledger.validators, genesis_hash=ledger.genesis_hash
            )
            ledger.advance(
                executed.state,
                executed.update,
                height=block.header.height,
                tip_hash=block.hash,
                tip_time_ms=block.header.time_ms,
            )
    assert ledger.commitment.root == stored.chain.ledger.commitment.root
    assert ledger.records == stored.chain.ledger.records
    reader.close()


def test_items_are_the_blocks_as_they_were_decided(stored: StoredChain, story: Story) -> None:
    reader = stored.reader()
    items = reader.sync_range(1, 32, 10**7)
    blocks = [decode_final_block(item)[0] for item in items]
    assert blocks == [executed.block.encode() for executed in stored.chain.blocks]
    assert decode_final_block(items[-1])[1] == stored.chain.last_commit
    reader.close()


def test_count_and_bytes_are_bounds_and_the_first_always_comes(
    stored: StoredChain, story: Story
) -> None:
    reader = stored.reader()
    items = reader.sync_range(1, 32, 10**7)
    assert reader.sync_range(2, 3, 10**7) == items[1:4]
    assert reader.sync_range(1, 32, len(items[0]) + len(items[1])) == items[:2]
    assert reader.sync_range(1, 32, 1) == items[:1]
    assert reader.sync_range(0, 1, 10**7) == items[:1]
    assert reader.sync_range(7, 32, 10**7) == []
    reader.close()
