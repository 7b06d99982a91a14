"""Things that travel together: a receipt with its claim, a final block with its certificate."""

from collections.abc import Sequence

from chain.certificate import CERTIFICATE_BYTES_MAX, Certificate
from chain.codec import Reader, bytes32, decode_whole, sequence
from chain.errors import MalformedMessage
from chain.fetch import SYNC_ITEM_BYTES_MAX
from chain.primitives import BATCH_CLAIMS_MAX, RECEIPT_BYTES_MAX, TRANSACTION_BYTES_MAX
from chain.proposal import COMPACT_BYTES_MAX, CompactBlock

BUNDLE_BYTES_MAX = 1_000_000
"""Bytes of claims with their documents: what one gossiped payload of 1 MiB carries."""


def encode_claim_bundle(*, documents: Sequence[bytes], claim: bytes) -> bytes:
    """Return receipt documents and their claim, or batch of claims, as they are gossiped."""
    return sequence(documents) + bytes32(claim)


def decode_claim_bundle(data: bytes) -> tuple[list[bytes], bytes]:
    """Return the documents, and the claim or batch.

    Raises:
        MalformedMessage: the bytes are no such bundle.
    """
    return decode_whole(
        data,
        lambda reader: (
            reader.sequence(count_max=BATCH_CLAIMS_MAX, item_max=RECEIPT_BYTES_MAX),
            reader.bytes32(limit=TRANSACTION_BYTES_MAX),
        ),
    )


def encode_final_block(*, block: bytes, certificate: Certificate) -> bytes:
    """Return a block and its commit certificate as sync carries them."""
    return bytes32(block) + bytes32(certificate.encode())


def decode_final_block(data: bytes) -> tuple[bytes, Certificate]:
    """Return the encoded block and its certificate.

    Raises:
        MalformedMessage: the bytes are no such pair.
    """
    return decode_whole(data, _read_final_block)


def _read_final_block(reader: Reader) -> tuple[bytes, Certificate]:
    block = reader.bytes32(limit=SYNC_ITEM_BYTES_MAX)
    return block, Certificate.decode(reader.bytes32(limit=CERTIFICATE_BYTES_MAX))


def encode_announcement(*, compact: CompactBlock, certificate: Certificate) -> bytes:
    """Return a final block by the names of its parts, as it is gossiped."""
    return bytes32(compact.encode()) + bytes32(certificate.encode())


def decode_announcement(data: bytes) -> tuple[CompactBlock, Certificate]:
    """Return the compact block and its certificate.

    Raises:
        MalformedMessage: the bytes are no announcement, or the certificate is another block's.
    """
    compact, certificate = decode_whole(data, _read_announcement)
    if certificate.block_hash != compact.header.hash:
        raise MalformedMessage(detail="the announced certificate is another block's")
    return compact, certificate


def _read_announcement(reader: Reader) -> tuple[CompactBlock, Certificate]:
    compact = CompactBlock.decode(reader.bytes32(limit=COMPACT_BYTES_MAX))
    return compact, Certificate.decode(reader.bytes32(limit=CERTIFICATE_BYTES_MAX))
