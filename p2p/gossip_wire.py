"""One gossip RPC: how it is cut from a stream, what it may hold, and whose signature it needs."""

from chain.crypto import check_signature
from chain.errors import InvalidSignature, PeerError
from chain.primitives import PublicKey, Signature
from p2p.compat import INetStream, rpc_pb2

RPC_BYTES_MAX = 4 * 1024 * 1024
"""Bytes of one gossip RPC; ours hold one message of at most 1 MiB."""

MESSAGES_MAX = 256
SUBSCRIPTIONS_MAX = 64
CONTROLS_MAX = 64
IDS_MAX = 5_000
"""Entries of one RPC: a few kilobytes could otherwise hold tens of thousands of each."""

READ_BYTES = 256 * 1024
SEQUENCE_BYTES = 8
SIGNED_PREFIX = b"libp2p-pubsub:"  # libp2p specification, pubsub, "Message Signing"

ED25519_ID_PREFIX = bytes.fromhex("002408011220")
"""How a peer id that holds its own Ed25519 key begins: identity multihash, protobuf key, 32 bytes
(libp2p specification, peer-ids). Other keys sign nothing here, so their parsers see no stranger."""


def check_counts(rpc: rpc_pb2.RPC) -> None:
    """Refuse an RPC with more entries than an honest one has.

    Raises:
        PeerError: there are too many of a kind.
    """
    control = rpc.control
    ids = sum(len(offer.messageIDs) for offer in control.ihave)
    ids += sum(len(wish.messageIDs) for wish in control.iwant)
    controls = len(control.graft) + len(control.prune) + len(control.ihave) + len(control.iwant)
    for what, count, limit in (
        ("messages", len(rpc.publish), MESSAGES_MAX),
        ("topics", sum(len(message.topicIDs) for message in rpc.publish), MESSAGES_MAX),
        ("subscriptions", len(rpc.subscriptions), SUBSCRIPTIONS_MAX),
        ("control entries", controls, CONTROLS_MAX),
        ("message ids", ids, IDS_MAX),
    ):
        if count > limit:
            raise PeerError(detail=f"{count} {what} in one RPC are above {limit}")


def check_names(rpc: rpc_pb2.RPC) -> None:
    """Refuse an RPC that names a topic with bytes that are no text.

    Raises:
        PeerError: a topic is not UTF-8; the parser hands it over as bytes then, where every later
            use expects text.
    """
    control = rpc.control
    names: list[object] = [subscription.topicid for subscription in rpc.subscriptions]
    names += [graft.topicID for graft in control.graft]
    names += [prune.topicID for prune in control.prune]
    names += [offer.topicID for offer in control.ihave]
    names += [topic for message in rpc.publish for topic in message.topicIDs]
    if not all(isinstance(name, str) for name in names):
        raise PeerError(detail="a topic is not UTF-8")


def is_signed(msg: rpc_pb2.Message) -> bool:
    """Return whether a message is signed by the Ed25519 key that its author's id holds."""
    author = msg.from_id
    if not author.startswith(ED25519_ID_PREFIX) or len(msg.seqno) != SEQUENCE_BYTES:
        return False
    signed = rpc_pb2.Message(
        data=msg.data, topicIDs=msg.topicIDs, from_id=author, seqno=msg.seqno
    ).SerializeToString()
    try:
        check_signature(
            public_key=PublicKey(author.removeprefix(ED25519_ID_PREFIX)),
            message=SIGNED_PREFIX + signed,
            signature=Signature(msg.signature),
            what="gossip",
        )
    except InvalidSignature:
        return False
    return True


def known_parts(msg: rpc_pb2.Message) -> rpc_pb2.Message:
    """Return a message of the parts that its signature covers, and the signature.

    The parser keeps a key and fields that nobody knows; whoever passes a message on could add them.
    """
    return rpc_pb2.Message(
        data=msg.data,
        topicIDs=msg.topicIDs,
        from_id=msg.from_id,
        seqno=msg.seqno,
        signature=msg.signature,
    )


async def read_rpc(stream: INetStream, buffer: bytearray) -> bytes:
    """Return the next RPC; ``buffer`` keeps what was read beyond it.

    Raises:
        PeerError: it says that it is too large.
        StreamEOF: the peer has closed the stream.
    """
    while True:
        length, start = _read_varint(buffer)
        if length > RPC_BYTES_MAX:
            raise PeerError(detail=f"an RPC of {length} bytes is above {RPC_BYTES_MAX}")
        end = start + length
        if start and len(buffer) >= end:
            with memoryview(buffer) as view:
                data = bytes(view[start:end])
            del buffer[:end]
            return data
        buffer += await stream.read(READ_BYTES)


def _read_varint(buffer: bytearray) -> tuple[int, int]:
    """Return the number at the front and where it ends; ``(0, 0)`` while it is incomplete."""
    value = 0
    for index, byte in enumerate(buffer[:4]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:  # noqa: PLR2004 # the last byte of a varint has no top bit
            return value, index + 1
    return (RPC_BYTES_MAX + 1 if len(buffer) >= 4 else 0), 0  # noqa: PLR2004 # 28 bits are plenty
