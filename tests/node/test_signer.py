import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from chain.consensus.messages import UNSIGNED, SignedMessage, Vote
from chain.consensus.sign_state import KeySigner, SignRecord, SignState
from chain.crypto import SigningKind, check_signature, sha256, signing_bytes
from chain.errors import ConfigError, StoreError
from chain.primitives import Hash, Signature
from genesis.document import read_genesis
from node.home import Home
from node.links import Link, connect
from node.signer import SOCKET_BYTES_MAX, Desk, SignerServer, check_socket_path, open_desk
from node.signer_frames import ANSWERS, Answer, Hello, Keep, Kept, Refused, Sign, Signed, Welcome
from tests.support.signers import KEY, a_signer_home
from tests.support.subject import PREVOTE


async def close(links: Sequence[Link[Answer]]) -> None:
    """Close links and let both ends hear of it."""
    for link in links:
        link.abort()
    for _ in range(3):
        await asyncio.sleep(0)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return a_signer_home(tmp_path)


class Node:
    """The part of a node that signs: a guard of its own over a desk."""

    def __init__(self, desk: Desk, genesis_hash: Hash) -> None:
        self.desk, self.public_key = desk, KEY.public_key
        welcome = desk.answer(Hello(genesis_hash))
        assert isinstance(welcome, Welcome)
        record = SignRecord.decode(welcome.record) if welcome.record else None
        self.state = SignState(self, record)

    def sign(self, kind: SigningKind, body: bytes) -> Signature | None:
        answer = self.desk.answer(Sign(kind, body))
        return answer.signature if isinstance(answer, Signed) else None

    def vote(self, round_: int, letter: str = "A", *, height: int = 4) -> SignedMessage | None:
        block_hash = sha256(letter.encode())
        return self.state.sign(Vote(PREVOTE, height, round_, block_hash, 1, UNSIGNED))

    def record(self) -> bytes:
        return self.state.take_record(locked=None, valid=None, polkas=()).encode()


def test_vote_is_signed_and_its_record_kept(home: Home) -> None:
    genesis_hash = read_genesis(home.genesis).hash
    with ExitStack() as closing:
        desk = open_desk(home, KEY, closing)
        node = Node(desk, genesis_hash)
        vote = node.vote(0)
        assert vote is not None
        message = signing_bytes(vote.signing_kind, genesis_hash, vote.body())
        check_signature(
            public_key=KEY.public_key, message=message, signature=vote.signature, what="vote"
        )
        record = node.record()
        assert desk.answer(Keep(record, {})) == Kept()
    with ExitStack() as closing:
        welcome = open_desk(home, KEY, closing).answer(Hello(genesis_hash))
        assert isinstance(welcome, Welcome)
        assert (welcome.public_key, welcome.record) == (KEY.public_key, record)


def test_node_that_lost_its_memory_cannot_contradict_the_key(home: Home) -> None:
    genesis_hash = read_genesis(home.genesis).hash
    with ExitStack() as closing:
        desk = open_desk(home, KEY, closing)
        first = Node(desk, genesis_hash)
        assert first.vote(3) is not None  # and the node dies before anything is kept
        second = Node(desk, genesis_hash)
        assert second.vote(2) is None
        assert second.vote(3, "B") is None
        assert second.vote(3) == first.state.messages(4)[0]
        assert second.vote(4, "B") is not None
        assert desk.answer(Keep(second.record(), {})) == Kept()


def test_refusal_changes_nothing_in_the_node(home: Home) -> None:
    genesis_hash = read_genesis(home.genesis).hash
    with ExitStack() as closing:
        desk = open_desk(home, KEY, closing)
        Node(desk, genesis_hash).vote(5, height=9)
        node = Node(desk, genesis_hash)
        assert node.vote(0, height=8) is None
        assert not node.state.is_changed
        assert node.state.messages(8) == ()
        assert node.vote(6, height=9) is not None


@pytest.mark.parametrize("change", ["garbage", "not signed last", "of another key", "floor", "gap"])
def test_record_that_is_not_what_was_signed_is_not_kept(home: Home, change: str) -> None:
    genesis_hash = read_genesis(home.genesis).hash
    with ExitStack() as closing:
        desk = open_desk(home, KEY, closing)
        node = Node(desk, genesis_hash)
        node.vote(0)
        kept = node.record()
        assert desk.answer(Keep(kept, {})) == Kept()
        match change:
            case "garbage":
                record = b"\xff"
            case "not signed last":
                node.vote(1)
                record = kept
            case "of another key":
                liar = SignState(KeySigner(KEY, sha256(b"another chain")))
                liar.sign(Vote(PREVOTE, 4, 0, sha256(b"A"), 1, UNSIGNED))
                record = liar.take_record(locked=None, valid=None, polkas=()).encode()
            case "floor":
                record = SignRecord.floor(9).encode()
            case _:
                forgetful = Node(desk, genesis_hash)
                forgetful.state = SignState(forgetful)
                forgetful.vote(2)
                record = forgetful.record()
        assert isinstance(desk.answer(Keep(record, {})), Refused)
        welcome = desk.answer(Hello(genesis_hash))
        assert isinstance(welcome, Welcome)
        assert welcome.record == kept


