"""What the explorer Otterscan asks beside ``eth_``: its API level 8, and one call of Erigon.

No code runs here, so there are no internal calls, traces, errors or created contracts.
"""

import asyncio
from collections.abc import Callable

from chain.primitives import Address, Hash
from chain.store.money_events import MoneyEvents
from chain.store.queries import ChainReader
from node.api import eth_forms
from node.api.eth_blocks import (
    find_block,
    header_json,
    receipts_json,
    shown_count,
    transactions_json,
)
from node.api.eth_pages import AccountPage, find_sent, page_after, page_before
from node.api.eth_words import wei
from node.api.forms import Nothing, address_of
from node.api.services import Services
from node.api.words import Json, hex_of

API_LEVEL = 8

FindPage = Callable[[ChainReader, Address, int, int], AccountPage]
"""Finds the part of an account's history from a height on, of a size."""

SELECTOR_DIGITS = 2 + 8
"""Digits of an input that a list of transactions shows."""


async def get_api_level(_: Services, __: Nothing) -> int:
    """The API level of Otterscan that is spoken."""
    return API_LEVEL


async def get_header(services: Services, params: eth_forms.AnyBlockParams) -> Json | None:
    """A block without its transactions."""
    with services.reading() as reader:
        block = find_block(reader, params.block)
        return None if block is None else header_json(reader, block)


async def get_block_details(services: Services, params: eth_forms.AnyBlockParams) -> Json | None:
    """A block without its transactions, with their count and fees; no money is issued."""
    with services.reading() as reader:
        block = find_block(reader, params.block)
        if block is None:
            return None
        header = header_json(reader, block)
        fees = MoneyEvents(reader).fees(block.height)
    shown = header | {"transactionCount": shown_count(block), "logsBloom": None}
    issuance = dict.fromkeys(("blockReward", "uncleReward", "issuance"), "0x0")
    return {"block": shown, "issuance": issuance, "totalFees": wei(fees)}


async def get_block_transactions(
    services: Services, params: eth_forms.BlockPageParams
) -> Json | None:
    """A page of a block's transactions with their receipts; page 0 holds the last ones."""
    with services.reading() as reader:
        block = find_block(reader, params.block)
        if block is None:
            return None
        end = max(0, shown_count(block) - params.page * params.page_size)
        first = max(0, end - params.page_size)
        shown = transactions_json(reader, block, first, end)
        receipts = receipts_json(reader, block, shown)
        header = header_json(reader, block)
    short = [one | {"input": one["input"][:SELECTOR_DIGITS]} for one in shown]
    bare = [one | {"logs": None, "logsBloom": None} for one in receipts]
    counted = {"transactions": short, "transactionCount": shown_count(block), "logsBloom": None}
    return {"fullblock": header | counted, "receipts": bare}


async def search_before(services: Services, params: eth_forms.AccountPageParams) -> Json:
    """An account's transactions below a block, newest first; 0 for the newest of all."""
    return await _search(services, params, page_before)


async def search_after(services: Services, params: eth_forms.AccountPageParams) -> Json:
    """An account's transactions above a block, newest first; 0 for the oldest of all."""
    return await _search(services, params, page_after)


async def _search(services: Services, params: eth_forms.AccountPageParams, find: FindPage) -> Json:
    address = address_of(params.address)
    assert address is not None
    transactions, receipts = list[Json](), list[Json]()
    with services.reading() as reader:
        page = find(reader, address, params.height, params.page_size)
    for height, index in page.places:
        with services.reading() as reader:
            block = find_block(reader, height)
            assert block is not None
            shown = transactions_json(reader, block, index, index + 1)
            (receipt,) = receipts_json(reader, block, shown)
        transactions += shown
        receipts.append(receipt | {"timestamp": block.time_ms // 1_000})
        await asyncio.sleep(0)  # others have their turn between two transactions
    return {
        "txs": transactions,
        "receipts": receipts,
        "firstPage": page.is_newest,
        "lastPage": page.is_oldest,
    }


async def get_by_sender_and_nonce(services: Services, params: eth_forms.SenderParams) -> str | None:
    """The hash of the transaction that an account's own key has signed with a nonce."""
    address = address_of(params.address)
    assert address is not None
    with services.reading() as reader:
        found: Hash | None = find_sent(reader, address, eth_forms.quantity_of(params.nonce))
    return None if found is None else hex_of(found)


async def has_code(_: Services, __: eth_forms.StateParams) -> bool:
    """Whether code lies at an address: at none."""
    return False


async def get_no_operations(_: Services, __: eth_forms.TransactionParams) -> list[Json]:
    """The calls inside a transaction: none."""
    return []


async def get_no_error(_: Services, __: eth_forms.TransactionParams) -> str:
    """Why a transaction failed: what fails is in no block."""
    return "0x"


async def get_no_creator(_: Services, __: eth_forms.StateParams) -> None:
    """Who made a contract: there are none."""
