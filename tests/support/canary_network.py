"""What a stranger may say to a node's network port with canaries in it, and what a peer hears.

Everything is said by hosts of this process, each new and soon gone. Whatever any node says to any
of them, or to the quiet listener among them, is kept as it leaves the decryption.
"""

import contextlib
import os
import struct
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from queue import SimpleQueue

import pytest
import trio
from libp2p.security.secure_session import SecureSession

from chain.codec import bytes32, sequence
from chain.crypto import SecretKey
from chain.errors import PeerError
from chain.exchange import ProtocolId, Topic
from chain.fetch import SyncWanted
from chain.primitives import Hash
from p2p.compat import StreamEOF, rpc_pb2
from p2p.gossip_wire import ED25519_ID_PREFIX, SIGNED_PREFIX
from p2p.identity import keys_of_seed
from p2p.mesh import MESHSUB
from p2p.network import Network, PeerStream, open_network, split_address
from p2p.protocols import consensus_name, request_name, status_name
from p2p.topics import topic_name
from tests.support.network import free_port
from tests.support.network_attacks import field, lane_bytes, raw_stream, rpc, varint, write_stream

IDENTIFY, IDENTIFY_PUSH = "/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0"
PATIENCE_S = 20.0
ATTACK_S = 1.5
AT_ONCE = 8
STATUS_S = 2.0
STEP_S = 0.05
SYNC_COUNT = 32
YAMUX_HEADER = struct.Struct("!BBHII")

Attack = Callable[[Network, str], Awaitable[None]]

_sequence = count(1)


class FrameRecord:
    """What peers have said to the hosts of this process, connection by connection."""

    def __init__(self) -> None:
        """Start with nothing heard."""
        self._heard: defaultdict[int, bytearray] = defaultdict(bytearray)
        self._sessions: list[SecureSession] = []  # kept, so that no number is used twice

    @contextmanager
    def of_this_process(self) -> Iterator[None]:
        """Keep what every connection of this process reads."""
        read = SecureSession.read

        async def read_and_keep(session: SecureSession, size: int | None = None) -> bytes:
            data = await read(session, size)
            if id(session) not in self._heard:
                self._sessions.append(session)
            self._heard[id(session)] += data
            return data

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SecureSession, "read", read_and_keep)
            yield

    def surfaces(self) -> dict[str, bytes]:
        """Return every connection as it came, and its streams put together of their frames."""
        found = {}
        for number, heard in enumerate(list(self._heard.values())):
            found[f"connection {number}"] = bytes(heard)
            streams = b"\n".join(_streams(bytes(heard)))
            found[f"streams of connection {number}"] = streams
        return found


def _streams(heard: bytes) -> list[bytes]:
    """Return the data of each stream; what comes before the first frame is negotiation."""
    streams: defaultdict[int, bytearray] = defaultdict(bytearray)
    place = heard.find(b"\0\1\0\1")  # the first frame opens a stream by a window update
    while 0 <= place <= len(heard) - YAMUX_HEADER.size:
        _, kind, _, stream, length = YAMUX_HEADER.unpack_from(heard, place)
        place += YAMUX_HEADER.size
        if kind == 0:
            streams[stream] += heard[place : place + length]
            place += length
    return [bytes(data) for data in streams.values()]


def signed_message(
    payload: bytes, *, topic: str, key: SecretKey | None = None, beside: bytes = b""
) -> bytes:
    """Return a gossip message that its author has signed.

    Args:
        payload: of the topic.
        topic: its name.
        key: the author's, a stranger's if none is given.
        beside: more of the message's encoding, which no signature covers.
    """
    key = SecretKey(os.urandom(32)) if key is None else key
    body = rpc_pb2.Message(
        from_id=ED25519_ID_PREFIX + key.public_key,
        data=payload,
        seqno=next(_sequence).to_bytes(8, "big"),
        topicIDs=[topic],
    )
    body.signature = key.sign(SIGNED_PREFIX + body.SerializeToString())
    data: bytes = body.SerializeToString()
    return data + beside


def publication(message: bytes) -> Attack:
    """Return the attack that publishes one message."""
    return rpc(field(2, message))