@pytest.mark.parametrize("kind", [SigningKind.TRANSACTION, SigningKind.APPROVAL, SigningKind.FILE])
def test_nothing_but_votes_and_proposals_is_signed(home: Home, kind: SigningKind) -> None:
    with ExitStack() as closing:
        answer = open_desk(home, KEY, closing).answer(Sign(kind, bytes(44)))
    assert isinstance(answer, Refused)
    assert "signs votes and proposals" in answer.reason


def test_node_of_another_chain_is_refused(home: Home) -> None:
    with ExitStack() as closing:
        answer = open_desk(home, KEY, closing).answer(Hello(Hash(bytes(32))))
    assert answer == Refused("this signer's key votes on another chain")


def test_one_process_has_the_home(home: Home, tmp_path: Path) -> None:
    with ExitStack() as closing, ExitStack() as second:
        open_desk(home, KEY, closing)
        with pytest.raises(ConfigError, match="another node is running"):
            open_desk(home, KEY, second)
    with ExitStack() as closing, pytest.raises(ConfigError, match="no node's home"):
        open_desk(Home(tmp_path / "none"), KEY, closing)


def test_lost_log_of_a_key_that_signed_is_not_made_anew(home: Home) -> None:
    genesis_hash = read_genesis(home.genesis).hash
    with ExitStack() as closing:
        desk = open_desk(home, KEY, closing)
        node = Node(desk, genesis_hash)
        node.vote(0)
        desk.answer(Keep(node.record(), {}))
    home.sign_log.unlink()
    with ExitStack() as closing, pytest.raises(StoreError):
        open_desk(home, KEY, closing)


def test_path_of_a_socket_has_a_bound(tmp_path: Path) -> None:
    check_socket_path(Path("/" + "x" * (SOCKET_BYTES_MAX - 1)))
    with pytest.raises(ConfigError, match="at most 100 bytes"):
        check_socket_path(Path("/" + "x" * SOCKET_BYTES_MAX))


def test_second_node_waits_until_the_first_has_gone(home: Home) -> None:
    genesis_hash = read_genesis(home.genesis).hash

    async def ask(path: Path, links: list[Link[Answer]]) -> Answer:
        links.append(await connect(path, ANSWERS))
        links[-1].send(Hello(genesis_hash))
        return await anext(links[-1].messages())

    async def scene() -> tuple[Answer, Answer]:
        links: list[Link[Answer]] = []
        with ExitStack() as closing:
            server = SignerServer(open_desk(home, KEY, closing))
            listening = asyncio.Event()
            path = home.run / "signer.sock"
            serving = asyncio.create_task(server.run(path, tell=listening.set))
            await listening.wait()
            assert path.stat().st_mode & 0o077 == 0
            first, second = await ask(path, links), await ask(path, links)
            links[0].abort()
            while isinstance(await ask(path, links), Refused):
                pass  # the signer hears of the first one's end when it hears of it
            server._stop()
            await serving
            assert not path.exists()
            await close(links)
        return first, second

    welcome, refused = asyncio.run(asyncio.wait_for(scene(), 30))
    assert isinstance(welcome, Welcome)
    assert refused == Refused("another node is speaking to this signer")


def test_disk_that_fails_ends_the_signer(home: Home) -> None:
    async def scene() -> None:
        with ExitStack() as closing:
            server = SignerServer(open_desk(home, KEY, closing))
            listening = asyncio.Event()
            path = home.run / "signer.sock"
            serving = asyncio.create_task(server.run(path, tell=listening.set))
            await listening.wait()
            away = home.validator_key.parent.rename(home.root / "away")
            link = await connect(path, ANSWERS)
            body = Vote(PREVOTE, 4, 0, sha256(b"A"), 1, UNSIGNED).body()
            link.send(Sign(SigningKind.PREVOTE, body))
            try:
                await serving
            finally:
                await close([link])
                away.rename(home.validator_key.parent)

    with pytest.raises(StoreError, match="cannot write"):
        asyncio.run(asyncio.wait_for(scene(), 30))


def test_socket_that_cannot_be_made_is_named(home: Home) -> None:
    async def scene() -> None:
        with ExitStack() as closing:
            server = SignerServer(open_desk(home, KEY, closing))
            await server.run(home.root / "none" / "x.sock", tell=lambda: None)

    with pytest.raises(ConfigError, match="cannot listen at"):
        asyncio.run(scene())
