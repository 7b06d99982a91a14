"""Final blocks that came before their turn; a block is believed only when it is taken."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chain.certificate import Certificate
from chain.errors import InvalidBlock, InvalidCertificate
from chain.validation import VerifiedBlock


@dataclass(frozen=True, slots=True)
class HeldBlock:
    """A block of a sync answer.

    Attributes:
        peer: who gave it.
        verified: the block, whose parts passed the stateless checks.
        certificate: names the block; its signatures are unchecked.
    """

    peer: str
    verified: VerifiedBlock
    certificate: Certificate

    @property
    def size_bytes(self) -> int:
        """Bytes of its transactions and receipts, which are nearly all of it."""
        block = self.verified.block
        return sum(map(len, block.transactions)) + sum(map(len, block.receipts))


def read_answer(
    blocks: Sequence[tuple[VerifiedBlock, Certificate | None]], *, peer: str, first: int, last: int
) -> list[HeldBlock]:
    """Return what a peer gave when it was asked for the heights from ``first`` to ``last``.

    Raises:
        InvalidBlock: a block is not one that was asked for, in its place.
        InvalidCertificate: a block comes without a certificate that names it.
    """
    held = []
    for height, (verified, certificate) in enumerate(blocks, first):
        header = verified.block.header
        if header.height != height or height > last:
            detail = f"block {header.height} comes where {height} was asked for, up to {last}"
            raise InvalidBlock(detail=detail)
        named = (height, header.hash)
        if certificate is None or (certificate.height, certificate.block_hash) != named:
            raise InvalidCertificate(detail="it is none, or another block's")
        held.append(HeldBlock(peer, verified, certificate))
    return held


class HeldBlocks:
    """Blocks by height; who asks for them sees to it that they are few."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._blocks: dict[int, HeldBlock] = {}
        self.size_bytes = 0

    def __contains__(self, height: int) -> bool:
        """Tell whether a block of this height is held."""
        return height in self._blocks

    def __len__(self) -> int:
        """Return how many are held."""
        return len(self._blocks)

    def keep(self, held: HeldBlock) -> None:
        """Hold a block, unless one of its height is held."""
        height = held.verified.block.header.height
        if height not in self._blocks:
            self._blocks[height] = held
            self.size_bytes += held.size_bytes

    def take(self, height: int) -> HeldBlock | None:
        """Hand over the block of a height, if it is here, and forget all below it."""
        held = self._blocks.get(height)
        self._drop([one for one in self._blocks if one <= height])
        return held

    def drop_from(self, peer: str) -> None:
        """Forget what a liar gave."""
        self._drop([height for height, one in self._blocks.items() if one.peer == peer])

    def _drop(self, heights: Iterable[int]) -> None:
        for height in heights:
            self.size_bytes -= self._blocks.pop(height).size_bytes