@dataclass(frozen=True)
class Planted:
    """What attacks are made of.

    Attributes:
        genesis_hash: of the chain.
        words: all canaries in all encodings.
        short: canaries of at most 64 printable characters.
        transaction: a valid transfer that holds no canary.
        labelled: transactions, signed, with canaries for labels.
        claim_pair: a document with a canary, and its claim.
        announcements: of blocks nobody has agreed on.
    """

    genesis_hash: Hash
    words: bytes
    short: Sequence[bytes]
    transaction: bytes
    labelled: Sequence[bytes]
    claim_pair: bytes
    announcements: Sequence[bytes]


def attacks(planted: Planted) -> dict[str, Attack]:
    """Return every attack by its name."""
    words, genesis = planted.words, planted.genesis_hash
    consensus, status = consensus_name(genesis), status_name(genesis)
    lanes = {
        f"{name} on {lane}": lane_bytes(lane, data)
        for lane in (consensus, status, *(request_name(genesis, one) for one in ProtocolId))
        for name, data in (("words", bytes32(words)), ("no length", words))
    }
    found: dict[str, Attack] = lanes | _gossip_attacks(planted)
    found["a status of canaries"] = lane_bytes(status, bytes32((b"\0\0" + words)[:40]))
    found["protocol names"] = _protocol_names(planted.short)
    found["a protocol name that is no text"] = _protocol_names([b"\xff\xfe" + words[:200]])
    found["identify"] = _identify(words)
    return found


def _gossip_attacks(planted: Planted) -> dict[str, Attack]:
    words, name = planted.words, planted.short[0]
    tx, receipt, block = (topic_name(planted.genesis_hash, topic) for topic in Topic)
    good = sequence([planted.transaction])
    control = {
        f"control {number}, {inner}": rpc(field(3, field(number, field(inner, name))))
        for number in range(1, 5)
        for inner in (1, 2, 3)
    }
    published = {
        "words": signed_message(words, topic=tx),
        "another topic": signed_message(good, topic=name.decode("latin-1")),
        "an unknown field": signed_message(good, topic=tx, beside=field(99, words)),
        "a key": signed_message(good, topic=tx, beside=field(6, words)),
        "a longer signature": signed_message(good, topic=tx, beside=field(5, bytes(64) + words)),
        "bytes after a transaction": signed_message(
            sequence([planted.transaction + name]), topic=tx
        ),
        "bytes after a batch": signed_message(good + words, topic=tx),
        "a bad document": signed_message(sequence([planted.claim_pair]), topic=receipt),
        **{
            f"labels {number}": signed_message(sequence([one]), topic=tx)
            for number, one in enumerate(planted.labelled)
        },
        **{
            f"announcement {number}": signed_message(one, topic=block)
            for number, one in enumerate(planted.announcements)
        },
    }
    return {
        "no gossip": rpc(words),
        "an unknown field of the RPC": rpc(field(99, words)),
        "a subscription": rpc(field(1, b"\x08\x01" + field(2, name)) + field(1, field(3, words))),
        "a forged message": publication(field(1, words) + field(4, tx.encode()) + field(2, words)),
        **control,
        **{f"published: {what}": publication(message) for what, message in published.items()},
    }


def _protocol_names(names: Sequence[bytes]) -> Attack:
    async def attack(network: Network, victim: str) -> None:
        for name in names:
            stream = await raw_stream(network, victim)
            hello = b"/multistream/1.0.0\n"
            asked = b"/" + name + b"\n"
            await stream.write(varint(len(hello)) + hello + varint(len(asked)) + asked)
            with contextlib.suppress(StreamEOF), trio.move_on_after(0.2):
                while await stream.read(1024):
                    pass

    return attack


def _identify(words: bytes) -> Attack:
    told = field(5, words[:2_000]) + field(6, words) + field(3, words) + field(2, words[:90])

    async def tell(stream: PeerStream) -> None:
        await stream.write(varint(len(told)) + told)
        await stream.close()

    async def attack(network: Network, victim: str) -> None:
        network.serve(IDENTIFY, tell)
        await write_stream(network, victim, IDENTIFY_PUSH, varint(len(told)) + told)

    return attack


