"""What the queries about fallen validators answer."""

from dataclasses import dataclass

from chain.crypto import SigningKind
from chain.primitives import INDEX_BITS, PublicKey


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """A piece of evidence that a block holds, and so a key that never votes again.

    Attributes:
        height: of the block that holds it.
        position: its index in the block.
        public_key: who contradicted itself, 32 bytes.
        offence_height: of what was signed.
        offence_round: of what was signed.
        kind: what was signed: proposals, prevotes or precommits.
        name: the validator's, as it was last called.
    """

    height: int
    position: int
    public_key: PublicKey
    offence_height: int
    offence_round: int
    kind: SigningKind
    name: str

    @property
    def row(self) -> int:
        """By which pages go on."""
        return self.height << INDEX_BITS | self.position
