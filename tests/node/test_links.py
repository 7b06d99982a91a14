import asyncio
import os
import signal
import socket
import stat
import struct
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from chain.errors import LimitExceeded, MalformedMessage
from node.clock import monotonic_ms
from node.links import BUFFER_BYTES_MAX, Link, connect, serve
from p2p.beat import Beat
from p2p.frames import FRAME_BYTES_MAX, encode_frame, pack
from p2p.orders import ORDERS, Answer, Broadcast, Order, Status
from p2p.reports import REPORTS, Consensus, Report
from tests.support.network_frames import EVERY_ORDER, EVERY_REPORT

DEADLINE_S = 10.0

OnLink = Callable[[Link[Report]], Awaitable[None]]
Play = Callable[[Path], Awaitable[None]]


def run(path: Path, on_link: OnLink, play: Play) -> None:
    """Serve links on a socket while ``play`` acts as the edge; both within a deadline."""

    async def both() -> None:
        server = await serve(path, REPORTS, on_link)
        try:
            await asyncio.wait_for(play(path), DEADLINE_S)
        finally:
            server.close()

    asyncio.run(both())


class Listener:
    """Remembers what came over every link, and when each ended."""

    def __init__(self) -> None:
        """Start with nothing heard."""
        self.heard: list[Report] = []
        self.links: list[Link[Report]] = []
        self.met, self.told, self.ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def listen(self, link: Link[Report]) -> None:
        """Take a link."""
        self.links.append(link)
        self.met.set()
        try:
            async for message in link.messages():
                self.heard.append(message)
                self.told.set()
        finally:
            self.ended.set()


async def reaches_its_end(reader: asyncio.StreamReader) -> bytes:
    """Return what comes until the other side closes."""
    try:
        return await reader.read()
    except ConnectionError:
        return b""


def test_every_frame_goes_both_ways(tmp_path: Path) -> None:
    heard: list[Report] = []

    async def core(link: Link[Report]) -> None:
        async for message in link.messages():
            heard.append(message)
            if len(heard) == len(EVERY_REPORT):
                for order in EVERY_ORDER:
                    link.send(order)

    async def edge(path: Path) -> None:
        link = await connect(path, ORDERS)
        for report in EVERY_REPORT:
            link.send(report)
        got: list[Order] = []
        async for order in link.messages():
            got.append(order)
            if len(got) == len(EVERY_ORDER):
                link.abort()
        assert tuple(got) == EVERY_ORDER

    run(tmp_path / "s", core, edge)
    assert tuple(heard) == EVERY_REPORT


def test_socket_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "s"

    async def edge(_: Path) -> None:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    before = os.umask(0)
    try:
        run(path, Listener().listen, edge)
        assert os.umask(0) == 0
    finally:
        os.umask(before)


def test_relative_path_works_however_deep_the_home_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / ("a long name" * 10) / ("another" * 20)
    (home / "run").mkdir(parents=True)
    assert len(str(home)) > 200
    monkeypatch.chdir(home)
    listener = Listener()

    async def edge(path: Path) -> None:
        link = await connect(path, ORDERS)
        link.send(Beat(1, 2, 3))
        await asyncio.sleep(0)
        link._writer.close()
        await listener.ended.wait()

    run(Path("run/core.sock"), listener.listen, edge)
    assert listener.heard == [Beat(1, 2, 3)]


def test_socket_left_by_a_dead_core_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    async def edge(_: Path) -> None:
        (await connect(path, ORDERS)).abort()

    run(path, Listener().listen, edge)


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">I", 0),
        struct.pack(">I", FRAME_BYTES_MAX + 1),
        b"\xff" * 100,
        encode_frame(255, b"unknown kind"),
        encode_frame(Status.KIND, b"an order is no report"),
        encode_frame(Consensus.KIND, b"\x05ab"),
        pack(Beat(1, 2, 3))[:-1] + b"xx" + struct.pack(">I", 0),
    ],
    ids=["empty", "too long", "noise", "kind", "direction", "body", "after a good one"],
)
def test_garbage_closes_its_own_link_only(tmp_path: Path, data: bytes) -> None:
    listener = Listener()

    async def edge(path: Path) -> None:
        good = await connect(path, ORDERS)
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(data)
        assert await reaches_its_end(reader) == b""
        writer.close()
        listener.ended.clear()
        good.send(Beat(7, 7, 7))
        await asyncio.sleep(0)
        good._writer.close()
        await listener.ended.wait()

    run(tmp_path / "s", listener.listen, edge)
    assert listener.heard[-1] == Beat(7, 7, 7)


