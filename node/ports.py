"""Free ports on this machine."""

import os
import socket
import zlib
from collections.abc import Iterator

from chain.errors import ConfigError

PORT_FIRST, PORT_LAST = 18_000, 28_000
"""Ports are looked for here, below the range from which the system takes outgoing ones."""


def free_ports(count: int, *, near: str) -> Iterator[int]:
    """Yield free loopback ports, from a place that depends on the folder's name.

    Raises:
        ConfigError: there are not enough.
    """
    span = PORT_LAST - PORT_FIRST
    start = zlib.crc32(os.fsencode(near)) % span
    found = 0
    for step in range(span):
        port = PORT_FIRST + (start + step) % span
        if _can_bind(port):
            found += 1
            yield port
        if found == count:
            return
    raise ConfigError(detail=f"there are not {count} free ports from {PORT_FIRST} to {PORT_LAST}")


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
