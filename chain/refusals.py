"""Why a grant, an offer, a dispute or an approval is refused; drawn as the tree of errors is.

InvalidTransaction
├── UnknownGrant
├── GrantLimitExceeded
├── GrantForbids
├── TooManyEntries
├── UnknownClaim
├── ClaimNotPending
├── NoDispute
└── ApprovalRefused
"""

from chain.errors import InvalidTransaction


class UnknownGrant(InvalidTransaction):
    """The account has granted nothing to this key, or it has ended."""

    sentence = "the account has no live grant for this key"


class GrantLimitExceeded(InvalidTransaction):
    """More than one of a grant's limits leaves."""

    limit: str
    needed: int
    left: int
    sentence = "the transaction commits {needed} base units; the key's {limit} limit leaves {left}"


class GrantForbids(InvalidTransaction):
    """Something outside a grant's scopes or models."""

    what: str
    sentence = "the key's grant does not allow this {what}"


class TooManyEntries(InvalidTransaction):
    """An account has its limit of live grants or offers."""

    what: str
    limit: int
    sentence = "the account has its limit of {limit} live {what}"


class UnknownClaim(InvalidTransaction):
    """The reservation holds no claim of this receipt."""

    receipt_hash: str
    sentence = "the reservation holds no claim of receipt {receipt_hash}"


class ClaimNotPending(InvalidTransaction):
    """The claim is paid, disputed or decided, or its window has ended."""

    receipt_hash: str
    sentence = "the claim of receipt {receipt_hash} does not wait for the client any more"


class NoDispute(InvalidTransaction):
    """There is nothing to resolve."""

    receipt_hash: str
    sentence = "the claim of receipt {receipt_hash} is not disputed"


class ApprovalRefused(InvalidTransaction):
    """Too few validators approve, or what they approve is not allowed now."""

    detail: str
    sentence = "the approval is refused: {detail}"
