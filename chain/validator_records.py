"""What the state holds about validators."""

from dataclasses import dataclass

from chain.codec import u64
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
