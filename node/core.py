"""The core process: brings events to the engine and performs its effects, in order.

It holds the one writer of the database, the sign log and the consensus key. Strangers' bytes reach
it only after an edge has checked their size, form and signatures. A disk fault or a broken
invariant ends it at once; the supervisor then stops the node.
"""

import asyncio
import os
import signal
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import structlog

from chain import events
from chain.consensus.events import Timer
from chain.engine import Engine
from chain.errors import AitbcError, ChainError, ConfigError, StoreError
from chain.genesis import Genesis
from chain.primitives import PublicKey
from chain.store.writer import ChainWriter
from genesis.document import read_genesis
from node.api_frames import NodeStatus
from node.api_side import ApiSide
from node.clock import monotonic_ms, monotonic_us, now_ms
from node.config import NodeSettings
from node.figures import Meter
from node.home import Home, HomeLock
from node.knowledge import Knowledge
from node.logs import configure_logs
from node.network_side import NetworkSide
from node.progress import Progress
from node.signing import Signing, open_signing

EXIT_CONFIG = 2
EXIT_STORE = 70

TICK_S = 1.0
"""Seconds between two looks at peers that are ahead, and between two beats."""

log = structlog.get_logger()


@dataclass
class Parts:
    """What a core is made of; opened by :func:`open_parts`."""

    settings: NodeSettings
    genesis: Genesis
    writer: ChainWriter
    signing: Signing | None
    engine: Engine
    public_key: PublicKey | None


def open_parts(home: Home, settings: NodeSettings, closing: ExitStack) -> Parts:
    """Open database, key and sign log, each checked, and build the engine on them.

    Raises:
        ConfigError: a setting, the genesis document or a key file cannot work.
        StoreError: the database or the sign log is damaged; says what to do.
    """
    closing.callback(HomeLock(home).release)
    genesis = read_genesis(home.genesis)
    writer = ChainWriter.open(home.database, genesis)
    closing.callback(writer.close)
    signing = open_signing(home, settings, genesis.hash, closing)
    signer = None if signing is None else signing.signer
    engine = Engine(
        writer.load_ledger(),
        last_certificate=writer.last_certificate(),
        signer=signer,
        timing=settings.timing(),
    )
    public_key = None if signer is None else signer.public_key
    return Parts(settings, genesis, writer, signing, engine, public_key)