@pytest.mark.parametrize(
    "error", [MalformedMessage(detail="x"), LimitExceeded(what="x", got=2, limit=1)]
)
def test_what_the_rules_refuse_closes_the_link_and_nothing_else(
    tmp_path: Path, error: Exception
) -> None:
    faults: list[object] = []

    async def core(_: Link[Report]) -> None:
        raise error

    async def edge(path: Path) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: faults.append(context))
        reader, writer = await asyncio.open_unix_connection(path)
        assert await reaches_its_end(reader) == b""
        writer.close()

    run(tmp_path / "s", core, edge)
    assert not faults


def test_frames_arrive_however_the_bytes_are_cut(tmp_path: Path) -> None:
    listener = Listener()
    data = b"".join(map(pack, EVERY_REPORT))

    async def edge(path: Path) -> None:
        _, writer = await asyncio.open_unix_connection(path)
        for start in range(0, len(data), 7):
            writer.write(data[start : start + 7])
            await writer.drain()
            await asyncio.sleep(0)
        writer.close()
        await listener.ended.wait()

    run(tmp_path / "s", listener.listen, edge)
    assert tuple(listener.heard) == EVERY_REPORT


def test_edge_that_never_reads_is_cut_off(tmp_path: Path) -> None:
    listener = Listener()
    frame = Answer(1, bytes(30 * 1024 * 1024))
    wanted = BUFFER_BYTES_MAX // len(frame.payload) + 1

    async def edge(path: Path) -> None:
        with socket.socket(socket.AF_UNIX) as deaf:
            deaf.connect(str(path))
            await listener.met.wait()
            (link,) = listener.links
            for _ in range(wanted):
                assert not link.is_closed
                link.send(frame)
            assert link.is_closed
            await listener.ended.wait()

    run(tmp_path / "s", listener.listen, edge)


def test_sending_on_a_closed_link_drops(tmp_path: Path) -> None:
    listener = Listener()

    async def edge(path: Path) -> None:
        link = await connect(path, ORDERS)
        link.abort()
        link.send(Broadcast(b"x"))
        await listener.ended.wait()
        listener.links[0].send(Broadcast(b"x"))

    run(tmp_path / "s", listener.listen, edge)
    assert listener.heard == []


def test_nothing_is_heard_after_the_link_is_cut(tmp_path: Path) -> None:
    heard: list[Report] = []
    ended = asyncio.Event()

    async def core(link: Link[Report]) -> None:
        async for message in link.messages():
            heard.append(message)
            link.abort()
        ended.set()

    async def edge(path: Path) -> None:
        _, writer = await asyncio.open_unix_connection(path)
        writer.write(pack(Beat(1, 1, 1)) + pack(Beat(2, 2, 2)))
        await ended.wait()
        writer.close()

    run(tmp_path / "s", core, edge)
    assert heard == [Beat(1, 1, 1)]


def test_edge_that_closes_half_does_not_stay(tmp_path: Path) -> None:
    listener = Listener()

    async def edge(path: Path) -> None:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write_eof()
        assert await reaches_its_end(reader) == b""
        writer.close()

    run(tmp_path / "s", listener.listen, edge)


def test_link_knows_when_it_last_heard(tmp_path: Path) -> None:
    listener = Listener()

    async def edge(path: Path) -> None:
        link = await connect(path, ORDERS)
        link.send(Beat(1, 2, 3))
        await listener.told.wait()
        assert 0 <= monotonic_ms() - listener.links[0].last_heard_ms < 5_000
        link.abort()

    run(tmp_path / "s", listener.listen, edge)


EDGE = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.recv(1)"


def test_link_knows_the_process_at_the_other_end_and_can_kill_it(tmp_path: Path) -> None:
    listener = Listener()

    async def edge(path: Path) -> None:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", EDGE, str(path))
        await listener.met.wait()
        (link,) = listener.links
        assert link.peer_pid == process.pid
        link.kill_peer()
        assert await process.wait() == -signal.SIGKILL
        assert link.is_closed
        link.kill_peer()

    run(tmp_path / "s", listener.listen, edge)


def test_process_that_the_kernel_does_not_show_is_not_killed(tmp_path: Path) -> None:
    program = (
        "import asyncio; from pathlib import Path\n"
        "from node.links import serve, connect; from p2p.orders import ORDERS\n"
        "async def run():\n"
        "    async def on_link(link): await asyncio.Event().wait()\n"
        f"    path = Path({str(tmp_path / 's')!r})\n"
        "    await serve(path, ORDERS, on_link)\n"
        "    link = await connect(path, ORDERS)\n"
        "    link.peer_pid = 0\n"
        "    link.kill_peer()\n"
        "    print('alive', link.is_closed)\n"
        "asyncio.run(run())\n"
    )
    done = subprocess.run(
        (sys.executable, "-c", program), capture_output=True, start_new_session=True, check=False
    )
    assert done.stdout == b"alive True\n", done.stderr
