"""How a liar changes its answer to who asks for final blocks."""

from collections.abc import Callable
from dataclasses import replace

from chain.block import Block
from chain.certificate import Certificate
from chain.codec import sequence
from chain.exchange import ProtocolId
from chain.fetch import decode_sync_answer
from chain.payload_pairs import decode_final_block, encode_final_block
from tests.support.network_of_engines import Lie

Item = tuple[bytes, Certificate]


def _cut_certificate(item: Item) -> Item:
    data, certificate = item
    return data, replace(certificate, signatures=certificate.signatures[:2])


def _move_certificate(item: Item) -> Item:
    data, certificate = item
    return data, replace(certificate, height=certificate.height + 1)


def _change_block(item: Item) -> Item:
    data, certificate = item
    block = Block.decode(data)
    header = replace(block.header, time_ms=block.header.time_ms + 1)
    return replace(block, header=header).encode(), certificate


def _forge_both(item: Item) -> Item:
    """Change the block and let the certificate name the change; its signatures cannot follow."""
    data, certificate = _change_block(item)
    return data, replace(certificate, block_hash=Block.decode(data).hash)


def _each(change: Callable[[Item], Item]) -> Callable[[bytes], bytes]:
    """Change every item of an answer."""

    def lie(payload: bytes) -> bytes:
        items = [change(decode_final_block(item)) for item in decode_sync_answer(payload)]
        return sequence(encode_final_block(block=data, certificate=one) for data, one in items)

    return lie


def _middle_forged(payload: bytes) -> bytes:
    """Forge one block only: those before it are good."""
    items = decode_sync_answer(payload)
    if not items:
        return payload
    middle = len(items) // 2
    data, certificate = _forge_both(decode_final_block(items[middle]))
    items[middle] = encode_final_block(block=data, certificate=certificate)
    return sequence(items)


def _nothing(_: bytes) -> None:
    """Let who asks wait."""


LIES: dict[str, Callable[[bytes], bytes | None]] = {
    "certificate of too few": _each(_cut_certificate),
    "certificate of another height": _each(_move_certificate),
    "another block": _each(_change_block),
    "block and certificate forged": _each(_forge_both),
    "one forged in the middle": _middle_forged,
    "from the end backwards": lambda payload: sequence(reversed(decode_sync_answer(payload))),
    "one block too late": lambda payload: sequence(decode_sync_answer(payload)[1:]),
    "one block at a time": lambda payload: sequence(decode_sync_answer(payload)[:1]),
    "an empty list": lambda _: sequence([]),
    "no bytes": lambda _: b"",
    "garbage": lambda _: b"\xff" * 1_000,
    "silence": _nothing,
}
"""Every way to answer wrongly, by name."""

UNPROVEN = {"one block at a time", "an empty list", "no bytes", "garbage", "silence"}
"""Lies that a slow or unlucky peer may tell as well, so that nobody is banned for them here; the
edge punishes garbage."""


def tell(name: str) -> Lie:
    """Return a liar's way to answer sync requests; to others it is honest."""
    change = LIES[name]

    def lie(protocol: ProtocolId, payload: bytes) -> bytes | None:
        return change(payload) if protocol is ProtocolId.SYNC and payload else payload

    return lie