class Core:
    """The engine with its hands: disk, timers and the links to the edges."""

    def __init__(self, parts: Parts) -> None:
        """Take over opened parts; nothing happens before :meth:`run`."""
        self._parts = parts
        self._engine = parts.engine
        self._meter = Meter(parts.public_key)
        self._timers: dict[Timer, asyncio.TimerHandle] = {}
        self._progress = Progress(self._engine, now_ms=monotonic_ms())
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        genesis_hash = parts.genesis.hash
        self.network = NetworkSide(genesis_hash=genesis_hash, take=self.take)
        knowledge = Knowledge(parts.engine, self.network)
        self.api = ApiSide(genesis_hash=genesis_hash, take=self.take, tell=knowledge.tell)

    async def run(self, home: Home, *, beat: int | None) -> None:
        """Serve until :meth:`stop`, a fault, or the end of the supervisor.

        Raises:
            StoreError: the disk failed.
            AssertionError: an invariant is broken.
        """
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._fail)
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        servers = [await self.network.serve(home), await self.api.serve(home)]
        self._announce_status()
        book = None if self._parts.signing is None else self._parts.signing.book
        record = None if book is None else book.record
        blocks = () if book is None else tuple(book.blocks.values())
        self.take(events.Started(now_ms=now_ms(), record=record, blocks=blocks))
        ticker = asyncio.create_task(self._tick(beat))
        ticker.add_done_callback(self._ticker_ended)
        try:
            await self._done
        finally:
            ticker.cancel()
            for server in servers:
                server.close()
            self.network.abort()
            self.api.abort()

    def stop(self) -> None:
        """End :meth:`run` cleanly; what is final is on the disk already."""
        if not self._done.done():
            self._done.set_result(None)

    def _ticker_ended(self, ticker: "asyncio.Task[None]") -> None:
        """Pass on what ended the ticker, which nobody awaits."""
        error = None if ticker.cancelled() else ticker.exception()
        if error is not None and not self._done.done():
            self._done.set_exception(error)

    def _fail(self, _: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        """End :meth:`run` with an exception that nobody caught."""
        error = context.get("exception")
        if isinstance(error, Exception) and not self._done.done():
            self._done.set_exception(error)

    async def _tick(self, beat: int | None) -> None:
        while not self._done.done():
            if beat is not None:
                os.write(beat, b".")
            self.network.watch()
            self.api.watch()
            self.take(events.CatchUpTick(now_ms=now_ms()))
            self._progress.look(now_ms=monotonic_ms(), peers=self.network.peers)
            self.api.push_status(self._status())
            await asyncio.sleep(TICK_S)

    def _status(self) -> NodeStatus:
        engine = self._engine
        return NodeStatus(
            peers=self.network.peers,
            cut_peers=len(self.network.cut_peers),
            mempool=len(engine.mempool),
            round=max(engine.round, 0),
            catching_up=engine.is_behind,
            best=engine.best,
            blocks_per_s=self._progress.blocks_per_s,
            remaining_s=self._progress.remaining_s,
            validator=self._parts.signing is not None and self._parts.signing.is_able,
            name=self._parts.settings.name,
            version=version("aitbc"),
            figures=self._meter.figures(engine, self.network.beat),
        )

    def take(self, event: events.Event) -> None:
        """Give the engine an event and perform its effects; a fault ends the process."""
        if self._done.done():
            return
        try:
            for effect in self._engine.handle(event):
                self._perform(effect)
        except (StoreError, ChainError, AssertionError) as error:
            self._done.set_exception(error)

    def _perform(self, effect: events.Effect) -> None:
        match effect:
            case events.PersistSignature():
                assert self._parts.signing is not None
                self._parts.signing.book.append(
                    height=effect.height, record=effect.record, blocks=dict(effect.blocks)
                )
            case events.CommitBlock():
                self._commit(effect)
            case events.StartTimer():
                self._start_timer(effect)
            case events.BringNextBlock():
                asyncio.get_running_loop().call_soon(self.take, events.NextBlock())
            case events.Reply():
                self.api.reply(effect)
            case events.Report():
                log.warning(effect.event, **dict(effect.fields))
            case _:
                self.network.perform(effect)

    def _commit(self, effect: events.CommitBlock) -> None:
        began_us = monotonic_us()
        self._parts.writer.commit(effect.executed, effect.certificate)
        voters, took_us = self._engine.ledger.last_validators, monotonic_us() - began_us
        self._meter.committed(effect.certificate, voters, took_us=took_us)
        header = effect.executed.block.header
        say = log.debug if self._engine.is_behind else log.info
        say(
            "block",
            height=header.height,
            hash=effect.executed.hash.hex()[:16],
            round=effect.certificate.round,
            transactions=len(effect.executed.outcomes),
            receipts=len(effect.executed.block.receipts),
        )
        self._progress.moved(now_ms=monotonic_ms())
        self._announce_status()
        self.api.notice(header.height, effect.executed.hash)

    def _announce_status(self) -> None:
        ledger = self._engine.ledger
        self.network.set_status(ledger.height, ledger.tip_hash)

    def _start_timer(self, effect: events.StartTimer) -> None:
        earlier = self._timers.pop(effect.timer, None)
        if earlier is not None:
            earlier.cancel()
        loop = asyncio.get_running_loop()
        self._timers[effect.timer] = loop.call_later(
            effect.delay_ms / 1_000, self._fire, effect.timer
        )

    def _fire(self, timer: Timer) -> None:
        self._timers.pop(timer, None)
        self.take(events.TimerFired(timer, now_ms()))


async def _run(home: Home, settings: NodeSettings, *, beat: int | None) -> None:
    with ExitStack() as closing:
        core = Core(open_parts(home, settings, closing))
        with suppress(PermissionError):  # a file, or nothing, is no lifeline
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), core.stop)
        await core.run(home, beat=beat)


def _read_settings(home: Home) -> NodeSettings:
    """Return the settings that the supervisor wrote.

    Raises:
        ConfigError: they are not there; a core is not started by hand.
    """
    path = home.run / "settings.json"
    try:
        return NodeSettings.model_validate_json(path.read_bytes())
    except (OSError, ValueError):
        detail = f"cannot read {path.resolve()}; start a node with 'aitbc node start'"
        raise ConfigError(detail=detail) from None


def main() -> int:
    """Run a core in the working folder as its home; arguments: the descriptor of the beat.

    Returns:
        The exit code: 0 stopped, 2 settings, 70 a damaged store or a broken invariant.
    """
    home = Home(Path())
    beat = int(sys.argv[1]) if len(sys.argv) > 1 else None
    try:
        settings = _read_settings(home)
        configure_logs(level=settings.log.level, form=settings.log.form)
        structlog.contextvars.bind_contextvars(node=settings.name)
        asyncio.run(_run(home, settings, beat=beat))
    except ConfigError as error:
        sys.stderr.write(f"aitbc: {error}\n")
        return EXIT_CONFIG
    except AitbcError as error:
        sys.stderr.write(f"aitbc: {error}\n")
        return EXIT_STORE
    except AssertionError:
        log.exception("invariant_broken")
        sys.stderr.write("aitbc: an invariant is broken; the node stopped before it did harm\n")
        return EXIT_STORE
    return 0


if __name__ == "__main__":
    if not __debug__:
        sys.exit("aitbc: the node does not run under python -O, which drops its invariants")
    sys.exit(main())