def strike_all(address: str, wanted: dict[str, Attack]) -> list[str]:
    """Make every attack, each as somebody new; return the names of those that got through."""
    ended: list[str] = []
    peer, where = split_address(address)

    async def strike(name: str, attack: Attack) -> None:
        listen = [f"/ip4/127.0.0.1/tcp/{free_port()}"]
        async with open_network(keys_of_seed(os.urandom(32)), listen, connections_max=8) as network:
            with contextlib.suppress(PeerError):
                await network.dial(peer, where)
                ended.append(name)
                with trio.move_on_after(ATTACK_S):
                    await attack(network, peer)

    async def strike_each() -> None:
        places = trio.CapacityLimiter(AT_ONCE)
        async with trio.open_nursery() as nursery:
            for name, attack in wanted.items():
                nursery.start_soon(in_turn, places, name, attack)

    async def in_turn(places: trio.CapacityLimiter, name: str, attack: Attack) -> None:
        async with places:
            await strike(name, attack)

    trio.run(strike_each)
    return ended


class Listener:
    """A peer that says little and takes everything: all topics, all lanes, all blocks."""

    def __init__(self, addresses: Sequence[str], genesis_hash: Hash) -> None:
        """Prepare to connect to nodes; :meth:`listening` does it."""
        self._addresses, self._genesis_hash = addresses, genesis_hash
        self._stop = threading.Event()
        self._news: SimpleQueue[BaseException | None] = SimpleQueue()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen in a thread until the block ends."""
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            error = self._news.get(timeout=PATIENCE_S)
            assert error is None, f"the listener could not connect: {error!r}"
            yield
        finally:
            self._stop.set()
            thread.join(PATIENCE_S)

    def _run(self) -> None:
        try:
            trio.run(self._listen)
        except BaseException as error:  # noqa: BLE001 - told in the test's own thread
            self._news.put(error)

    async def _listen(self) -> None:
        listen = [f"/ip4/127.0.0.1/tcp/{free_port()}"]
        lanes = (MESHSUB, consensus_name(self._genesis_hash), status_name(self._genesis_hash))
        async with open_network(keys_of_seed(os.urandom(32)), listen, connections_max=8) as network:
            for lane in lanes:
                network.serve(lane, _drain)
            async with trio.open_nursery() as nursery:
                for address in self._addresses:
                    peer, where = split_address(address)
                    await network.dial(peer, where)
                    nursery.start_soon(self._take_part, network, peer)
                self._news.put(None)
                while not self._stop.is_set():  # noqa: ASYNC110 - another thread sets it
                    await trio.sleep(STEP_S)
                for address in self._addresses:
                    await self._ask(network, split_address(address)[0])
                nursery.cancel_scope.cancel()

    async def _take_part(self, network: Network, peer: str) -> None:
        """Join every topic, and give signs of life."""
        gossip = await network.open_stream(peer, MESHSUB)
        names = [topic_name(self._genesis_hash, topic).encode() for topic in Topic]
        joined = b"".join(field(1, b"\x08\x01" + field(2, name)) for name in names)
        joined += field(3, b"".join(field(3, field(1, name)) for name in names))
        await gossip.write(varint(len(joined)) + joined)
        status = await network.open_stream(peer, status_name(self._genesis_hash))
        while True:
            await status.write(bytes32(b""))
            await trio.sleep(STATUS_S)

    async def _ask(self, network: Network, peer: str) -> None:
        """Have the peer tell who it is and what blocks it has."""
        with contextlib.suppress(PeerError), trio.move_on_after(ATTACK_S):
            await write_stream(network, peer, IDENTIFY, b"")
            wanted = SyncWanted(from_height=1, count=SYNC_COUNT).encode()
            name = request_name(self._genesis_hash, ProtocolId.SYNC)
            await write_stream(network, peer, name, bytes32(wanted))


async def _drain(stream: PeerStream) -> None:
    """Take whatever a stream brings."""
    with contextlib.suppress(PeerError):
        while await stream.read():
            pass
