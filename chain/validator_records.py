"""What the state holds about validators."""

from dataclasses import dataclass

from chain.codec import u8, u32, u64
from chain.crypto import SigningKind
from chain.validators import ValidatorSet


@dataclass(frozen=True, slots=True)
class ValidatorsRecord:
    """The validators of the height after the next one; always there.

    Attributes:
        version: counts the changes that validators approved; 0 at genesis.
        validators: after block H, the set of height H + 2.
    """

    version: int
    validators: ValidatorSet

    def encode(self) -> bytes:
        """Return ``version u64 | validators``."""
        return u64(self.version) + self.validators.encode()


@dataclass(frozen=True, slots=True)
class FormerRecord:
    """A key that has left the validators and can still be punished for what it signed.

    Attributes:
        until: the last height whose block may hold evidence against it.
    """

    until: int

    def encode(self) -> bytes:
        """Return ``until u64``."""
        return u64(self.until)


@dataclass(frozen=True, slots=True)
class TombstoneRecord:
    """A key that signed two contradicting things; it is no validator again, ever.

    It stays for good. One key is punished once, so there are never more of these than there
    were validators, whose joining others approved.

    Attributes:
        committed_at: height of the block that holds the evidence.
        height: of what was signed.
        round: of what was signed.
        kind: proposal, prevote or precommit.
    """

    committed_at: int
    height: int
    round: int
    kind: SigningKind

    def encode(self) -> bytes:
        """Return the fields in a fixed order."""
        return u64(self.committed_at) + u64(self.height) + u32(self.round) + u8(self.kind)
