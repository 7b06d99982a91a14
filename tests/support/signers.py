"""A signer's home, and a signer that runs in a thread of the test."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread

from chain.crypto import SecretKey
from genesis.document import canonical_bytes
from node.home import Home
from node.init import init_home
from node.links import Link, serve
from node.signer import Desk, open_desk
from node.signer_frames import WISHES, Refused, Wish
from tests.support.builders import key_of, seed_of
from tests.support.proofs import a_genesis_document

KEY = key_of("signer")
START_S = 30


def a_signer_home(folder: Path) -> Home:
    """Make the home of a signer whose key is :data:`KEY`."""
    folder.mkdir(parents=True, exist_ok=True)
    document = folder / "genesis.document"
    document.write_bytes(canonical_bytes(a_genesis_document()))
    home = Home(folder / "home")
    init_home(home, genesis=document, validator=True, seed=seed_of("signer"))
    return home


class ThreadSigner:
    """Serves a home's desk as the real process does, and can die at any moment.

    Attributes:
        path: of its socket.
    """

    def __init__(self, home: Home, *, key: SecretKey = KEY) -> None:
        """Name the home; nothing runs before :meth:`start`."""
        self._home, self._key = home, key
        self.path = home.run / "signer.sock"
        self.mute_after: int | None = None
        """Wishes after which it takes in one more, does it, and dies without a word."""

    def start(self) -> None:
        """Listen."""
        self._started: Future[None] = Future()
        self._loop = asyncio.new_event_loop()
        self._dead = asyncio.Event()
        self._thread = Thread(target=self._loop.run_until_complete, args=(self._run(),))
        self._thread.start()
        self._started.result(timeout=START_S)

    def stop(self) -> None:
        """Die; connections end, and the socket with them."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._dead.set)
        self._thread.join()
        self._loop.close()

    async def _run(self) -> None:
        with ExitStack() as closing:
            desk = open_desk(self._home, self._key, closing)
            links: list[Link[Wish]] = []

            async def attend(link: Link[Wish]) -> None:
                links.append(link)
                async for wish in link.messages():
                    if not self._answer(desk, link, wish):
                        self._dead.set()
                        return

            server = await serve(self.path, WISHES, attend)
            self._started.set_result(None)
            await self._dead.wait()
            server.close()
            for link in links:
                link.abort()
            self.path.unlink()

    def _answer(self, desk: Desk, link: Link[Wish], wish: Wish) -> bool:
        answer = desk.answer(wish)
        if self.mute_after is not None and not isinstance(answer, Refused):
            self.mute_after -= 1
            if self.mute_after < 0:
                return False
        link.send(answer)
        return True


@contextmanager
def thread_signer(home: Home) -> Iterator[ThreadSigner]:
    """Run a signer while the context lasts."""
    signer = ThreadSigner(home)
    signer.start()
    try:
        yield signer
    finally:
        signer.stop()
