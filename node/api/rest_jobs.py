"""Jobs in REST: where a job stands, what it cost, and each step of it with its proof on chain."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from chain.primitives import Address
from chain.store.job_queries import JobView, clients_of_job, find_job
from chain.store.queries import ChainReader
from node.api import forms, problems
from node.api.job_shapes import job_shape
from node.api.rest_forms import Asked
from node.api.rest_receipts import ReceiptItem, receipt_item
from node.api.rest_words import (
    CURRENCY,
    AddressText,
    Currency,
    HashHex,
    Height,
    Money,
    Seconds,
    address_text,
    money,
    seconds,
)
from node.api.services import Services
from node.api.words import Json

State = Annotated[
    str, Field(pattern="^(reserved|claimed|disputed|settled|refunded|released|expired)$")
]

_STATES = {"pending": "claimed", "paid": "settled", "split": "settled"}
"""The states that have other names on chain."""


class JobAsked(Asked):
    """Which job.

    Attributes:
        job_id: the client's name for it.
        client: who pays for it; needed where several clients use the same name.
    """

    job_id: forms.LabelText
    client: forms.AddressText | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """A step of a job.

    Attributes:
        event: ``reserved``, ``claimed``, ``disputed``, ``paid``, ``split``, ``refunded`` or
            ``ended``, which is about the reservation.
        at: of its block.
        height: of its block.
        amount: what it was about.
        reservation_id: of the reservation.
        receipt_hash: of the receipt; null for the reservation's own steps.
        transaction_id: of what did it; null for work that fell due.
    """

    event: str
    at: Seconds
    height: Height
    amount: Money
    reservation_id: HashHex
    receipt_hash: HashHex | None
    transaction_id: HashHex | None


@dataclass(frozen=True, slots=True)
class Job:
    """A job's whole life.

    Attributes:
        job_id: the client's name for it.
        client: who pays.
        state: where it stands; ``settled`` once it is paid, in whole or in part.
        currency: of all amounts.
        reserved: taken from the client in the reservations of this name; none of a session's
            that has another and pays for this job.
        debited: paid from these, else from such a session, fees included.
        released: came back to the client from these once they had ended.
        expires_at_height: of the latest reservation, which takes no claim from there on.
        receipt_hash: of its latest receipt; null before.
        receipts: of the job, newest first.
        transitions: in the order of their heights.
        at_height: of the chain when it was read.
    """

    job_id: str
    client: AddressText
    state: State
    currency: Currency
    reserved: Money
    debited: Money
    released: Money
    expires_at_height: Height
    receipt_hash: HashHex | None
    receipts: list[ReceiptItem]
    transitions: list[Transition]
    at_height: Height


async def get_job(services: Services, asked: JobAsked) -> Job:
    """Where a job stands, what was reserved, paid and given back for it, and when."""
    with services.reading() as reader:
        client = forms.address_of(asked.client) or _only_client(reader, asked.job_id)
        found = find_job(reader, client, asked.job_id)
        if found is None:
            raise problems.not_found("job")
        height = reader.tip().height
        shape = job_shape(found, height=height)
        heights = {event["height"] for event in shape["events"]}
        times = {one: _time_of(reader, one) for one in heights}
    return _job(found, shape, times)


def _only_client(reader: ChainReader, job_id: str) -> Address:
    """Return the client that calls a job so.

    Raises:
        RpcError: nobody does, or several do.
    """
    clients = clients_of_job(reader, job_id)
    if not clients:
        raise problems.not_found("job")
    if len(clients) > 1:
        message = f"{len(clients)} clients call a job so; say whose it is"
        raise problems.invalid_param(path="client", msg=message)
    return clients[0]


def _time_of(reader: ChainReader, height: int) -> int:
    block = reader.find_block(height)
    assert block is not None, "what happened has a block"
    return seconds(block.time_ms)


def _transition(event: Json, times: dict[int, int]) -> Transition:
    return Transition(
        event=event["event"],
        at=times[event["height"]],
        height=event["height"],
        amount=money(int(event["amount"])),
        reservation_id=event["reservationId"],
        receipt_hash=event["receiptHash"],
        transaction_id=event["transactionId"],
    )


def _job(view: JobView, shape: Json, times: dict[int, int]) -> Job:
    status: str = shape["status"]
    own = [one for one in view.reservations if one.job_id == view.job_id]
    ended = [one for one in own if one.ended_height is not None]
    receipts = [receipt_item(one) for one in view.receipts]
    return Job(
        job_id=view.job_id,
        client=address_text(view.client),
        state=_STATES.get(status, status),
        currency=CURRENCY,
        reserved=money(sum(one.cap for one in own)),
        debited=money(sum(one.spent for one in own or view.receipts)),
        released=money(sum(one.cap - one.spent for one in ended)),
        expires_at_height=max(one.expires_at for one in view.reservations),
        receipt_hash=receipts[0].receipt_hash if receipts else None,
        receipts=receipts,
        transitions=[_transition(one, times) for one in shape["events"]],
        at_height=shape["atHeight"],
    )
