"""HTTP over a Unix socket, for callers on the same machine."""

import http.client
import os
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
        """Open it, through its folder, as a socket's own address has only 107 characters.

        Raises:
            OSError: nobody listens there.
        """
        folder, name = os.path.split(self._path)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        place = os.open(folder or ".", os.O_PATH | os.O_DIRECTORY)
        try:
            self.sock.connect(f"/proc/self/fd/{place}/{name}")
        finally:
            os.close(place)
