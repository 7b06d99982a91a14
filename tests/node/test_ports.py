import socket
from pathlib import Path

import pytest

from chain.errors import ConfigError
from node.ports import PORT_FIRST, PORT_LAST, free_ports


def test_ports_can_be_bound_all_at_once() -> None:
    ports = list(free_ports(6, near="somewhere"))
    sockets = [socket.create_server(("127.0.0.1", port)) for port in ports]
    for one in sockets:
        one.close()
    assert len(set(ports)) == 6
    assert all(PORT_FIRST <= port < PORT_LAST for port in ports)


def test_port_in_use_is_passed_over() -> None:
    (first,) = free_ports(1, near="somewhere else")
    with socket.create_server(("127.0.0.1", first)):
        (second,) = free_ports(1, near="somewhere else")
    assert second != first


def test_folders_begin_at_different_places() -> None:
    places = [str(Path("nets") / str(index)) for index in range(10)]
    assert len({next(free_ports(1, near=place)) for place in places}) > 5


def test_name_that_is_not_utf8_has_ports() -> None:
    assert list(free_ports(1, near="net-\udcff"))


def test_too_few_ports_are_an_error() -> None:
    with pytest.raises(ConfigError, match=r"there are not 10001 free ports"):
        list(free_ports(PORT_LAST - PORT_FIRST + 1, near="here"))
