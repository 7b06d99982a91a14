"""Receipts in REST: the public record of what was done and paid, and never what was asked."""

import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from chain.store.views import ReceiptFilter, ReceiptView
from node.api import forms, problems
from node.api.cursors import encode_cursor, first_below
from node.api.reads import find_receipt
from node.api.rest_forms import Asked, Listed, UnixSeconds
from node.api.rest_words import (
    CURRENCY,
    AddressText,
    Count,
    Currency,
    HashHex,
    Height,
    Money,
    Seconds,
    Units,
    address_text,
    hash_hex,
    money,
    seconds,
    units,
)
from node.api.services import Services

FINAL = frozenset({"paid", "split", "refunded"})
"""What a receipt stays for ever once it is."""


Status = Annotated[str, Field(pattern="^(pending|disputed|paid|split|refunded)$")]


class ReceiptsAsked(Listed):
    """Which receipts; what is not given does not matter.

    Attributes:
        client: the buyer's address.
        provider: the miner's address.
        miner: another name of ``provider``.
        address: the buyer's address or the miner's.
        model: the model that ran.
        status: ``pending`` or ``disputed``, then ``paid``, ``split`` or ``refunded``.
        start_time: unix seconds; claimed in a block of this time or later.
        end_time: unix seconds; claimed in a block of an earlier time.
        limit: entries at most, 1 to 500.
        cursor: ``next_cursor`` of the page before, with the same filter.
    """

    client: forms.AddressText | None = None
    provider: forms.AddressText | None = None
    miner: forms.AddressText | None = None
    address: forms.AddressText | None = None
    model: forms.LabelText | None = None
    status: forms.ReceiptStatus | None = None
    start_time: UnixSeconds | None = None
    end_time: UnixSeconds | None = None

    def filter(self) -> ReceiptFilter:
        """Return the filter that these ask for.

        Raises:
            RpcError: the miner is given by both of its names.
        """
        if self.miner is not None and self.provider is not None:
            raise problems.invalid_param(path="miner", msg="it is another name of provider")
        return ReceiptFilter(
            client=forms.address_of(self.client),
            provider=forms.address_of(self.provider or self.miner),
            model=self.model,
            status=self.status,
            account=forms.address_of(self.address),
            from_ms=None if self.start_time is None else self.start_time * 1_000,
            to_ms=None if self.end_time is None else self.end_time * 1_000,
        )


class ReceiptAsked(Asked):
    """Which receipt.

    Attributes:
        receipt: its receipt hash, or the id that its miner gave it: the newest of several.
        include: ``proof``, ``canonical`` or both, divided by a comma.
    """

    receipt: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,66}$")]
    include: Annotated[str | None, Field(pattern="^(proof|canonical)(,(proof|canonical))?$")] = None

    @property
    def included(self) -> tuple[str, ...]:
        """What comes along."""
        return tuple((self.include or "").split(","))


@dataclass(frozen=True, slots=True)
class ReceiptItem:
    """A receipt on chain.

    Attributes:
        receipt_hash: SHA-256 of the bytes that the miner signed.
        receipt_id: the miner's own id for it.
        job_id: the job.
        reservation_id: of the reservation that pays.
        client: the buyer.
        provider: the miner.
        model: the model that ran.
        unit_type: what a unit is.
        units: of computation.
        price: claimed, fee included.
        fee: comes out of what is paid, as far as that goes.
        spent: paid for it, fee included; 0 before.
        paid: reached the miner.
        currency: of all amounts.
        status: ``pending`` or ``disputed``, then ``paid``, ``split`` or ``refunded``.
        started_at: of the work, as the miner says.
        completed_at: of the work, as the miner says.
        claimed_at: of the block that holds its claim.
        height: of that block.
        position: its place among the receipts of that block.
        due_height: the height whose end pays it; null when it is not pending.
        settled_height: the height that ended it; null before.
        transaction_id: of the claim, alone or in a batch.
    """

    receipt_hash: HashHex
    receipt_id: str
    job_id: str
    reservation_id: HashHex
    client: AddressText
    provider: AddressText
    model: str
    unit_type: str
    units: Units
    price: Money
    fee: Money
    spent: Money
    paid: Money
    currency: Currency
    status: Status
    started_at: Seconds
    completed_at: Seconds
    claimed_at: Seconds
    height: Height
    position: Count
    due_height: Height | None
    settled_height: Height | None
    transaction_id: HashHex


@dataclass(frozen=True, slots=True)
class ReceiptList:
    """Receipts, newest first.

    Attributes:
        data: of this page; it may be short although more follow.
        has_more: whether more may follow.
        next_cursor: where they begin.
    """

    data: list[ReceiptItem]
    has_more: bool
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class WholeReceipt(ReceiptItem):
    """A receipt with what the miner signed.

    Attributes:
        document: the signed receipt.
        canonical: its canonical bytes as text, if they were asked for.
        proof: what proves it final and paid to whoever believes no node, if it was asked for.
    """

    document: dict[str, Any]
    canonical: str | None
    proof: dict[str, Any] | None


def is_final(receipt: WholeReceipt) -> bool:
    """Return whether a receipt will never look otherwise."""
    return receipt.status in FINAL


def receipt_item(view: ReceiptView) -> ReceiptItem:
    """Return how a receipt looks."""
    return ReceiptItem(
        receipt_hash=hash_hex(view.receipt_hash),
        receipt_id=view.receipt_id,
        job_id=view.job_id,
        reservation_id=hash_hex(view.reservation_id),
        client=address_text(view.client),
        provider=address_text(view.provider),
        model=view.model,
        unit_type=view.unit_type,
        units=units(view.units_micro),
        price=money(view.price),
        fee=money(view.fee),
        spent=money(view.spent),
        paid=money(view.paid),
        currency=CURRENCY,
        status=view.status,
        started_at=view.started_at,
        completed_at=view.completed_at,
        claimed_at=seconds(view.time_ms),
        height=view.height,
        position=view.index,
        due_height=view.due_height or None,
        settled_height=view.settled_height,
        transaction_id=hash_hex(view.claim_id),
    )


async def list_receipts(services: Services, asked: ReceiptsAsked) -> ReceiptList:
    """Receipts by their sides, model, status and time, newest first."""
    wanted = asked.filter()
    before = first_below(asked.cursor, wanted)
    with services.reading() as reader:
        page = reader.receipts_page(wanted, before=before, limit=asked.limit)
    cursor = None if page.before is None else encode_cursor(wanted, page.before)
    return ReceiptList([receipt_item(one) for one in page.receipts], cursor is not None, cursor)


async def get_receipt(services: Services, asked: ReceiptAsked) -> WholeReceipt:
    """A receipt with the document that its miner signed; on request with its proof."""
    with services.reading() as reader:
        found = find_receipt(reader, asked.receipt)
        if found is None:
            raise problems.not_found("receipt")
        has_proof = "proof" in asked.included
        proof = reader.prove_receipt(found).content() if has_proof else None
    return WholeReceipt(
        **asdict(receipt_item(found)),
        document=json.loads(found.document, parse_float=Decimal),
        canonical=found.document.decode("ascii") if "canonical" in asked.included else None,
        proof=proof,
    )
