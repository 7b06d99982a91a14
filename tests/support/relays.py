"""TCP relays between nodes of this machine: what the network between them does, on command.

Each directed pair of nodes has a relay of its own. It can refuse, as a firewall that resets does,
stay silent, as a cable that was pulled does, or be slow. All relays live in one thread.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine, Iterable
from contextlib import closing
from enum import Enum
from typing import Self, TypeVar

CHUNK_BYTES = 64 * 1024
HOST = "127.0.0.1"

T = TypeVar("T")

Route = tuple[int, int]
"""Who dials, and who is dialled: places in the list of nodes."""


class Weather(Enum):
    """What becomes of bytes on a route."""

    OPEN = "open"
    REFUSED = "refused"
    """Connections are reset, the present ones and new ones."""
    SILENT = "silent"
    """Nothing passes, not even the end of a connection, until it is open again."""


class Relay:
    """Passes connections on to one port."""

    def __init__(self, port: int) -> None:
        """Start open, with nobody connected.

        Args:
            port: where connections go, on loopback.
        """
        self._port = port
        self._weather = Weather.OPEN
        self._delay_s = 0.0
        self._passes = asyncio.Event()
        self._passes.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.source_ports: set[int] = set()
        """Ports from which this relay is connected with its target now."""

    def change(self, weather: Weather, *, delay_s: float = 0.0) -> None:
        """Let the weather change."""
        self._weather, self._delay_s = weather, delay_s
        if weather is Weather.SILENT:
            self._passes.clear()
            return
        self._passes.set()
        if weather is Weather.REFUSED:
            self.drop()

    def drop(self) -> None:
        """Reset every connection."""
        for writer in self._writers:
            _reset(writer)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on until it ends."""
        self._writers.add(writer)
        try:
            await self._passes.wait()
            if self._weather is Weather.REFUSED:
                _reset(writer)
            else:
                await self._join(reader, writer)
        except OSError:
            pass  # nobody listens there, or one side is gone: the other is cut off as well
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect with the target and pass bytes both ways until one side ends.

        Raises:
            OSError: the target does not listen, or a side failed.
        """
        with closing(socket.socket()) as near:
            near.setblocking(False)
            near.bind((HOST, 0))
            source_port = near.getsockname()[1]
            # Known before the target knows it, and until the system has forgotten it.
            self.source_ports.add(source_port)
            try:
                await self._join_by(near, reader, writer)
            finally:
                asyncio.get_running_loop().call_soon(self.source_ports.discard, source_port)

    async def _join_by(
        self, near: socket.socket, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Connect a socket with the target and pass bytes both ways until one side ends.

        Raises:
            OSError: the target does not listen, or a side failed.
        """
        await asyncio.get_running_loop().sock_connect(near, (HOST, self._port))
        far_reader, far_writer = await asyncio.open_connection(sock=near)
        self._writers.add(far_writer)
        ways = [
            asyncio.create_task(self._pump(reader, far_writer)),
            asyncio.create_task(self._pump(far_reader, writer)),
        ]
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in done:
                way.result()
        finally:
            for way in ways:
                way.cancel()
            self._writers.discard(far_writer)
            far_writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass bytes on, and their end, when the weather lets them.

        Raises:
            OSError: a side failed.
        """
        while True:
            data = await reader.read(CHUNK_BYTES)
            await self._passes.wait()
            if not data:
                return
            if self._delay_s:
                await asyncio.sleep(self._delay_s)
            writer.write(data)
            await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection so that the other side is told it failed, rather than that it ended."""
    writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    writer.transport.abort()


class Relays:
    """All relays of a network, in a thread that lasts as long as the context."""

    def __init__(self) -> None:
        """Prepare the thread."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relays")
        self._relays: dict[Route, Relay] = {}
        self._servers: list[asyncio.Server] = []

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Cut everything and end the thread."""
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def open(self, route: Route, port: int) -> int:
        """Open a relay to a port and return the port where it listens."""
        return self._run(self._open(route, port))

    def change(self, routes: Iterable[Route], weather: Weather, *, delay_s: float = 0.0) -> None:
        """Let the weather change on some routes."""
        self._run(self._change(list(routes), weather, delay_s))

    def source_ports(self, dialled: int) -> set[int]:
        """Return the ports from which relays are connected with a node now."""
        return self._run(self._sources(dialled))

    def _run(self, work: Coroutine[None, None, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self, route: Route, port: int) -> int:
        relay = self._relays[route] = Relay(port)
        server = await asyncio.start_server(relay.accept, HOST, 0)
        self._servers.append(server)
        listening: int = server.sockets[0].getsockname()[1]
        return listening

    async def _change(self, routes: list[Route], weather: Weather, delay_s: float) -> None:
        for route in routes:
            self._relays[route].change(weather, delay_s=delay_s)

    async def _sources(self, dialled: int) -> set[int]:
        found = [relay for (_, to), relay in self._relays.items() if to == dialled]
        return {port for relay in found for port in relay.source_ports}

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for server in self._servers:
            server.close()
        for relay in self._relays.values():
            relay.drop()
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
