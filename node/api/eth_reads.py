"""The ``eth_`` methods that ask for blocks, transactions and receipts; null where there is none."""

import asyncio
from collections.abc import Callable

from chain.store.queries import ChainReader
from chain.store.views import BlockView
from node.api import eth_blocks, eth_forms
from node.api.eth_words import quantity
from node.api.forms import Nothing, find_hash
from node.api.services import Services
from node.api.words import Json

PART = 100
"""Transactions that are made at a time: ten to twenty milliseconds."""

Make = Callable[[ChainReader, BlockView, int, int], list[Json]]
"""Makes something of the transactions of a block from one place up to another."""


async def block_number(services: Services, _: Nothing) -> str:
    """The height of the last block, which is final as all are."""
    return quantity(services.tip_height())


async def get_block_by_number(services: Services, params: eth_forms.NumberParams) -> Json | None:
    """A block by its number or name, with its transactions whole or as hashes."""
    return await _block(services, params.block, full=params.full)


async def get_block_by_hash(services: Services, params: eth_forms.HashParams) -> Json | None:
    """A block by its hash, with its transactions whole or as hashes."""
    return await _block(services, params.block_hash, full=params.full)


async def _block(services: Services, name: int | str, *, full: bool) -> Json | None:
    with services.reading() as reader:
        block = eth_blocks.find_block(reader, name)
        if block is None or not full:
            return None if block is None else eth_blocks.block_json(reader, block)
    transactions = await _in_parts(services, block, eth_blocks.transactions_json)
    with services.reading() as reader:
        return eth_blocks.block_json(reader, block, transactions)


async def _in_parts(services: Services, block: BlockView, make: Make) -> list[Json]:
    """Return what is made of all transactions of a block, some at a time: others have their turn.

    Raises:
        RpcError: there are too many.
    """
    count, made = eth_blocks.shown_count(block), list[Json]()
    eth_blocks.check_whole(count)
    for first in range(0, count, PART):
        with services.reading() as reader:
            made += make(reader, block, first, min(first + PART, count))
        await asyncio.sleep(0)
    return made


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
        (found,) = eth_blocks.transactions_json(reader, block, index, index + 1)
    return found


async def get_receipt(services: Services, params: eth_forms.TransactionParams) -> Json | None:
    """What became of a final transaction, with its logs."""
    with services.reading() as reader:
        found = _transaction(reader, params)
        if found is None:
            return None
        (receipt,) = eth_blocks.receipts_json(reader, found[1], [found[0]])
    return receipt


async def get_block_receipts(
    services: Services, params: eth_forms.AnyBlockParams
) -> list[Json] | None:
    """What became of each transaction of a block."""
    with services.reading() as reader:
        block = eth_blocks.find_block(reader, params.block)
    return None if block is None else await _in_parts(services, block, _receipts)


def _receipts(reader: ChainReader, block: BlockView, first: int, end: int) -> list[Json]:
    transactions = eth_blocks.transactions_json(reader, block, first, end)
    return eth_blocks.receipts_json(reader, block, transactions)


def _transaction(
    reader: ChainReader, params: eth_forms.TransactionParams
) -> tuple[Json, BlockView] | None:
    transaction_hash = find_hash(params.transaction_hash)
    assert transaction_hash is not None
    return eth_blocks.find_transaction(reader, transaction_hash)
