"""The weather between nodes is what the tests believe it is."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.relays import Relays, Weather

pytestmark = pytest.mark.network

ROUTE = (0, 1)
PATIENCE_S = 10.0
SHORT_S = 0.2


@pytest.fixture
def relays() -> Iterator[Relays]:
    with Relays() as running:
        yield running


@contextmanager
def a_pair(relays: Relays) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Yield both ends of a connection that goes through a relay."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        port = relays.open(ROUTE, server.getsockname()[1])
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as near:
            far, (_, source_port) = server.accept()
            with far:
                far.settimeout(PATIENCE_S)
                assert relays.source_ports(ROUTE[1]) == {source_port}
                yield near, far


def test_open_relay_passes_bytes_both_ways_and_their_end(relays: Relays) -> None:
    with a_pair(relays) as (near, far):
        near.sendall(b"question")
        assert far.recv(64) == b"question"
        far.sendall(b"answer")
        assert near.recv(64) == b"answer"
        near.close()
        assert far.recv(64) == b""


def test_refusing_relay_resets_what_is_there_and_what_comes(relays: Relays) -> None:
    with a_pair(relays) as (near, far):
        place = near.getpeername()
        relays.change([ROUTE], Weather.REFUSED)
        for side in (near, far):
            with pytest.raises(ConnectionResetError):
                side.recv(64)
        again = socket.create_connection(place, timeout=PATIENCE_S)
        with again, pytest.raises(ConnectionResetError):
            again.recv(64)


def test_silent_relay_keeps_all_back_until_it_is_open_again(relays: Relays) -> None:
    with a_pair(relays) as (near, far):
        relays.change([ROUTE], Weather.SILENT)
        near.sendall(b"late")
        near.shutdown(socket.SHUT_WR)
        far.settimeout(SHORT_S)
        with pytest.raises(TimeoutError):
            far.recv(64)
        relays.change([ROUTE], Weather.OPEN)
        far.settimeout(PATIENCE_S)
        assert far.recv(64) == b"late"
        assert far.recv(64) == b""


def test_slow_relay_passes_everything_in_order(relays: Relays) -> None:
    with a_pair(relays) as (near, far):
        relays.change([ROUTE], Weather.OPEN, delay_s=0.05)
        for word in (b"one ", b"two ", b"three"):
            near.sendall(word)
        said = b""
        while len(said) < len(b"one two three"):
            said += far.recv(64)
        assert said == b"one two three"
