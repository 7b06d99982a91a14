import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chain.exchange import ProtocolId, Topic
from chain.primitives import Hash, Height
from p2p.beat import Beat
from p2p.edge import main
from p2p.orders import Answer, Broadcast, Publish, Punish, Request, Send, Status
from p2p.protocols import CONSENSUS_BYTES_MAX
from p2p.reports import (
    Consensus,
    Gossip,
    Incoming,
    PeerDown,
    PeerStatus,
    PeerUp,
    Ready,
    Response,
)
from tests.support.network import (
    DEADLINE_S,
    ROOT,
    EdgeUnderTest,
    exchange,
    free_port,
    running_edges,
)

pytestmark = pytest.mark.network

A_HASH = Hash(bytes(range(32)))


@pytest.fixture(scope="module")
def edges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[EdgeUnderTest]]:
    with running_edges(tmp_path_factory.mktemp("edges"), 2) as pair:
        yield pair


def test_ready_says_where_and_who(edges: list[EdgeUnderTest]) -> None:
    for edge in edges:
        (ready,) = edge.wait(Ready)
        assert ready == Ready((edge.address,), edge.peer)


def test_consensus_reaches_everyone_or_the_one_named(edges: list[EdgeUnderTest]) -> None:
    left, right = edges
    left.tell(Broadcast(b"to all"), Send(right.peer, b"to one"), Send("nobody", b"to nobody"))
    messages = right.wait(Consensus, lambda one: one.message.startswith(b"to "), count=2)
    assert messages == [Consensus(left.peer, b"to all"), Consensus(left.peer, b"to one")]


def test_largest_proposal_passes(edges: list[EdgeUnderTest]) -> None:
    left, right = edges
    left.tell(Broadcast(bytes(CONSENSUS_BYTES_MAX)))
    right.wait(Consensus, lambda one: len(one.message) == CONSENSUS_BYTES_MAX)


def test_status_is_pushed_at_once(edges: list[EdgeUnderTest]) -> None:
    left, right = edges
    for height in (7, 8):
        left.tell(Status(Height(height), A_HASH))
        status = PeerStatus(left.peer, Height(height), A_HASH)
        assert right.wait(PeerStatus, lambda one, status=status: one == status)  # type: ignore[misc] # mypy cannot infer a lambda with a default


def test_gossip_passes_both_ways(edges: list[EdgeUnderTest]) -> None:
    payloads = [b"tx %d" % number for number in range(200)]
    for sender, receiver in (edges, reversed(edges)):
        sender.tell(*[Publish(Topic.TX, payload) for payload in payloads])
        heard = receiver.wait(Gossip, lambda one: one.topic is Topic.TX, count=200)
        assert [one.payload for one in heard] == payloads
        assert {one.peer for one in heard} == {sender.peer}


def test_question_is_handed_in_and_answered(edges: list[EdgeUnderTest]) -> None:
    left, right = edges
    left.tell(Request(1, ProtocolId.SYNC, "", b"from 1"))
    (incoming,) = right.wait(Incoming)
    assert (incoming.protocol, incoming.peer, incoming.payload) == (
        ProtocolId.SYNC,
        left.peer,
        b"from 1",
    )
    blocks = os.urandom(1024) * 8 * 1024
    right.tell(Answer(incoming.id, blocks))
    (response,) = left.wait(Response, lambda one: one.id == 1)
    assert response == Response(id=1, ok=True, peer=right.peer, payload=blocks)


def test_question_to_nobody_is_answered_with_the_reason(edges: list[EdgeUnderTest]) -> None:
    edges[0].tell(Request(2, ProtocolId.FETCH, "12D3KooWNobody", b"hashes"))
    (response,) = edges[0].wait(Response, lambda one: one.id == 2)
    assert not response.ok
    assert response.payload


def test_persistent_peer_survives_punishment(edges: list[EdgeUnderTest]) -> None:
    edges[0].tell(Punish(edges[1].peer, 1_000))
    exchange(*edges)


def test_edge_beats_and_knows_its_peers(edges: list[EdgeUnderTest]) -> None:
    edges[0].forget()
    beats = edges[0].wait(Beat, count=3)
    assert {(beat.peers, beat.connections, beat.bans) for beat in beats} == {(1, 1, 0)}
    assert all(20 * 2**20 < beat.rss_bytes < 400 * 2**20 for beat in beats)
    assert all(beat.shed == 0 for beat in beats)


def test_killed_peer_is_told_and_comes_back(edges: list[EdgeUnderTest]) -> None:
    left, right = edges
    left.forget()
    right.kill()
    left.wait(PeerDown, lambda one: one.peer == right.peer)
    right.reports.clear()
    right.start()
    right.wait(PeerUp)
    left.wait(PeerUp, lambda one: one.peer == right.peer)
    exchange(left, right)


