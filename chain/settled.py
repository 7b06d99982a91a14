"""Whether a later block's outcome is the end of a claim that waited, and adds up with it."""

from chain.claim import Claim
from chain.outcome import Outcome, OutcomeKind


def adds_up(outcome: Outcome, *, pending: int) -> bool:
    """Tell whether a later payment agrees with what was claimed.

    An acceptance by transaction adds that transaction's own fee; a split pays less.
    """
    total = outcome.paid + outcome.fee
    match outcome.kind:
        case OutcomeKind.MATURED:
            return total == pending
        case OutcomeKind.ACCEPTED:
            return outcome.paid <= pending <= total
        case OutcomeKind.RESOLVED | OutcomeKind.UNDECIDED:
            return total <= pending
        case _:
            return False


def ends_claim(outcome: Outcome, claim: Claim) -> bool:
    """Tell whether an outcome is the end of a waiting claim; a receipt has one reservation."""
    if outcome.receipt_hash != claim.receipt_hash:
        return False
    if outcome.kind in (OutcomeKind.MATURED, OutcomeKind.UNDECIDED):
        return outcome.subject == claim.reservation_id
    return outcome.kind in (OutcomeKind.ACCEPTED, OutcomeKind.RESOLVED)
