import pytest
import trio

from chain.errors import PeerError
from p2p.compat import ID, rpc_pb2
from p2p.gossip_wire import (
    ED25519_ID_PREFIX,
    RPC_BYTES_MAX,
    SIGNED_PREFIX,
    check_counts,
    check_names,
    is_signed,
    known_parts,
    read_rpc,
)
from p2p.identity import keys_of_seed, peer_of_seed
from p2p.network import Network, PeerStream
from tests.support.network_attacks import field, varint
from tests.support.network_hosts import connect, networks, run

KEYS = keys_of_seed(b"\5" * 32)
AUTHOR = ID.from_base58(peer_of_seed(b"\5" * 32)).to_bytes()


def a_message(**changes: bytes) -> rpc_pb2.Message:
    """Return a message with a good signature, then changed."""
    message = rpc_pb2.Message(from_id=AUTHOR, seqno=bytes(8), topicIDs=["/t"], data=b"payload")
    message.signature = KEYS.private_key.sign(SIGNED_PREFIX + message.SerializeToString())
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def test_peer_id_holds_its_ed25519_key() -> None:
    assert ED25519_ID_PREFIX + KEYS.public_key.to_bytes() == AUTHOR


def test_signature_of_the_author_is_accepted() -> None:
    assert is_signed(a_message())


@pytest.mark.parametrize(
    "change",
    [
        {"data": b"other"},
        {"seqno": b"\1" * 8},
        {"seqno": bytes(7)},
        {"seqno": b""},
        {"from_id": ED25519_ID_PREFIX + bytes(32)},
        {"from_id": AUTHOR[:-1]},
        {"from_id": b""},
        {"from_id": b"\x12\x20" + bytes(32), "key": b"\x08\x00\x12\x02xx"},
        {"signature": bytes(64)},
        {"signature": b""},
    ],
)
def test_anything_else_is_not(change: dict[str, bytes]) -> None:
    assert not is_signed(a_message(**change))


@pytest.mark.parametrize(
    "rpc",
    [
        rpc_pb2.RPC(publish=[rpc_pb2.Message()] * 257),
        rpc_pb2.RPC(publish=[rpc_pb2.Message(topicIDs=[""] * 257)]),
        rpc_pb2.RPC(subscriptions=[rpc_pb2.RPC.SubOpts()] * 65),
        rpc_pb2.RPC(control=rpc_pb2.ControlMessage(graft=[rpc_pb2.ControlGraft()] * 65)),
        rpc_pb2.RPC(control=rpc_pb2.ControlMessage(prune=[rpc_pb2.ControlPrune()] * 65)),
        rpc_pb2.RPC(
            control=rpc_pb2.ControlMessage(iwant=[rpc_pb2.ControlIWant(messageIDs=[b""] * 5_001)])
        ),
        rpc_pb2.RPC(
            control=rpc_pb2.ControlMessage(ihave=[rpc_pb2.ControlIHave(messageIDs=[b""] * 5_001)])
        ),
    ],
)
def test_crowded_rpc_is_refused(rpc: rpc_pb2.RPC) -> None:
    with pytest.raises(PeerError, match="above"):
        check_counts(rpc)


def test_topic_that_is_no_text_is_refused() -> None:
    rpc = rpc_pb2.RPC()
    rpc.ParseFromString(b"\x0a\x07\x08\x01\x12\x03\xff\xfe\xfd")
    with pytest.raises(PeerError, match="UTF-8"):
        check_names(rpc)
    check_names(rpc_pb2.RPC(subscriptions=[rpc_pb2.RPC.SubOpts(topicid="/t")]))


@pytest.mark.network
def test_what_no_signature_covers_is_not_passed_on() -> None:
    plain = a_message().SerializeToString()
    beside = field(99, b"private") + field(6, b"private")
    message = rpc_pb2.Message()
    message.ParseFromString(plain + beside)
    assert is_signed(message)
    assert known_parts(message).SerializeToString() == plain


def test_rpcs_are_cut_from_a_stream() -> None:
    sizes = [0, 1, 127, 128, 70_000, RPC_BYTES_MAX]

    async def scenario() -> None:
        read: list[int] = []

        async def take(stream: PeerStream) -> None:
            buffer = bytearray()
            while len(read) < len(sizes):
                read.append(len(await read_rpc(stream._stream, buffer)))
            with pytest.raises(PeerError, match="above"):
                await read_rpc(stream._stream, buffer)
            await stream.close()

        async with networks(2) as (left, right):
            await send_rpcs(left, right, take)
        assert read == sizes

    async def send_rpcs(left: Network, right: Network, take: object) -> None:
        right.serve("/rpc/1", take)  # type: ignore[arg-type] # the test's own
        await connect(left, right)
        stream = await left.open_stream(right.peer, "/rpc/1")
        for size in sizes:
            await stream.write(varint(size) + bytes(size))
        await stream.write(varint(RPC_BYTES_MAX + 1))
        with trio.fail_after(5):
            assert await stream.read() == b""

    run(scenario)