def test_peer_that_connects_is_told_the_status(edges: list[EdgeUnderTest]) -> None:
    left, right = edges
    left.tell(Status(Height(9), A_HASH))
    right.kill()
    right.reports.clear()
    right.start()
    right.wait(PeerStatus, lambda one: one == PeerStatus(left.peer, Height(9), A_HASH))


def test_edge_of_another_chain_is_no_peer(edges: list[EdgeUnderTest], tmp_path: Path) -> None:
    left = edges[0]
    stranger = EdgeUnderTest(
        tmp_path, b"\x55" * 32, genesis_hash="ff" * 32, persistent_peers=[left.address]
    )
    with stranger:
        stranger.wait(Beat, count=5)
        stranger.tell(Broadcast(b"foreign"), Publish(Topic.TX, b"foreign"))
        exchange(*edges)
        assert stranger.count(PeerUp) == 0
        assert stranger.peer not in {getattr(one, "peer", "") for one in left.reports}


def test_checks_are_made_by_the_function_that_the_settings_name(tmp_path: Path) -> None:
    with running_edges(tmp_path, 2, checks="tests.support.network_hosts:make_word_checks") as pair:
        left, right = pair
        left.tell(Publish(Topic.TX, b"reject this"), Publish(Topic.TX, b"take this"))
        (heard,) = right.wait(Gossip)
        assert heard.payload == b"take this"
        left.tell(Request(1, ProtocolId.FETCH, right.peer, b"echo"))
        (response,) = left.wait(Response)
        assert response == Response(id=1, ok=True, peer=right.peer, payload=b"echo")
        assert right.count(Incoming) == 0


def test_edge_ends_with_its_core(tmp_path: Path) -> None:
    edge = EdgeUnderTest(tmp_path, bytes(32)).start()
    edge.wait(Ready)
    edge.close_core()
    assert edge.process.wait(DEADLINE_S) == 0
    edge.stop()


def test_edge_ends_with_its_lifeline(tmp_path: Path) -> None:
    edge = EdgeUnderTest(tmp_path, bytes(32)).start()
    edge.wait(Ready)
    assert edge.process.stdin
    edge.process.stdin.close()
    assert edge.process.wait(DEADLINE_S) == 0
    edge.stop()


def test_edge_that_takes_too_long_to_stop_is_ended(tmp_path: Path) -> None:
    edge = EdgeUnderTest(tmp_path, bytes(32)).start(stop_s=1e-6)
    edge.wait(Ready)
    assert edge.stop() == -signal.SIGALRM


def test_edge_stops_cleanly_while_messages_flow(tmp_path: Path) -> None:
    with running_edges(tmp_path, 2) as (left, right):
        left.tell(*[Broadcast(bytes(1024 * 1024)) for _ in range(40)])
        left.tell(*[Publish(Topic.TX, bytes(200_000)) for _ in range(40)])
        right.wait(Consensus, count=3)
        assert right.stop() == 0, right.log()
        assert left.stop() == 0, left.log()
        assert "Traceback" not in left.log() + right.log()


def run_with(home: Path, **settings: object) -> "subprocess.CompletedProcess[str]":
    """Run an edge that cannot work."""
    document = {
        "genesis_hash": "01" * 32,
        "listen": [f"/ip4/127.0.0.1/tcp/{free_port()}"],
        "node_key": "node_key",
        "core_socket": "core.sock",
        "gossip_counter": 1,
        **settings,
    }
    (home / "edge.json").write_text(json.dumps(document))
    return subprocess.run(
        [sys.executable, "-m", "p2p.edge", "edge.json"],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def test_taken_port_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    with socket.socket() as other, socket.socket(socket.AF_UNIX) as core:
        core.bind(str(tmp_path / "core.sock"))
        core.listen()
        other.bind(("127.0.0.1", 0))
        other.listen()
        place = f"/ip4/127.0.0.1/tcp/{other.getsockname()[1]}"
        done = run_with(tmp_path, listen=[place])
    assert done.returncode == 2
    assert done.stderr == f"cannot listen on {place}: Address already in use\n"


@pytest.mark.parametrize(
    "settings", [{"checks": "no.such:function"}, {"node_key": "missing/key"}, {"surplus": 1}]
)
def test_settings_that_cannot_work_are_one_sentence(
    tmp_path: Path, settings: dict[str, object]
) -> None:
    done = run_with(tmp_path, **settings)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_missing_argument_says_how_to_start(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "settings.json" in capsys.readouterr().err
