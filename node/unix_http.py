"""HTTP over a Unix socket, for callers on the same machine."""

import http.client
import socket

SCHEME = "unix:"
"""How the URL of such a socket begins; its path follows."""


class UnixConnection(http.client.HTTPConnection):
    """A connection to a socket in the file system."""

    def __init__(self, path: str, *, timeout_s: float) -> None:
        """Name the socket; nothing is opened yet."""
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        """Open it.

        Raises:
            OSError: nobody listens there, or the path is too long.
        """
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
