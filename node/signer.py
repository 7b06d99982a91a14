"""The signer: a process that holds a validator's key and its sign log, and nothing else.

It speaks to one node over a Unix socket that its own user alone can open. It opens no network, so
whoever breaks into the node gets votes that the rules allow, and never the key. Its home is made
like a node's, by ``aitbc node init --validator``; no node runs in it.
"""

import asyncio
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import structlog

from chain.consensus.sign_merge import check_record, merge_records
from chain.consensus.sign_state import KeySigner, SignRecord
from chain.crypto import SecretKey
from chain.errors import ChainError, ConfigError, StoreError
from chain.primitives import Hash
from chain.store.sign_log import SignLog
from genesis.document import read_genesis
from node.home import Home, HomeLock
from node.links import Link, serve
from node.signer_frames import (
    WISHES,
    Answer,
    Hello,
    Keep,
    Kept,
    Refused,
    Sign,
    Signed,
    Welcome,
    Wish,
)
from node.signer_guard import Guard

SOCKET_BYTES_MAX = 100
"""Bytes of a socket's path; the kernel takes 107."""

log = structlog.get_logger()


class Desk:
    """Answers a node's wishes, one after the other; no socket here."""

    def __init__(
        self, key: SecretKey, genesis_hash: Hash, *, sign_log: SignLog, guard: Guard
    ) -> None:
        """Take over an open log and its guard."""
        self._genesis_hash = genesis_hash
        self._signer = KeySigner(secret_key=key, genesis_hash=genesis_hash)
        self._sign_log, self._guard = sign_log, guard

    def answer(self, wish: Wish) -> Answer:
        """Do what a node wishes, or say why not.

        Raises:
            StoreError: the disk failed; the signer must stop.
        """
        try:
            match wish:
                case Hello():
                    return self._welcome(wish)
                case Sign():
                    self._guard.allow(wish.kind, wish.body)
                    return Signed(self._signer.sign(wish.kind, wish.body))
                case Keep():
                    return self._keep(wish)
        except ChainError as error:
            return Refused(_ascii(str(error)))

    def _welcome(self, hello: Hello) -> Answer:
        if hello.genesis_hash != self._genesis_hash:
            return Refused("this signer's key votes on another chain")
        kept = self._sign_log
        return Welcome(self._signer.public_key, kept.record or b"", dict(kept.blocks))

    def _keep(self, keep: Keep) -> Answer:
        """Make a record durable that goes on from the last one and ends in what was signed last.

        Raises:
            ChainError: it does not decode, or is not signed by this key.
            StoreError: the disk failed.
        """
        record = SignRecord.decode(keep.record)
        public_key = self._signer.public_key
        check_record(record, public_key=public_key, genesis_hash=self._genesis_hash)
        if record.is_floor or record.position != self._guard.position:
            return Refused("the record does not end in what was signed last")
        before = self._sign_log.record
        if before is not None and merge_records(SignRecord.decode(before), record) != record:
            return Refused("the record does not go on from the one before")
        self._sign_log.append(height=record.height, record=keep.record, blocks=keep.blocks)
        return Kept()


def open_desk(home: Home, key: SecretKey, closing: ExitStack) -> Desk:
    """Open a home's sign log and guard, and keep every node out of it.

    Raises:
        ConfigError: a node runs in this home, or its genesis document is not valid.
        StoreError: log or guard are damaged, lost, or of another key or chain.
    """
    home.check()
    genesis_hash = read_genesis(home.genesis).hash
    closing.callback(HomeLock(home).release)
    sign_log = SignLog.open(
        home.sign_log,
        genesis_hash=genesis_hash,
        public_key=key.public_key,
        create=not home.sign_log.exists(),
    )
    closing.callback(sign_log.close)
    record = None if sign_log.record is None else SignRecord.decode(sign_log.record)
    guard = Guard.open(
        home.sign_log.with_name("last_signed"),
        genesis_hash=genesis_hash,
        public_key=key.public_key,
        record=record,
    )
    return Desk(key, genesis_hash, sign_log=sign_log, guard=guard)


def check_socket_path(path: Path) -> None:
    """Check that a socket can have this path.

    Raises:
        ConfigError: it is too long for the kernel.
    """
    if len(bytes(path)) > SOCKET_BYTES_MAX:
        detail = f"the path of a socket has at most {SOCKET_BYTES_MAX} bytes; {path} has more"
        raise ConfigError(detail=detail)


class SignerServer:
    """Lets one node at a time speak to a desk."""

    def __init__(self, desk: Desk) -> None:
        """Wait for a node; nothing listens before :meth:`run`."""
        self._desk = desk
        self._is_taken = False
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, path: Path, *, tell: Callable[[], None]) -> None:
        """Serve on a Unix socket until a signal, or until the disk fails.

        Args:
            path: of the socket; its owner alone can open it.
            tell: called once it listens.

        Raises:
            ConfigError: the socket cannot be made.
            StoreError: the disk failed.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop)
        try:
            server = await serve(path, WISHES, self._attend)
        except OSError as error:
            raise ConfigError(detail=f"cannot listen at {path}: {error.strerror}") from None
        tell()
        try:
            await self._done
        finally:
            server.close()
            path.unlink(missing_ok=True)  # noqa: ASYNC240 - once, at the end

    def _stop(self) -> None:
        if not self._done.done():
            self._done.set_result(None)

    async def _attend(self, link: Link[Wish]) -> None:
        if self._is_taken:
            async for _ in link.messages():
                link.send(Refused("another node is speaking to this signer"))
                return
            return
        self._is_taken = True
        log.info("node_connected", pid=link.peer_pid)
        try:
            async for wish in link.messages():
                if self._done.done():
                    return
                self._say(link, wish)
        finally:
            self._is_taken = False
            log.warning("node_gone", pid=link.peer_pid)

    def _say(self, link: Link[Wish], wish: Wish) -> None:
        try:
            answer = self._desk.answer(wish)
        except StoreError as error:
            if not self._done.done():
                self._done.set_exception(error)
            return
        if isinstance(answer, Refused):
            log.warning("refused", reason=answer.reason)
        link.send(answer)


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode()[:255]
