"""Proof that a job is paid, without believing a node: its receipt in a block that is final."""

from pathlib import Path

from chain.errors import AitbcError
from node.market.job_book import AttemptState, Result
from node.receipt_check import get_receipt, verify_receipt


class NotProven(AitbcError):
    """A node's proof of a receipt does not hold under the genesis document that is trusted.

    Attributes:
        detail: which check failed.
    """

    detail: str
    code = "not_proven"
    sentence = "the node does not prove that the job is paid: {detail}"


def prove_paid(result: Result, *, url: str, genesis: Path) -> int | None:
    """Return the height of the block that paid a job; None where it was not paid.

    Args:
        result: of the job.
        url: of the node that is to prove it.
        genesis: the genesis document of the chain that is trusted.

    Raises:
        NotProven: the proof does not hold, or shows another amount.
        PeerError: the node is away, or has no such receipt.
        ConfigError: the genesis document is none.
    """
    paid = next((one for one in result.attempts if one.state is AttemptState.PAID), None)
    if paid is None or not any(paid.receipt_hash):
        return None
    found = verify_receipt(get_receipt(paid.receipt_hash.hex(), url), genesis=genesis)
    if not found or not found.is_final:
        raise NotProven(detail=found.reason or found["finality"].reason or "it is not final")
    return found.height
