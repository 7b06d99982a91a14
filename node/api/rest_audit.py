"""The audit in REST: where the supply is, and bills recomputed from the chain alone."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from chain.primitives import Address
from chain.store.audit_queries import AuditReader
from chain.store.bill_queries import BILL_MAX, BillReader
from chain.store.bill_views import BillEntry
from chain.store.lookup import BEFORE_ALL
from node.api import forms, problems
from node.api.cursors import decode_cursor, encode_cursor
from node.api.rest_forms import Asked, Side
from node.api.rest_words import (
    CURRENCY,
    AddressText,
    Currency,
    HashHex,
    Height,
    Money,
    Seconds,
    address_or_none,
    address_text,
    hash_hex,
    hash_or_none,
    money,
    seconds,
)
from node.api.services import Services


class SupplyAsked(Asked):
    """When.

    Attributes:
        height: of a block; of the last one unless it is given.
    """

    height: forms.HeightNumber | None = None


class BillAsked(Asked):
    """Whose bill.

    Attributes:
        address: the account's address.
        side: what it bought (``client``) or what it sold (``provider``); unless it is given, the
            latter for an account that has never bought.
        limit: entries at most, 1 to 100.
        cursor: ``next_cursor`` of the page before, with the same filter.
    """

    address: forms.AddressText
    side: Side | None = None
    limit: Annotated[int, Field(ge=1, le=BILL_MAX)] = 50
    cursor: forms.CursorText | None = None


@dataclass(frozen=True, slots=True)
class SupplyAudit:
    """Where all money is after a block.

    Attributes:
        height: of the block.
        at: of the block.
        currency: of all amounts.
        supply: what genesis gave out; nothing is ever added to it or burned.
        balances: of all accounts.
        reserved: of reservations that no claim holds.
        pending: of claims that wait, disputed ones included.
        bonds: what open disputes lock.
        treasury: of the treasury.
        fees: of everything since genesis.
        fees_to_treasury: of these.
        fees_to_proposers: of these.
        difference: what there is too much; anything but 0 is a defect.
        is_right: whether it is 0.
    """

    height: Height
    at: Seconds
    currency: Currency
    supply: Money
    balances: Money
    reserved: Money
    pending: Money
    bonds: Money
    treasury: Money
    fees: Money
    fees_to_treasury: Money
    fees_to_proposers: Money
    difference: Money
    is_right: bool


@dataclass(frozen=True, slots=True)
class BillItem:
    """A movement of an account's money, beside what the chain's own data say of it.

    Attributes:
        height: of its block.
        at: of its block.
        kind: as in the client's ledger; ``earned`` for a provider.
        amount: as the account's books have it.
        recomputed: from the transaction, the receipt or the block's outcomes.
        carried: what the client held, or the provider had earned, before it.
        after: the same after it.
        currency: of all amounts.
        is_right: whether the books say what the chain says, and follow from the entry before.
        job_id: the receipt's job, else the reserved one.
        counterparty: the other side of the receipt; null where it is about none.
        receipt_hash: of the receipt it is about; null where it is about none.
        reservation_id: of the reservation.
        transaction_id: of what moved it, or of the claim that was paid; null for due work.
    """

    height: Height
    at: Seconds
    kind: str
    amount: Money
    recomputed: Money
    carried: Money
    after: Money
    currency: Currency
    is_right: bool
    job_id: str
    counterparty: AddressText | None
    receipt_hash: HashHex | None
    reservation_id: HashHex
    transaction_id: HashHex | None


@dataclass(frozen=True, slots=True)
class Bill:
    """A part of a bill.

    Attributes:
        address: whose.
        side: what it bought (``client``) or sold (``provider``).
        total: what the last entry must leave: what the client's open reservations and disputes
            hold at the tip, or what all receipts of a provider have paid it.
        currency: of all amounts.
        is_right: whether all entries of this page are, and the last of the bill leaves the total.
        data: of this page, oldest first.
        has_more: whether more may follow.
        next_cursor: where they begin.
        at_height: of the chain when it was read.
    """

    address: AddressText
    side: Side
    total: Money
    currency: Currency
    is_right: bool
    data: list[BillItem]
    has_more: bool
    next_cursor: str | None
    at_height: Height


async def get_supply(services: Services, asked: SupplyAsked) -> SupplyAudit:
    """Where every unit of the supply is after the block of a height, genesis included."""
    with services.reading() as reader:
        audit = AuditReader(reader)
        found = audit.supply(asked.height)
        block = None if found is None else reader.find_block(found.height)
        fees = None if found is None else audit.fees(found.height)
    if found is None or block is None or fees is None:
        raise problems.not_found("block")
    return SupplyAudit(
        height=found.height,
        at=seconds(block.time_ms),
        currency=CURRENCY,
        supply=money(found.supply),
        balances=money(found.balances),
        reserved=money(found.reserved),
        pending=money(found.pending),
        bonds=money(found.bonds),
        treasury=money(found.treasury),
        fees=money(fees.fees),
        fees_to_treasury=money(fees.treasury),
        fees_to_proposers=money(fees.proposers),
        difference=money(found.difference),
        is_right=not found.difference,
    )


async def get_bill(services: Services, asked: BillAsked) -> Bill:
    """An account's bill, oldest first, each entry recomputed from the chain's own data."""
    account = forms.address_of(asked.address)
    assert account is not None
    with services.reading() as reader:
        bills = BillReader(reader)
        side = asked.side or _side_of(bills, account)
        listed = f"bill {side} {account.hex()}"
        after = BEFORE_ALL if asked.cursor is None else decode_cursor(asked.cursor, listed)
        read = bills.of_client if side == "client" else bills.of_provider
        page, height = read(account, after=after, limit=asked.limit), reader.tip().height
    cursor = None if page.after is None else encode_cursor(listed, page.after)
    return Bill(
        address=address_text(account),
        side=side,
        total=money(page.total),
        currency=CURRENCY,
        is_right=page.is_right,
        data=[_item(one) for one in page.entries],
        has_more=cursor is not None,
        next_cursor=cursor,
        at_height=height,
    )


def _side_of(bills: BillReader, account: Address) -> Side:
    """Return what an account has done: it has bought, unless it has only sold."""
    has_sold = bills.of_provider(account, limit=1).entries
    has_bought = bills.of_client(account, limit=1).entries
    return "provider" if has_sold and not has_bought else "client"


def _item(view: BillEntry) -> BillItem:
    return BillItem(
        height=view.height,
        at=seconds(view.time_ms),
        kind=view.kind,
        amount=money(view.amount),
        recomputed=money(view.recomputed),
        carried=money(view.carried),
        after=money(view.after),
        currency=CURRENCY,
        is_right=view.is_right,
        job_id=view.job_id,
        counterparty=address_or_none(view.counterparty),
        receipt_hash=hash_or_none(view.receipt_hash),
        reservation_id=hash_hex(view.reservation_id),
        transaction_id=hash_or_none(view.transaction_id),
    )
