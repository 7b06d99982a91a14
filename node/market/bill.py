"""What a job costs, and the receipt and claim that ask for it.

Units are measured by the miner: seconds of its worker, or the job itself. The price is units times
the offered rate, rounded up as the chain does, and never above what the reservation holds.
"""

import hashlib
from dataclasses import dataclass

from chain.address import format_address
from chain.claim import ClaimTransaction, claim_of, sign_claim
from chain.crypto import SecretKey
from chain.primitives import MICRO_UNITS, Hash
from chain.receipt import Receipt, ReceiptBody, sign_receipt
from chain.reservation import price_ceiling
from node.market.chain_states import ReservationState
from node.market.messages import JobRequest

UNIT_TYPES = ("gpu_seconds", "seconds", "jobs")
"""What this miner can measure."""

KEY_ID = "key-1"
"""The account's own key, as the receipt names it."""

_MICRO_PER_MS = MICRO_UNITS // 1_000


@dataclass(frozen=True, slots=True)
class Measured:
    """Work that was done.

    Attributes:
        started_ms: unix milliseconds.
        duration_ms: milliseconds.
        prompt_salt: 32 bytes.
        artifact_salt: 32 bytes.
    """

    started_ms: int
    duration_ms: int
    prompt_salt: bytes
    artifact_salt: bytes


@dataclass(frozen=True, slots=True)
class Signed:
    """What a miner signs for one job.

    Attributes:
        receipt: the document.
        claim: what asks for its price.
    """

    receipt: Receipt
    claim: ClaimTransaction


def units_of(unit_type: str, *, duration_ms: int) -> int:
    """Return the micro-units of a job; at least a millisecond of time."""
    if unit_type == "jobs":
        return MICRO_UNITS
    return max(duration_ms, 1) * _MICRO_PER_MS


def affordable_ms(unit_type: str, *, left: int, rate: int) -> int | None:
    """Return the milliseconds of work that a reservation pays for; None for any time.

    Args:
        unit_type: what a unit is.
        left: base units that it still holds.
        rate: base units per whole unit.
    """
    if unit_type == "jobs":
        return None if left >= rate else 0
    return 1_000 * left // rate


def salted_hash(salt: bytes, data: bytes) -> str:
    """Return SHA-256 of salt and data in lower hex, as a receipt holds it."""
    return hashlib.sha256(salt + data).hexdigest()


@dataclass(frozen=True, slots=True)
class Biller:
    """Makes receipts and claims of one miner.

    Attributes:
        key: the miner's.
        chain_id: name of the chain.
        genesis_hash: 32 bytes.
    """

    key: SecretKey
    chain_id: str
    genesis_hash: Hash

    def price(self, units: int, rate: int, reservation: ReservationState) -> int:
        """Return base units for micro-units at a rate, at most what is held."""
        ceiling = price_ceiling(units_micro=units, rate=rate)
        return min(ceiling, reservation.cap - reservation.spent)

    def sign(
        self,
        request: JobRequest,
        reservation: ReservationState,
        measured: Measured,
        *,
        rate: int,
        output: bytes,
    ) -> Signed:
        """Return the receipt of a job and its claim, which ends the reservation."""
        units = units_of(request.unit_type, duration_ms=measured.duration_ms)
        body = ReceiptBody(
            version="2",
            chain_id=self.chain_id,
            genesis_hash=self.genesis_hash.hex(),
            receipt_id=f"receipt-{request.reservation_id.hex()[:24]}",
            job_id=request.job_id,
            reservation_id=request.reservation_id.hex(),
            provider=format_address(self.key.address),
            client=format_address(reservation.client),
            units=units,
            unit_type=request.unit_type,
            price=self.price(units, rate, reservation),
            model=request.model,
            started_at=measured.started_ms // 1_000,
            completed_at=(measured.started_ms + measured.duration_ms) // 1_000,
            duration_ms=measured.duration_ms,
            prompt_hash=salted_hash(measured.prompt_salt, request.input),
            artifact_hash=salted_hash(measured.artifact_salt, output),
        )
        receipt = sign_receipt(body, key=self.key, key_id=KEY_ID)
        claim = claim_of(receipt, final=True)
        return Signed(receipt, sign_claim(claim, key=self.key, genesis_hash=self.genesis_hash))
