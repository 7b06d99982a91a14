"""The methods that list the whole chain, newest first."""

from typing import Annotated, Literal

from pydantic import Field

from chain.kind import Kind
from chain.store.list_queries import ListReader
from chain.store.pages import PAGE_MAX
from node.api import forms, shapes
from node.api.cursors import encode_cursor, first_below, next_cursor
from node.api.services import Services
from node.api.words import Json

KindName = Literal[
    "transfer",
    "reserve",
    "claim",
    "release",
    "accept",
    "dispute",
    "resolve",
    "grant",
    "revoke",
    "offer",
    "parameters",
    "claim_batch",
    "validators",
]


class BlocksParams(forms.Closed):
    """Which blocks.

    Attributes:
        limit: how many at most.
        cursor: of the answer before.
    """

    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = 50
    cursor: forms.CursorText | None = None


class TransactionsParams(forms.Closed):
    """Which transactions; what is not given does not matter.

    Attributes:
        address: who sent it, is its recipient, or pays the claim as the client.
        kind: what it does.
        limit: how many at most.
        cursor: of the answer before, with the same filter.
    """

    address: forms.AddressText | None = None
    kind: KindName | None = None
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = 50
    cursor: forms.CursorText | None = None


async def get_blocks(services: Services, params: BlocksParams) -> Json:
    """Blocks with what proves them final, newest first, a page at a time."""
    before = first_below(params.cursor, "blocks")
    with services.reading() as reader:
        page = ListReader(reader).blocks_page(before=before, limit=params.limit)
    heights = [block.height for block, _ in page]
    return {
        "items": [shapes.block_shape(block, certificate) for block, certificate in page],
        "nextCursor": next_cursor("blocks", heights, limit=params.limit),
    }


async def get_transactions(services: Services, params: TransactionsParams) -> Json:
    """Transactions of the chain or of an account, newest first, a page at a time."""
    account = forms.address_of(params.address)
    kind = None if params.kind is None else Kind[params.kind.upper()]
    wanted = f"transactions {account.hex() if account else ''} {params.kind or ''}"
    before = first_below(params.cursor, wanted)
    with services.reading() as reader:
        page = ListReader(reader).transactions_page(
            account, kind, before=before, limit=params.limit
        )
    return {
        "items": [shapes.transaction_shape(one) for one in page.transactions],
        "nextCursor": None if page.before is None else encode_cursor(wanted, page.before),
    }
