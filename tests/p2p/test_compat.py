"""The attack table: what kills or fools the library must cost us nothing but the attacker."""

import os
import socket
from collections.abc import Iterator
from functools import partial
from importlib.metadata import version

import pytest

from p2p.beat import Beat
from p2p.compat import LIBP2P_VERSION
from p2p.identity import peer_of_seed
from tests.support.network import EdgeUnderTest, exchange, running_edges
from tests.support.network_attacks import (
    ATTACKS,
    CONSENSUS,
    HUGE,
    SOCKET_ATTACKS,
    churn,
    exchange_of_peers,
    lane_bytes,
    strike,
    strike_socket,
)

pytestmark = pytest.mark.network

MEMORY_MAX = 260 * 1024 * 1024


@pytest.fixture(scope="module")
def edges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[EdgeUnderTest]]:
    with running_edges(tmp_path_factory.mktemp("edges"), 2, connections_max=24) as pair:
        yield pair
        for edge in pair:
            assert edge.stop() == 0, edge.log()


@pytest.mark.parametrize("name", ATTACKS)
def test_edge_survives(edges: list[EdgeUnderTest], name: str) -> None:
    strike(edges[0], ATTACKS[name])
    exchange(*edges)


@pytest.mark.parametrize("name", SOCKET_ATTACKS)
def test_port_survives(edges: list[EdgeUnderTest], name: str) -> None:
    strike_socket(edges[0], SOCKET_ATTACKS[name])
    exchange(*edges)


def test_memory_stays_small(edges: list[EdgeUnderTest]) -> None:
    edges[0].forget()
    (beat,) = edges[0].wait(Beat)
    assert beat.rss_bytes < MEMORY_MAX
    assert beat.peers == 1


def test_inbound_slots_come_back(edges: list[EdgeUnderTest]) -> None:
    for _ in range(12):  # 24 connections less 16 reserved ones leave 8 inbound slots
        assert strike(edges[0], churn)
    exchange(*edges)


def test_idle_connections_of_one_address_leave_room(edges: list[EdgeUnderTest]) -> None:
    idle = [socket.socket() for _ in range(40)]
    try:
        for one in idle:
            one.bind(("127.0.0.2", 0))
            one.connect(("127.0.0.1", edges[0].port))
        assert strike(edges[0], churn)
        exchange(*edges)
    finally:
        for one in idle:
            one.close()


def test_peers_that_a_peer_names_are_not_dialled(edges: list[EdgeUnderTest]) -> None:
    with socket.socket() as trap:
        trap.bind(("127.0.0.1", 0))
        trap.listen()
        trap.setblocking(False)  # noqa: FBT003 # the socket's signature
        strike(edges[0], partial(exchange_of_peers, trap=trap.getsockname()[1]))
        exchange(*edges)
        with pytest.raises(BlockingIOError):
            trap.accept()


def test_malformed_messages_end_in_a_ban(edges: list[EdgeUnderTest]) -> None:
    attacker = os.urandom(32)
    for _ in range(3):  # points decay, so two times fifty are not quite a hundred
        strike(edges[0], lane_bytes(CONSENSUS, HUGE), seed=attacker)
    assert f"{peer_of_seed(attacker)} is banned" in edges[0].log()
    assert not strike(edges[0], lane_bytes(CONSENSUS, HUGE), seed=attacker)
    exchange(*edges)


def test_library_is_the_version_that_was_mended() -> None:
    assert version("libp2p") == LIBP2P_VERSION
