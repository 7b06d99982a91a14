"""The method that works an account's bill out again."""

from typing import Annotated, Literal

from pydantic import Field

from chain.address import parse_address
from chain.store.bill_queries import BILL_MAX, BillReader
from chain.store.bill_views import BillEntry
from chain.store.lookup import BEFORE_ALL
from node.api import forms
from node.api.cursors import decode_cursor, encode_cursor
from node.api.services import Services
from node.api.words import Json, address_of, hex_of


class BillParams(forms.Closed):
    """Whose bill.

    Attributes:
        address: of the account.
        side: ``client`` for what it spent, ``provider`` for what it earned.
        limit: entries at most, 1 to 100.
        cursor: ``nextCursor`` of the page before, of the same bill.
    """

    address: forms.AddressText
    side: Literal["client", "provider"] = "client"
    limit: Annotated[int, Field(ge=1, le=BILL_MAX)] = forms.PAGE_DEFAULT
    cursor: forms.CursorText | None = None


async def get_bill(services: Services, params: BillParams) -> Json:
    """An account's bill, each entry worked out again from the chain, oldest first."""
    account = parse_address(params.address)
    wanted = f"bill {params.side} {account.hex()}"
    after = BEFORE_ALL if params.cursor is None else decode_cursor(params.cursor, wanted)
    with services.reading() as reader:
        bills = BillReader(reader)
        ask = bills.of_client if params.side == "client" else bills.of_provider
        page = ask(account, after=after, limit=params.limit)
    return {
        "items": [entry_shape(one) for one in page.entries],
        "isRight": page.is_right,
        "total": str(page.total),
        "nextCursor": None if page.after is None else encode_cursor(wanted, page.after),
    }


def entry_shape(entry: BillEntry) -> Json:
    """Return an entry, as the books have it and as it was worked out again."""
    receipt, moved = entry.receipt_hash, entry.transaction_id
    return {
        "height": entry.height,
        "timeMs": entry.time_ms,
        "kind": entry.kind,
        "amount": str(entry.amount),
        "recomputed": str(entry.recomputed),
        "after": str(entry.after),
        "isRight": entry.is_right,
        "transactionId": None if moved is None else hex_of(moved),
        "receiptHash": None if receipt is None else hex_of(receipt),
        "reservationId": hex_of(entry.reservation_id),
        "jobId": entry.job_id,
        "counterparty": address_of(entry.counterparty),
    }
