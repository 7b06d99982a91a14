"""What the market's commands say about jobs and earnings, as JSON and as lines of text.

Never an input, an output or parameters: an output goes where its owner asked for it, and nowhere
else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chain.address import format_address
from chain.primitives import Address
from node.amounts import format_amount
from node.market.chain_states import OfferState, ReceiptState
from node.market.job_book import Attempt, Result
from node.market.node_view import NodeView

PAGES_MAX = 200
PAGE = 500


def job_document(result: Result) -> dict[str, Any]:
    """Return where a job is, as JSON."""
    job = result.job
    return {
        "jobId": job.job_id,
        "state": job.state.value,
        "model": job.terms.model,
        "unitType": job.terms.unit_type,
        "maxPrice": str(job.terms.max_price),
        "paid": str(result.paid),
        "createdMs": job.created_ms,
        "attempts": [_attempt_document(one) for one in result.attempts],
    }


def _attempt_document(attempt: Attempt) -> dict[str, Any]:
    has_receipt = any(attempt.receipt_hash)
    return {
        "number": attempt.number,
        "jobId": attempt.label,
        "reservationId": f"0x{attempt.reservation_id.hex()}",
        "provider": format_address(attempt.provider),
        "state": attempt.state.value,
        "reason": attempt.reason or None,
        "receiptHash": f"0x{attempt.receipt_hash.hex()}" if has_receipt else None,
        "amount": str(attempt.amount),
    }


def job_lines(result: Result) -> list[str]:
    """Return where a job is, in lines."""
    job = result.job
    lines = [
        f"job          {job.job_id}  {job.state.value}",
        f"model        {job.terms.model}",
        f"at most      {format_amount(job.terms.max_price)} AITBC",
        f"paid         {format_amount(result.paid)} AITBC",
    ]
    for one in result.attempts:
        why = f" ({one.reason})" if one.reason else ""
        lines.append(f"attempt {one.number}    {one.state.value}{why}")
        lines.append(f"  reservation 0x{one.reservation_id.hex()}")
        lines.append(f"  miner       {format_address(one.provider)}")
        if any(one.receipt_hash):
            lines.append(f"  receipt     0x{one.receipt_hash.hex()}")
    return lines


def offer_document(offer: OfferState) -> dict[str, Any]:
    """Return a line of a price list, as JSON."""
    return {
        "model": offer.model,
        "unitType": offer.unit_type,
        "rate": str(offer.rate),
        "capacity": offer.capacity,
        "expiresAtHeight": offer.expires_at,
    }


@dataclass
class Earning:
    """What one model earned; base units.

    Attributes:
        model: label.
        jobs: receipts.
        paid: what reached the miner.
        fees: what its claims cost.
        waiting: prices of claims in their windows or disputes.
    """

    model: str
    jobs: int = 0
    paid: int = 0
    fees: int = 0
    waiting: int = 0

    def add(self, receipt: ReceiptState) -> None:
        """Count a receipt."""
        self.jobs += 1
        if receipt.status in ("pending", "disputed"):
            self.waiting += receipt.price
        else:
            self.paid += receipt.paid
            self.fees += receipt.fee if receipt.paid else 0


@dataclass(frozen=True)
class Earnings:
    """What a miner has earned.

    Attributes:
        models: by model, in order.
        is_complete: whether all of its receipts are counted.
    """

    models: tuple[Earning, ...]
    is_complete: bool

    def document(self, provider: Address) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "provider": format_address(provider),
            "jobs": sum(one.jobs for one in self.models),
            "paid": str(sum(one.paid for one in self.models)),
            "fees": str(sum(one.fees for one in self.models)),
            "waiting": str(sum(one.waiting for one in self.models)),
            "isComplete": self.is_complete,
            "models": [
                {
                    "model": one.model,
                    "jobs": one.jobs,
                    "paid": str(one.paid),
                    "fees": str(one.fees),
                    "waiting": str(one.waiting),
                }
                for one in self.models
            ],
        }

    def rows(self) -> list[tuple[str, int, str, str, str]]:
        """Return it by model, the sum of all last."""
        total = Earning("all")
        for one in self.models:
            total.jobs += one.jobs
            total.paid += one.paid
            total.fees += one.fees
            total.waiting += one.waiting
        return [
            (
                one.model,
                one.jobs,
                format_amount(one.paid),
                format_amount(one.fees),
                format_amount(one.waiting),
            )
            for one in (*self.models, total)
        ]


def earnings_of(node: NodeView, provider: Address) -> Earnings:
    """Read a miner's receipts from the chain and add them up.

    Raises:
        PeerError: the node is away.
    """
    found: dict[str, Earning] = {}
    cursor: str | None = None
    for _ in range(PAGES_MAX):
        receipts, cursor = node.receipts_of(provider, limit=PAGE, cursor=cursor)
        _count(found, receipts)
        if cursor is None:
            break
    models = tuple(found[name] for name in sorted(found))
    return Earnings(models, is_complete=cursor is None)


def _count(found: dict[str, Earning], receipts: Iterable[ReceiptState]) -> None:
    for receipt in receipts:
        found.setdefault(receipt.model, Earning(receipt.model)).add(receipt)
