"""The ``eth_`` methods that ask for blocks, transactions and receipts; null where there is none."""

from chain.store.queries import ChainReader
from chain.store.views import BlockView
from node.api import eth_blocks, eth_forms
from node.api.eth_words import quantity
from node.api.forms import Nothing, find_hash
from node.api.services import Services
from node.api.words import Json


async def block_number(services: Services, _: Nothing) -> str:
    """The height of the last block, which is final as all are."""
    return quantity(services.tip_height())


async def get_block_by_number(services: Services, params: eth_forms.NumberParams) -> Json | None:
    """A block by its number or name, with its transactions whole or as hashes."""
    return _block(services, params.block, full=params.full)


async def get_block_by_hash(services: Services, params: eth_forms.HashParams) -> Json | None:
    """A block by its hash, with its transactions whole or as hashes."""
    return _block(services, params.block_hash, full=params.full)


def _block(services: Services, block: int | str, *, full: bool) -> Json | None:
    with services.reading() as reader:
        found = eth_blocks.find_block(reader, block)
        return None if found is None else eth_blocks.block_json(reader, found, full=full)


async def get_transaction_count_of_block(
    services: Services, params: eth_forms.AnyBlockParams
) -> str | None:
    """How many transactions a block shows."""
    with services.reading() as reader:
        found = eth_blocks.find_block(reader, params.block)
    return None if found is None else quantity(eth_blocks.shown_count(found))


async def get_uncle_count(services: Services, params: eth_forms.AnyBlockParams) -> str | None:
    """How many uncles a block has: none."""
    with services.reading() as reader:
        found = eth_blocks.find_block(reader, params.block)
    return None if found is None else "0x0"


async def get_uncle(_: Services, __: eth_forms.PlaceParams) -> None:
    """An uncle; there are none."""


async def get_transaction(services: Services, params: eth_forms.TransactionParams) -> Json | None:
    """A final transaction by its hash."""
    with services.reading() as reader:
        found = _transaction(reader, params)
    return None if found is None else found[0]


async def get_transaction_at(services: Services, params: eth_forms.PlaceParams) -> Json | None:
    """A transaction by its block and its place there."""
    index = eth_forms.quantity_of(params.index)
    with services.reading() as reader:
        block = eth_blocks.find_block(reader, params.block)
        if block is None or index >= eth_blocks.shown_count(block):
            return None
        (found,) = eth_blocks.transactions_json(reader, block, first=index, end=index + 1)
    return found


async def get_receipt(services: Services, params: eth_forms.TransactionParams) -> Json | None:
    """What became of a final transaction, with its logs."""
    with services.reading() as reader:
        found = _transaction(reader, params)
        return None if found is None else eth_blocks.one_receipt_json(reader, *found)


async def get_block_receipts(
    services: Services, params: eth_forms.AnyBlockParams
) -> list[Json] | None:
    """What became of each transaction of a block."""
    with services.reading() as reader:
        block = eth_blocks.find_block(reader, params.block)
        if block is None:
            return None
        transactions = eth_blocks.transactions_json(reader, block)
        return eth_blocks.receipts_json(reader, block, transactions)


def _transaction(
    reader: ChainReader, params: eth_forms.TransactionParams
) -> tuple[Json, BlockView] | None:
    transaction_hash = find_hash(params.transaction_hash)
    assert transaction_hash is not None
    return eth_blocks.find_transaction(reader, transaction_hash)
