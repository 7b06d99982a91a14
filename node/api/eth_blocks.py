"""Blocks as clients of the EVM read them, with what they hold."""

from chain.crypto import address_of
from chain.primitives import BLOCK_TRANSACTIONS_MAX, ZERO_ADDRESS, ZERO_HASH, Hash
from chain.store.money_events import MoneyEvents
from chain.store.pages import PAGE_MAX
from chain.store.queries import ChainReader
from chain.store.views import BlockView
from node.api import problems
from node.api.eth_bloom import EVERYTHING, bloom_of
from node.api.eth_forms import quantity_of
from node.api.eth_logs import Log, due_work_id, logs_of
from node.api.eth_transactions import due_work_json, receipt_json, transaction_json
from node.api.eth_words import hex_address, quantity
from node.api.forms import find_hash
from node.api.words import Json, hex_of

WHOLE_MAX = 4_000
"""Whole transactions or receipts in one answer: about five megabytes."""

BLOOM_WORK_MAX = 500
"""Transactions, receipts and due work of a block whose bloom is made: twenty milliseconds or so."""

_NO_UNCLES = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
"""Keccak-256 of an empty list, as in every block of Ethereum since there are no uncles."""


def find_block(reader: ChainReader, block: int | str) -> BlockView | None:
    """Return the block of a number, name or hash, or None."""
    if block == "earliest":
        return reader.find_block(0)
    if isinstance(block, str) and (block_hash := find_hash(block)) is not None:
        return reader.find_block_by_hash(block_hash)
    if isinstance(block, str) and not block.startswith("0x"):
        return reader.tip()
    number = quantity_of(block)
    return reader.find_block(number) if number <= reader.tip().height else None


def shown_count(block: BlockView) -> int:
    """Return how many transactions are shown: one more where work fell due."""
    return block.transaction_count + bool(block.due_outcomes)


def block_json(
    reader: ChainReader, block: BlockView, transactions: list[Json] | None = None
) -> Json:
    """Return a block with these transactions, or with the hashes of all."""
    ids = reader.transaction_ids(block.height)
    size = sum(bytes_ for _, bytes_ in ids)
    hashes = [hex_of(one) for one, _ in ids]
    if block.due_outcomes:
        hashes.append(hex_of(due_work_id(block.hash, block.height)))
    shown = hashes if transactions is None else transactions
    return header_json(reader, block, size_bytes=size) | {"transactions": shown}


def header_json(reader: ChainReader, block: BlockView, *, size_bytes: int | None = None) -> Json:
    """Return a block without its transactions; genesis has no roots.

    Args:
        reader: asked for what is not given.
        block: the block.
        size_bytes: of its transactions.
    """
    if size_bytes is None:
        size_bytes = sum(bytes_ for _, bytes_ in reader.transaction_ids(block.height))
    header = block.header
    proposer = address_of(block.proposer) if block.proposer else ZERO_ADDRESS
    return {
        "number": quantity(block.height),
        "hash": hex_of(block.hash),
        "parentHash": hex_of(header.parent_hash if header else ZERO_HASH),
        "sha3Uncles": _NO_UNCLES,
        "miner": hex_address(proposer),
        "stateRoot": hex_of(header.state_root if header else ZERO_HASH),
        "transactionsRoot": hex_of(header.transactions_root if header else ZERO_HASH),
        "receiptsRoot": hex_of(header.outcomes_root if header else ZERO_HASH),
        "logsBloom": hex_of(block_bloom(reader, block)),
        "difficulty": "0x0",
        "totalDifficulty": "0x0",
        "gasLimit": quantity(BLOCK_TRANSACTIONS_MAX + 1),
        "gasUsed": quantity(shown_count(block)),
        "baseFeePerGas": "0x0",
        "timestamp": quantity(block.time_ms // 1_000),
        "extraData": "0x",
        "mixHash": hex_of(ZERO_HASH),
        "nonce": "0x" + "00" * 8,
        "size": quantity(size_bytes + (len(header.encode()) if header else 0)),
        "uncles": [],
        "aitTimeMs": quantity(block.time_ms),
        "aitProposer": hex_of(block.proposer),
        "aitReceiptsRoot": hex_of(header.receipts_root if header else ZERO_HASH),
    }


def block_bloom(reader: ChainReader, block: BlockView) -> bytes:
    """Return the bloom of a block's logs; of a large block, the one in which everything may be."""
    work = block.transaction_count + block.receipt_count + len(block.due_outcomes)
    if work > BLOOM_WORK_MAX:
        return EVERYTHING
    return bloom_of(logs_of(MoneyEvents(reader).of_blocks(block.height, block.height)))


def check_whole(count: int) -> None:
    """Check that so many whole transactions go into one answer.

    Raises:
        RpcError: they do not.
    """
    if count > WHOLE_MAX:
        message = (
            f"the block has {count} transactions and one answer holds {WHOLE_MAX} whole ones: "
            "ask for their hashes, then for each by its index"
        )
        raise problems.limit_error("block_too_large", message, limit=WHOLE_MAX)


def transactions_json(reader: ChainReader, block: BlockView, first: int, end: int) -> list[Json]:
    """Return the transactions of a block from one place up to another, ``PAGE_MAX`` at most."""
    assert end - first <= PAGE_MAX
    if first >= end:
        return []
    views = reader.transactions_of_block(block.height, from_index=first, limit=end - first)
    shown = [transaction_json(view, block) for view in views]
    if block.due_outcomes and first <= block.transaction_count < end:
        shown.append(due_work_json(block))
    return shown


def receipts_json(reader: ChainReader, block: BlockView, transactions: list[Json]) -> list[Json]:
    """Return the receipts of transactions that follow each other in a block."""
    if not transactions:
        return []
    first, last = (int(transactions[at]["transactionIndex"], 16) for at in (0, -1))
    asked = MoneyEvents(reader)
    events = asked.of_places(block.height, first, min(last + 1, block.transaction_count))
    if last == block.transaction_count:
        events += asked.of_due_work(block.height)
    logs: dict[int, list[Log]] = {}
    for log in logs_of(events):
        logs.setdefault(log.event.index, []).append(log)
    return [
        receipt_json(one, logs.get(index, []), block)
        for index, one in enumerate(transactions, start=first)
    ]


def find_transaction(reader: ChainReader, transaction_hash: Hash) -> tuple[Json, BlockView] | None:
    """Return a transaction of a hash and its block; also the one that stands for due work."""
    view = reader.find_transaction(transaction_hash)
    if view is not None:
        block = reader.find_block(view.height)
        assert block is not None
        return transaction_json(view, block), block
    height = int.from_bytes(transaction_hash[24:], "big")
    if height > reader.tip().height:
        return None
    block = reader.find_block(height)
    if block is None or not block.due_outcomes:
        return None
    is_due = due_work_id(block.hash, height) == transaction_hash
    return (due_work_json(block), block) if is_due else None
