"""A wire that somebody listens on: passes TCP connections to a port, and keeps all that passes."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

HOST = "127.0.0.1"
CHUNK_BYTES = 64 * 1024


class Wiretap:
    """Listens on a port of its own.

    Attributes:
        port: where to dial instead.
        heard: all bytes in both directions, by connection and direction.
    """

    def __init__(self, target: int) -> None:
        """Pass connections on to a port of the loopback."""
        self._target = target
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self.heard: list[bytearray] = []

    def run(self) -> None:
        """Accept connections until the listener is closed, and wait for their ends."""
        threads: list[threading.Thread] = []
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threads.append(threading.Thread(target=self._join, args=(near,)))
                threads[-1].start()
        for thread in threads:
            thread.join()

    def _join(self, near: socket.socket) -> None:
        """Connect with the target and pass bytes both ways until one side ends."""
        with near:
            try:
                far = socket.create_connection((HOST, self._target))
            except OSError:
                return
            there, back = bytearray(), bytearray()
            self.heard += [there, back]
            with far:
                way = threading.Thread(target=_pump, args=(near, far, there))
                way.start()
                _pump(far, near, back)
                way.join()

    def close(self) -> None:
        """Accept no more; what is connected ends with its two ends."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _pump(source: socket.socket, sink: socket.socket, kept: bytearray) -> None:
    """Pass bytes on until one side ends, then end the other."""
    with suppress(OSError):
        while data := source.recv(CHUNK_BYTES):
            kept += data
            sink.sendall(data)
    for one in (source, sink):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@contextmanager
def tapped(target: int) -> Iterator[Wiretap]:
    """Listen on the way to a port while the context lasts."""
    tap = Wiretap(target)
    thread = threading.Thread(target=tap.run)
    thread.start()
    try:
        yield tap
    finally:
        tap.close()
        thread.join()
