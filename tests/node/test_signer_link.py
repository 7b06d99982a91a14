import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from chain.consensus.messages import UNSIGNED, SignedMessage, Vote
from chain.consensus.sign_state import SignRecord, SignState
from chain.crypto import sha256
from chain.errors import ConfigError, StoreError
from chain.primitives import Hash, Signature
from genesis.document import read_genesis
from node import signer_link
from node.clock import monotonic_ms
from node.home import Home
from node.signer_frames import Refused, Signed, Welcome
from node.signer_link import RemoteSigner
from p2p.frames import FrameMessage, pack
from tests.support.signers import KEY, ThreadSigner, a_signer_home, thread_signer
from tests.support.subject import PREVOTE


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signer_link, "AGAIN_MS", 0)
    monkeypatch.setattr(signer_link, "REPLY_S", 20.0)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return a_signer_home(tmp_path)


@pytest.fixture
def signer(home: Home) -> Iterator[ThreadSigner]:
    with thread_signer(home) as running:
        yield running


def connect(home: Home) -> RemoteSigner:
    return RemoteSigner(home.run / "signer.sock", read_genesis(home.genesis).hash)


class Validator:
    """What a core does with a signer: sign, keep, and only then send."""

    def __init__(self, remote: RemoteSigner) -> None:
        self.remote = remote
        record = None if remote.record is None else SignRecord.decode(remote.record)
        self.state = SignState(remote, record)

    def vote(self, round_: int, letter: str = "A") -> SignedMessage | None:
        block_hash = sha256(letter.encode())
        vote = self.state.sign(Vote(PREVOTE, 4, round_, block_hash, 1, UNSIGNED))
        if self.state.is_changed:
            record = self.state.take_record(locked=None, valid=None, polkas=())
            self.remote.append(height=4, record=record.encode(), blocks={})
        return vote


def test_key_signs_and_remembers(home: Home, signer: ThreadSigner) -> None:
    remote = connect(home)
    assert (remote.public_key, remote.record, remote.is_open) == (KEY.public_key, None, True)
    assert Validator(remote).vote(0) is not None
    remote.close()
    again = connect(home)
    assert again.record == remote.record is not None
    assert Validator(again).vote(0) == Validator(again).vote(0)
    again.close()


def test_lost_signer_costs_votes_and_its_return_brings_them_back(
    home: Home, signer: ThreadSigner
) -> None:
    remote = connect(home)
    validator = Validator(remote)
    assert validator.vote(0) is not None
    signer.stop()
    assert validator.vote(1) is None
    assert not remote.is_open
    assert validator.vote(2) is None
    signer.start()
    assert validator.vote(3) is not None
    assert remote.is_open
    remote.close()


def test_refused_vote_is_not_cast(home: Home, signer: ThreadSigner) -> None:
    remote = connect(home)
    validator = Validator(remote)
    assert validator.vote(5) is not None
    validator.state = SignState(remote)  # a node that lost its mind
    assert validator.vote(4) is None
    assert validator.vote(5, "B") is None
    assert remote.is_open
    remote.close()


@pytest.mark.parametrize("kept", [True, False])
def test_signer_that_dies_in_the_middle_of_a_vote_is_waited_for(
    home: Home, signer: ThreadSigner, *, kept: bool
) -> None:
    remote = connect(home)
    validator = Validator(remote)
    assert validator.vote(0) is not None
    signer.mute_after = 1 if kept else 0
    if not kept:  # it dies after the signature was made, before it is told
        assert validator.vote(1) is None
    else:  # it dies after the record was kept, before that is told
        revived = Thread(target=lambda: (signer._thread.join(), revive(signer)))
        revived.start()
        assert validator.vote(1) is not None
        revived.join()
    if not kept:
        signer._thread.join()
        revive(signer)
    assert validator.vote(1) is not None
    assert validator.vote(2) is not None
    remote.close()


def revive(signer: ThreadSigner) -> None:
    signer.mute_after = None
    signer._loop.close()
    signer.start()


def test_signer_that_stays_away_in_the_middle_of_a_vote_stops_the_node(
    home: Home, signer: ThreadSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signer_link, "KEEP_MS", 200)
    remote = connect(home)
    validator = Validator(remote)
    signer.mute_after = 1
    with pytest.raises(StoreError, match="went away in the middle of a vote"):
        validator.vote(0)
    signer.mute_after = None


def test_signer_that_signed_for_another_node_meanwhile_stops_the_node(
    home: Home, signer: ThreadSigner
) -> None:
    first = connect(home)
    validator = Validator(first)
    assert validator.vote(0) is not None
    signer.stop()
    assert validator.vote(1) is None
    signer.start()
    second = connect(home)
    assert Validator(second).vote(1, "B") is not None
    second.close()
    with pytest.raises(StoreError, match="signed for another node meanwhile"):
        validator.vote(2)


def test_absent_signer_is_waited_for_and_then_named(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signer_link, "START_MS", 0)
    with pytest.raises(ConfigError, match=r"no signer answers at .* aitbc signer serve"):
        connect(home)


def test_signer_of_another_chain_is_refused(
    home: Home, signer: ThreadSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signer_link, "START_MS", 0)
    with pytest.raises(ConfigError, match="votes on another chain"):
        RemoteSigner(signer.path, Hash(bytes(32)))


class Impostor:
    """Answers with what the test says, one answer to each message."""

    def __init__(self, path: Path, *answers: bytes | FrameMessage) -> None:
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        self._answers = [one if isinstance(one, bytes) else pack(one) for one in answers]
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        line, _ = self._server.accept()
        with line:
            for answer in self._answers:
                line.recv(65_536)
                line.sendall(answer)
        self._server.close()

    def end(self) -> None:
        self._thread.join()


def test_signature_that_does_not_verify_stops_the_node(home: Home) -> None:
    path = home.run / "signer.sock"
    welcome = Welcome(KEY.public_key, b"", {})
    impostor = Impostor(path, welcome, Signed(Signature(bytes(64))))
    remote = connect(home)
    with pytest.raises(StoreError, match="the signature of the vote does not verify"):
        Validator(remote).vote(0)
    remote.close()
    impostor.end()


@pytest.mark.parametrize("garbage", [b"\0\0\0\0", b"\0\0\0\1\xff", b"\xff" * 8, b"", b"\0\0\0\1"])
def test_garbage_is_a_lost_signer(home: Home, garbage: bytes) -> None:
    path = home.run / "signer.sock"
    impostor = Impostor(path, Welcome(KEY.public_key, b"", {}), garbage)
    remote = connect(home)
    assert Validator(remote).vote(0) is None
    assert not remote.is_open
    impostor.end()


def test_record_that_is_refused_stops_the_node(home: Home) -> None:
    path = home.run / "signer.sock"
    impostor = Impostor(path, Welcome(KEY.public_key, b"", {}), Refused("no"))
    remote = connect(home)
    with pytest.raises(StoreError, match="refuses: no"):
        remote.append(height=4, record=b"", blocks={})
    remote.close()
    impostor.end()


def test_silent_signer_gets_a_tenth_of_the_nodes_time(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home.run / "signer.sock"
    impostor = Impostor(path, Welcome(KEY.public_key, b"", {}))
    remote = connect(home)
    remote.close()
    impostor.end()
    path.unlink()
    monkeypatch.setattr(signer_link, "REPLY_S", 0.05)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        before_ms = monotonic_ms()
        assert Validator(remote).vote(0) is None
        assert remote._again_ms >= before_ms + 11 * 50
        monkeypatch.setattr(remote, "_dial", lambda: pytest.fail("it is asked again"))
        assert Validator(remote).vote(1) is None
