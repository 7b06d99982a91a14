"""Hostile callers: a process of its own that makes a node's API as busy as it can.

Run as ``python -m scripts.benchmarks.besiegers SECONDS HEIGHT URL...``; what it managed goes to
the standard output as JSON. Against each URL there are at once

- slow connections: half never finish their headers, half never their body, and each sends a byte
  now and then; one that the node cuts is opened again;
- a WebSocket that subscribes to everything from height 1 many times over and reads none of it;
- callers that ask for 100 whole blocks up to a height in a batch, again and again.
"""

import asyncio
import json
import os
import socket
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from urllib.parse import urlsplit

import aiohttp

SLOW = 200
"""Slow connections to each node."""

STORMERS = 4
"""Callers of heavy queries to each node, each with one request under way."""

BATCH = 100
SUBSCRIPTIONS = 60
DRIBBLE_S = 1.0
AGAIN_S = 0.2
SMALL_BUFFER = 4_096
"""Bytes that the kernel may hold for the reader who does not read."""

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
STARTS = (HEAD, HEAD + b"Content-Length: 60000\r\n\r\n")
JSON = {"Content-Type": "application/json"}

Caller = Callable[[], Awaitable[None]]
"""One of them."""

GONE = (OSError, aiohttp.ClientError, asyncio.IncompleteReadError)
"""How a caller notices that the node has cut it."""


class Siege:
    """All hostile callers of one run.

    Attributes:
        done: what they managed, by name.
    """

    def __init__(self, height: int) -> None:
        """Begin with nothing done.

        Args:
            height: of the highest block that is asked for.
        """
        self._height = height
        self.done: Counter[str] = Counter()

    def callers(self, url: str) -> Iterator[Caller]:
        """Yield what each caller of a node does once, to be done again and again."""
        for number in range(SLOW):
            yield partial(self._dribble, url, STARTS[number % len(STARTS)])
        yield partial(self._stall, url)
        for _ in range(STORMERS):
            yield partial(self._storm, url)

    async def run(self, urls: list[str], seconds: float) -> None:
        """Besiege for so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), asyncio.TaskGroup() as tasks:
                for url in urls:
                    for caller in self.callers(url):
                        tasks.create_task(self._again(caller))

    async def _again(self, caller: Caller) -> None:
        while True:
            with suppress(*GONE):
                await caller()
            await asyncio.sleep(AGAIN_S)

    async def _dribble(self, url: str, start: bytes) -> None:
        """Be slow until the node cuts the connection."""
        host, port = _place(url)
        reader, writer = await asyncio.open_connection(host, port)
        self.done["slow connections"] += 1
        try:
            writer.write(start)
            end = asyncio.create_task(_end(reader))
            while not end.done():
                writer.write(b"x")
                await asyncio.wait({end}, timeout=DRIBBLE_S)
            self.done["slow connections cut"] += 1
        finally:
            writer.transport.abort()

    async def _stall(self, url: str) -> None:
        """Subscribe to everything since height 1, and read nothing."""
        connection = socket.create_connection(_place(url))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        _, writer = await asyncio.open_connection(sock=connection, limit=SMALL_BUFFER)
        self.done["stalled readers"] += 1
        try:
            writer.write(_handshake() + b"".join(_frame(one) for one in _subscriptions()))
            while True:  # the stream reads no more than its limit
                await asyncio.sleep(DRIBBLE_S)
                writer.write(_frame(b""))
                await writer.drain()
        except OSError:
            self.done["stalled readers cut"] += 1
        finally:
            writer.transport.abort()

    async def _storm(self, url: str) -> None:
        """Ask for whole blocks, a hundred at once, over one connection."""
        calls = [_whole_block(1 + at % self._height) for at in range(BATCH)]
        body = json.dumps(calls).encode()
        async with aiohttp.ClientSession(headers=JSON) as session:
            while True:
                async with session.post(url, data=body) as reply:
                    self.done["bytes answered"] += len(await reply.read())
                    self.done[f"heavy requests, status {reply.status}"] += 1


async def _end(reader: asyncio.StreamReader) -> None:
    """Read until the node ends the connection, however it does that."""
    with suppress(OSError):
        await reader.read()


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def _whole_block(height: int) -> dict[str, object]:
    params = {"block": height, "transactions": True}
    return {"jsonrpc": "2.0", "id": height, "method": "ait_getBlock", "params": params}


def _subscriptions() -> Iterator[bytes]:
    for number in range(SUBSCRIPTIONS):
        topic = ("newBlocks", "transactions")[number % 2]
        params = {"topic": topic, "fromHeight": 1}
        call = {"jsonrpc": "2.0", "id": number, "method": "ait_subscribe", "params": params}
        yield json.dumps(call).encode()


def _handshake() -> bytes:
    return (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )


def _frame(payload: bytes) -> bytes:
    """Return a masked text frame of RFC 6455; an unmasked one would end the connection."""
    size = len(payload)
    assert size < 2**16
    head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2)  # noqa: PLR2004
    return head + bytes(4) + payload  # a mask of zeros changes nothing


def main(arguments: list[str]) -> None:
    """Besiege, and print what was managed."""
    os.nice(19)  # it shares the nodes' cores, which callers elsewhere would not
    seconds, height, *urls = arguments
    siege = Siege(int(height))
    asyncio.run(siege.run(urls, float(seconds)))
    json.dump(siege.done, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
