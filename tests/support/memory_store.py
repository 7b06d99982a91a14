"""A store in memory: keeps final blocks as bytes, and answers what an engine's host asks."""

from chain.certificate import Certificate
from chain.execution import ExecutedBlock
from chain.payload_pairs import encode_final_block


class MemoryStore:
    """Final blocks by height.

    Attributes:
        blocks: each block and its certificate, in the form of sync.
        certificates: by height.
    """

    def __init__(self) -> None:
        """Begin with no block."""
        self.blocks: dict[int, bytes] = {}
        self.certificates: dict[int, Certificate] = {}

    def commit(self, executed: ExecutedBlock, certificate: Certificate) -> None:
        """Keep a final block, the one after the last."""
        height = executed.block.header.height
        assert height == len(self.blocks) + 1
        assert certificate.block_hash == executed.hash
        block = executed.block.encode()
        self.blocks[height] = encode_final_block(block=block, certificate=certificate)
        self.certificates[height] = certificate

    def last_certificate(self) -> Certificate | None:
        """Return the certificate of the last block; None before the first."""
        return self.certificates.get(len(self.blocks))

    def sync_range(self, from_height: int, count: int, bytes_max: int) -> list[bytes]:
        """Return final blocks from a height on; at least one if there is any."""
        items: list[bytes] = []
        size_bytes = 0
        for height in range(max(from_height, 1), from_height + count):
            item = self.blocks.get(height)
            if item is None or (items and size_bytes + len(item) > bytes_max):
                break
            size_bytes += len(item)
            items.append(item)
        return items
