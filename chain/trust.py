"""What somebody who verifies a receipt knows already, and whose signatures follow from it."""

from collections.abc import Callable
from dataclasses import dataclass

from chain.errors import InvalidCertificate
from chain.genesis import Genesis
from chain.light import LightClient, follow_changes
from chain.primitives import Hash, PublicKey
from chain.proof_parts import ProofParts
from chain.validators import ValidatorSet


@dataclass(frozen=True, slots=True)
class Trust:
    """What the caller knows from elsewhere; None where it knows nothing.

    Attributes:
        genesis_hash: of the chain, 32 bytes.
        chain_id: its name.
        validators: the set of the proven blocks' heights, or who followed its changes.
        public_key: the provider's, 32 bytes.
        rate: base units per whole unit that the reservation allows at most.
        genesis: what the document means; without ``validators`` it gives them, and from there on
            the changes that a proof brings.
    """

    genesis_hash: Hash | None = None
    chain_id: str | None = None
    validators: ValidatorSet | LightClient | None = None
    public_key: PublicKey | None = None
    rate: int | None = None
    genesis: Genesis | None = None

    def validators_of(self, parts: ProofParts) -> Callable[[int], ValidatorSet] | None:
        """Return who says which validators are trusted at a height, or None where nobody does.

        Raises:
            WrongChain, InvalidBlock, InvalidCertificate: a change that the proof brings is not
                what it should be, or one is missing: the sentence says what to bring.
        """
        voters = self.validators
        if isinstance(voters, ValidatorSet):
            given = voters
            return lambda _height: given
        if voters is None and self.genesis is not None:
            voters = _follow(self.genesis, parts)
        return None if voters is None else voters.validators_at


def _follow(genesis: Genesis, parts: ProofParts) -> LightClient:
    """Return who followed the validators from genesis to the proven blocks.

    Raises:
        WrongChain, InvalidBlock, InvalidCertificate: as :meth:`Trust.validators_of`.
    """
    client = follow_changes(genesis, parts.changes)
    for block in (parts, parts.settlement):
        if block is None:
            continue
        header = block.header
        if header.validators_hash != client.validators_at(header.height).hash:
            detail = (
                f"the validators of block {header.height} are not those that genesis and the "
                "changes in the proof lead to; where they are known otherwise, give them"
            )
            raise InvalidCertificate(detail=detail)
    return client
