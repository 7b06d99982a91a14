"""What a node says about the chain, in types: tip, offers, reservations, claims, receipts.

Amounts are base units. The readers take the JSON of ``node/api/README.md`` and raise KeyError,
TypeError or ValueError, or a MalformedMessage, where it is of another form.
"""

from dataclasses import dataclass
from typing import Any

from chain.address import parse_address
from chain.primitives import ZERO_ADDRESS, Address, Hash


@dataclass(frozen=True, slots=True)
class Tip:
    """Where the chain is.

    Attributes:
        chain_id: its name.
        genesis_hash: 32 bytes.
        height: of the last block.
    """

    chain_id: str
    genesis_hash: Hash
    height: int


@dataclass(frozen=True, slots=True)
class ClaimState:
    """A claim of a reservation.

    Attributes:
        receipt_hash: of its receipt.
        amount: asked for.
        spent: what it took from the reservation.
        status: ``pending``, ``disputed``, ``paid``, ``split`` or ``refunded``.
        due_height: where its window ends; 0 where it has none.
    """

    receipt_hash: Hash
    amount: int
    spent: int
    status: str
    due_height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationState:
    """A reservation as the chain has it.

    Attributes:
        client: whose money.
        provider: the miner.
        job_id: the job.
        model: the model, or "" for any.
        unit_type: what a unit is.
        max_rate: base units per whole unit.
        cap: held.
        spent: paid out of it.
        jobs_max: claims it may pay.
        expires_at: height at which it takes no more claims.
        dispute_window: heights that an unaccepted claim waits.
        status: ``open``, ``closing`` or ``ended``.
        claims: in their order.
    """

    client: Address
    provider: Address
    job_id: str
    model: str
    unit_type: str
    max_rate: int
    cap: int
    spent: int
    jobs_max: int
    expires_at: int
    dispute_window: int
    status: str
    claims: tuple[ClaimState, ...]


@dataclass(frozen=True, slots=True)
class OfferState:
    """A live line of a miner's price list.

    Attributes:
        provider: the miner.
        model: label.
        unit_type: label.
        rate: base units per whole unit.
        capacity: jobs at once, a hint.
        expires_at: first height at which it no longer holds.
    """

    provider: Address
    model: str
    unit_type: str
    rate: int
    capacity: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class ReceiptState:
    """A receipt on the chain.

    Attributes:
        receipt_hash: 32 bytes.
        model: what ran.
        status: as of its claim.
        price: asked for.
        paid: what reached the miner, without the claim's fee.
        fee: of the claim.
        time_ms: of its block.
    """

    receipt_hash: Hash
    model: str
    status: str
    price: int
    paid: int
    fee: int
    time_ms: int


def read_offer(found: Any, provider: str) -> OfferState:  # noqa: ANN401 - JSON
    """Read a line of a miner's price list."""
    return OfferState(
        provider=parse_address(provider),
        model=str(found["model"]),
        unit_type=str(found["unitType"]),
        rate=int(found["rate"]),
        capacity=int(found["capacity"]),
        expires_at=int(found["expiresAtHeight"]),
    )


def read_reservation(found: Any) -> ReservationState:  # noqa: ANN401 - JSON
    """Read a reservation."""
    provider = found["provider"]
    return ReservationState(
        client=parse_address(found["client"]),
        provider=ZERO_ADDRESS if provider is None else parse_address(provider),
        job_id=str(found["jobId"]),
        model=str(found["model"] or ""),
        unit_type=str(found["unitType"]),
        max_rate=int(found["maxRate"]),
        cap=int(found["cap"]),
        spent=int(found["spent"]),
        jobs_max=int(found["jobsMax"]),
        expires_at=int(found["expiresAtHeight"]),
        dispute_window=int(found["disputeWindow"]),
        status=str(found["status"]),
        claims=tuple(read_claim(one) for one in found["claims"]),
    )


def read_claim(found: Any) -> ClaimState:  # noqa: ANN401 - JSON
    """Read a claim of a reservation."""
    return ClaimState(
        receipt_hash=read_hash(found["receiptHash"]),
        amount=int(found["amount"]),
        spent=int(found["spent"]),
        status=str(found["status"]),
        due_height=int(found["dueHeight"] or 0),
    )


def read_receipt(found: Any) -> ReceiptState:  # noqa: ANN401 - JSON
    """Read a receipt of a list."""
    return ReceiptState(
        receipt_hash=read_hash(found["receiptHash"]),
        model=str(found["model"]),
        status=str(found["status"]),
        price=int(found["price"]),
        paid=int(found["paid"]),
        fee=int(found["fee"]),
        time_ms=int(found["timeMs"]),
    )


def read_hash(text: str) -> Hash:
    """Read 32 bytes."""
    return Hash(bytes.fromhex(text.removeprefix("0x")))
