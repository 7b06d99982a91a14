"""How the events of a stream look: a name, a topic and a line of JSON in the words of REST."""

import msgspec

from chain.store.follow_queries import CertifiedBlock
from chain.store.views import BlockView, TransactionView
from node.api.rest_events import Event
from node.api.rest_receipts import receipt_item
from node.api.rest_words import CURRENCY, address_or_none, hash_hex, money, seconds
from node.api.words import Json

_encode = msgspec.json.Encoder().encode


def event_bytes(event: Event) -> bytes:
    """Return an event as it goes over the line."""
    head = f"id: {event.id}\nevent: {event.topic[:-1]}\ndata: "
    return head.encode() + _encode(_content(event)) + b"\n\n"


def _content(event: Event) -> object:
    match event.item:
        case CertifiedBlock(block=block):
            return _block(block)
        case TransactionView() as transaction:
            return _transaction(transaction)
        case receipt:
            return receipt_item(receipt)


def _block(block: BlockView) -> Json:
    return {
        "height": block.height,
        "hash": hash_hex(block.hash),
        "at": seconds(block.time_ms),
        "proposer": hash_hex(block.proposer) if block.proposer else None,
        "transactions": block.transaction_count,
        "receipts": block.receipt_count,
    }


def _transaction(view: TransactionView) -> Json:
    return {
        "transaction_id": hash_hex(view.id),
        "height": view.height,
        "position": view.index,
        "at": seconds(view.time_ms),
        "kind": view.kind.name.lower(),
        "sender": address_or_none(view.sender),
        "recipient": address_or_none(view.recipient),
        "amount": money(view.amount),
        "fee": money(view.fee),
        "paid": money(view.paid),
        "returned": money(view.returned),
        "pending": money(view.pending),
        "currency": CURRENCY,
    }
