"""The methods that ask: each answers from one state of the final chain, and changes nothing."""

import json
from decimal import Decimal

from chain.address import parse_address
from chain.crypto import address_of
from chain.primitives import Address
from chain.store.account_views import AccountView
from chain.store.market_queries import MarketReader
from chain.store.pages import PAGE_MAX
from chain.store.queries import ChainReader
from chain.store.views import BlockView, ReceiptView
from node.api import forms, problems, shapes
from node.api.cursors import encode_cursor, first_below
from node.api.market_shapes import dispute_shape
from node.api.services import Services
from node.api.words import Json, hex_of


async def status(services: Services, _: forms.Nothing) -> Json:
    """How the node is: chain, height, peers, mempool and limits; null while its core is away."""
    with services.reading() as reader:
        tip = reader.tip()
    settings, known = services.settings, services.core.status
    return {
        "chainId": settings.chain_id,
        "genesisHash": f"0x{settings.genesis_hash}",
        "name": known.name if known else settings.name,
        "version": known.version if known else None,
        "height": tip.height,
        "hash": hex_of(tip.hash),
        "timeMs": tip.time_ms,
        "stateRoot": hex_of(tip.header.state_root) if tip.header else None,
        "best": max(known.best, tip.height) if known else None,
        "catchingUp": known.catching_up if known else None,
        "blocksPerS": known.blocks_per_s if known else None,
        "remainingS": known.remaining_s if known else None,
        "round": known.round if known else None,
        "peers": known.peers if known else None,
        "cutPeers": known.cut_peers if known else None,
        "mempool": known.mempool if known else None,
        "validator": known.validator if known else None,
        "coreConnected": services.core.is_open,
        "limits": {
            "bodyBytes": settings.limits.body_bytes_max,
            "batch": settings.limits.batch_max,
            "replyBytes": settings.limits.reply_bytes_max,
            "callMs": settings.limits.call_timeout_ms,
            "page": PAGE_MAX,
        },
    }


async def get_genesis(services: Services, _: forms.Nothing) -> Json:
    """The genesis document, whose hash names the chain; it is the one to trust, or not."""
    return services.genesis.document


async def get_block(services: Services, params: forms.BlockParams) -> Json:
    """A block by height, hash or ``latest``, with what proves it final."""
    with services.reading() as reader:
        block = _find_block(reader, params.block)
        if block is None:
            raise problems.not_found("block")
        shape = shapes.block_shape(block, reader.find_certificate(block.height))
        if not params.transactions:
            return shape
        found = reader.transactions_of_block(
            block.height, from_index=params.from_index, limit=params.limit
        )
    end = params.from_index + len(found)
    return shape | {
        "transactions": [shapes.transaction_shape(one) for one in found],
        "nextIndex": end if found and end < block.transaction_count else None,
    }


def _find_block(reader: ChainReader, block: int | str) -> BlockView | None:
    if block == "latest":
        return reader.tip()
    if isinstance(block, int):
        return reader.find_block(block)
    block_hash = forms.find_hash(block)
    return None if block_hash is None else reader.find_block_by_hash(block_hash)


async def get_transaction(services: Services, params: forms.TransactionParams) -> Json:
    """A final transaction by its id, with its outcome and payload."""
    transaction_id = forms.find_hash(params.transaction_id)
    with services.reading() as reader:
        found = reader.find_transaction(transaction_id) if transaction_id else None
    if found is None:
        raise problems.not_found("transaction")
    return shapes.transaction_shape(found)


async def get_receipt(services: Services, params: forms.ReceiptParams) -> Json:
    """A receipt by its hash, or by its miner's id for it, with its document and any dispute."""
    with services.reading() as reader:
        found = find_receipt(reader, params.receipt)
        if found is None:
            raise problems.not_found("receipt")
        dispute = MarketReader(reader).find_dispute(found.receipt_hash)
    shape = shapes.receipt_shape(found, json.loads(found.document, parse_float=Decimal))
    return shape | {"dispute": None if dispute is None else dispute_shape(dispute)}


async def get_receipt_proof(services: Services, params: forms.ReceiptParams) -> Json:
    """What proves a receipt final and paid to whoever believes no node; checked offline."""
    with services.reading() as reader:
        found = find_receipt(reader, params.receipt)
        if found is None:
            raise problems.not_found("receipt")
        return reader.prove_receipt(found).content()


def find_receipt(reader: ChainReader, name: str) -> ReceiptView | None:
    """Return the receipt of a hash, or the newest that its miner gave an id; None for neither."""
    receipt_hash = forms.find_hash(name)
    found = None if receipt_hash is None else reader.find_receipt(receipt_hash)
    return found or next(iter(reader.receipts_by_id(name, limit=1)), None)


async def get_receipts(services: Services, params: forms.ReceiptsParams) -> Json:
    """Receipts by their sides, model, status and time, newest first, a page at a time."""
    wanted = params.filter()
    before = first_below(params.cursor, wanted)
    with services.reading() as reader:
        page = reader.receipts_page(wanted, before=before, limit=params.limit)
    return {
        "items": [shapes.receipt_shape(one, None) for one in page.receipts],
        "nextCursor": None if page.before is None else encode_cursor(wanted, page.before),
    }


async def get_account(services: Services, params: forms.AccountParams) -> Json:
    """An account's money and next nonce; zeros for an address that no block has named."""
    address = parse_address(params.address)
    with services.reading() as reader:
        account = reader.find_account(address) or unnamed_account(address)
        height = reader.tip().height
    own = [nonce for key, nonce in account.nonces if address_of(key) == address]
    return shapes.account_shape(account, nonce=own[0] if own else 0, height=height)


def unnamed_account(address: Address) -> AccountView:
    """Return an account that no block has named."""
    return AccountView(address, number=0, balance=None, reserved=0, pending=0, nonces=())


async def get_reservation(services: Services, params: forms.ReservationParams) -> Json:
    """A reservation by its id, live or ended, with its claims."""
    reservation_id = forms.find_hash(params.reservation_id)
    with services.reading() as reader:
        found = reader.find_reservation(reservation_id) if reservation_id else None
    if found is None:
        raise problems.not_found("reservation")
    return shapes.reservation_shape(found)
