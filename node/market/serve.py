"""A serving miner: one process that holds the desk, the workshop, the collector and the port.

The port runs under the network's event loop in the main thread; all else here is plain code in
threads. Whatever fails where nobody expected it ends the process with that error: what was under
way is in the journal, and the next start goes on.
"""

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

from chain.errors import AitbcError, ConfigError, PeerError, StoreError
from chain.store.durable_file import lock_file
from node.market.account import Account
from node.market.bill import Biller
from node.market.card import make_card, put_card
from node.market.collector import Collector
from node.market.desk import MinerDesk
from node.market.party import Party
from node.market.price_list import keep_offered
from node.market.work_book import WorkBook
from node.market.worker import Worker
from node.market.workshop import Line, Shop, Workshop
from p2p.job_streams import JobPort, serve_jobs

RENEW_S = 60.0
"""Seconds between two looks at whether an offer runs out."""


Tell = Callable[[str, Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How a miner serves.

    Attributes:
        rates: what it sells, base units per whole unit by model and unit type.
        worker: does the work.
        work_ms: the longest that one job may take, in milliseconds.
        jobs: how many at once.
        window_max: the longest dispute window that is worked for, in heights.
        listen: multiaddress to listen on.
        announce: addresses for the card instead of the one listened on, each without peer id.
    """

    rates: Mapping[Line, int]
    worker: Worker
    work_ms: int
    jobs: int
    window_max: int
    listen: str
    announce: tuple[str, ...] = ()


@dataclass
class _Threads:
    """Threads whose end by an error ends the process."""

    fault: BaseException | None = None
    running: list[Thread] = field(default_factory=list)

    def start(self, name: str, run: Callable[[], None]) -> None:
        """Run something until it returns."""

        def guarded() -> None:
            try:
                run()
            except AitbcError as error:
                self.fail(error)

        thread = Thread(target=guarded, name=name)
        thread.start()
        self.running.append(thread)

    def fail(self, error: BaseException) -> None:
        """End the process because of an error; the first one is told."""
        self.fault = self.fault or error
        os.kill(os.getpid(), signal.SIGTERM)

    def join(self) -> None:
        """Wait for all of them."""
        for thread in self.running:
            thread.join()


def serve(party: Party, service: Service, *, tell: Tell) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        party: the miner.
        service: how.
        tell: told address and card once clients can come.

    Raises:
        ConfigError: another miner uses the folder, the port is taken, or a file cannot be written.
        NotFinal: the chain refuses an offer.
        PeerError: the node is away at the start.
        StoreError: the journal failed.
    """
    account = party.open_account()
    lock = _lock(party.home / "lock")
    try:
        keep_offered(account, service.rates, capacity=service.jobs)
        _serve(party, service, account, tell)
    finally:
        os.close(lock)


def _lock(path: Path) -> int:
    """Keep a second miner out of the folder.

    Raises:
        ConfigError: there is one.
    """
    try:
        return lock_file(path, what="the miner's folder")
    except StoreError as error:
        raise ConfigError(detail=error.detail) from None


def _serve(party: Party, service: Service, account: Account, tell: Tell) -> None:
    book = WorkBook(account.journal)
    news, threads, stopping = Event(), _Threads(), Event()
    workshop = Workshop(
        node=account.node,
        book=book,
        biller=Biller(party.key, account.chain_id, account.genesis_hash),
        worker=service.worker,
        shop=Shop(
            rates=service.rates,
            workers=service.jobs,
            work_ms=service.work_ms,
            window_max=service.window_max,
        ),
        wake=news.set,
        fail=threads.fail,
    )
    desk = MinerDesk(node=account.node, book=book, workshop=workshop, wake=news.set)
    collector = Collector(account, book, is_awaited=desk.is_awaited, news=news)
    threads.start("collector", collector.run)
    threads.start("offers", lambda: _renew(account, service, stopping))
    try:
        serve_jobs(
            JobPort(
                genesis_hash=account.genesis_hash, node_key=party.node_key, listen=service.listen
            ),
            desk,
            ready=lambda peer, addresses: tell(
                *_write_card(party, service, account, peer, addresses)
            ),
        )
    finally:
        workshop.close()
        collector.stop()
        stopping.set()
        threads.join()
    if threads.fault is not None:
        raise threads.fault


def _renew(account: Account, service: Service, stopping: Event) -> None:
    """Keep the offers alive; a node that is away has time to come back."""
    while not stopping.wait(RENEW_S):
        try:
            keep_offered(account, service.rates, capacity=service.jobs)
        except PeerError:
            continue


def _write_card(
    party: Party, service: Service, account: Account, peer: str, addresses: list[str]
) -> tuple[str, Path]:
    """Write the card that clients need, and return an address and the card's place.

    Raises:
        ConfigError: it cannot be written.
    """
    places = [f"{one}/p2p/{peer}" for one in service.announce] or addresses
    card = make_card(party.key, places, genesis_hash=account.genesis_hash)
    for folder in (party.home, party.cards):
        put_card(folder, card)
    return places[0], party.card
