"""What a verification of a receipt found: each check by its name, and whether all of them hold.

    schema             every part is of its closed form
    canonical form     the bytes are the one spelling of what they say
    chain              document, block and the trusted genesis are of one chain
    hash               the claim names this very document
    signature          the provider signed the document with its own key
    client signature   the client did, where it signed at all
    arithmetic         the money adds up; see below
    inclusion          document, claim and outcome are in the block
    claim              the provider claimed what the document says, and signed that too
    outcome            the outcome is this claim's
    finality           more than two thirds of the trusted validators signed the block

Arithmetic: with a proof, what was paid, what waits and the fee make up the price; with a rate, the
price is at most ``ceil(units * rate)``. Without a rate no more is said about the price: its
ceiling is a rule of the chain, which the validators of a final block have kept.

A document alone can show its signatures and nothing else. Whoever trusts no genesis learns that a
proof agrees with itself, and nothing about whose chain it is from.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chain.errors import ChainError, MalformedMessage

NAMES = (
    *("schema", "canonical form", "chain", "hash", "signature", "client signature"),
    *("arithmetic", "inclusion", "claim", "outcome", "finality"),
)
"""The names of all checks, in order."""


class CheckState(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        name: one of the names at the top of this module.
        state: how it ended.
        reason: why it failed, or what was missing to check it; "" where it passed.
    """

    name: str
    state: CheckState
    reason: str = ""

    def __str__(self) -> str:
        """Return the name and how it ended."""
        return f"{self.name}: {self.said}"

    @property
    def said(self) -> str:
        """How it ended, with the reason if there is one."""
        return f"{self.state}: {self.reason}" if self.reason else str(self.state)


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of every check; true if the provider's signature holds and no check failed.

    Attributes:
        checks: in the order of their names.
        receipt_hash: 32 bytes in lower hex; "" where the document cannot be read.
        height: of the claim's block; None unless the receipt is final.
        paid: base units that reached the provider, there or when the dispute window had ended;
            None unless the receipt is final.
        pending: base units of which the proof knows only that they waited for that window.
    """

    checks: tuple[Check, ...]
    receipt_hash: str = ""
    height: int | None = None
    paid: int | None = None
    pending: int | None = None

    def __bool__(self) -> bool:
        """Whether every check that could be made passed, the provider's signature among them."""
        return self["signature"].state == CheckState.PASSED and not self.reason

    def __getitem__(self, name: str) -> Check:
        """Return a check by its name."""
        return next(check for check in self.checks if check.name == name)

    def __str__(self) -> str:
        """Return whether it is true and, where it is not, why."""
        return "True" if self else f"False ({self.reason or self['signature']})"

    @property
    def report(self) -> str:
        """A line for each check."""
        return "\n".join(f"{check.name:<18}{check.said}" for check in self.checks)

    @property
    def reason(self) -> str:
        """The first failure with its reason, or ""."""
        failed = (check for check in self.checks if check.state == CheckState.FAILED)
        return next((f"{check.name}: {check.reason}" for check in failed), "")

    @property
    def is_final(self) -> bool:
        """Whether the receipt is proven to be in a final block of the trusted chain."""
        return bool(self) and self["finality"].state == CheckState.PASSED


def unreadable(error: ChainError) -> Verification:
    """Return the verification of what cannot be read."""
    failed = Check("schema", CheckState.FAILED, words_of(error))
    return complete([failed], "it cannot be read")


def complete(checks: Iterable[Check], reason: str, **facts: Any) -> Verification:  # noqa: ANN401 - handed on by name
    """Return a verification in which every check that is not given was not made."""
    known = {check.name: check for check in checks}
    rest = {name: Check(name, CheckState.NOT_CHECKED, reason) for name in NAMES}
    return Verification(tuple((rest | known).values()), **facts)


def words_of(error: ChainError) -> str:
    """Return an error's sentence; of what is malformed, only what is wrong with it."""
    return error.detail if isinstance(error, MalformedMessage) else str(error)
