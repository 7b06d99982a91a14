"""Miners and clients of a market without a network: they speak to each other by function calls."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any
from unittest.mock import patch

from chain.crypto import SecretKey
from chain.errors import PeerError
from chain.primitives import Address
from node.market import workshop as workshop_module
from node.market.account import Account
from node.market.bill import Biller
from node.market.client import Client
from node.market.collector import Collector
from node.market.correspondence import Judge, Miner
from node.market.desk import MinerDesk
from node.market.job_book import JobBook
from node.market.messages import Ask, JobRequest, sign_request
from node.market.miners import Miners
from node.market.price_list import keep_offered
from node.market.replies import Done, Offered, Refused, Reply, decode_reply, encode_verdict
from node.market.work_book import WorkBook
from node.market.worker import WorkFailed
from node.market.workshop import Line, Shop, Workshop
from tests.support.builders import key_of
from tests.support.market_world import LedgerNode, an_account

LINE = ("llama3.2", "gpu_seconds")
RATE = 1_000_000
"""Base units for a second: a millisecond costs 1,000."""


class InlinePool(Executor):
    """Does at once what it is given, in the thread that gives it."""

    def __init__(self, *_: object, **__: object) -> None:
        """Take a thread pool's arguments."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **more: Any) -> "Future[Any]":  # noqa: ANN401 - as the library has it
        """Do it."""
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args, **more))
        except BaseException as error:  # noqa: BLE001 - as the library does
            done.set_exception(error)
        return done


@dataclass
class Answers:
    """A worker that answers as it is told.

    Attributes:
        answer: turns an input into an output, or raises.
        worked: how often it did.
        time_ms: what it was given last.
    """

    answer: Callable[[bytes], bytes] = lambda input_: input_[::-1]
    worked: int = 0
    time_ms: int = 0

    def work(self, *, model: str, parameters: bytes, input_: bytes, time_ms: int) -> bytes:  # noqa: ARG002 - interface
        """Work."""
        self.worked += 1
        self.time_ms = time_ms
        return self.answer(input_)

    def stop(self) -> None:
        """Nothing."""


def failing(reason: Any) -> Callable[[bytes], bytes]:  # noqa: ANN401 - a reason
    """Return what fails with a reason."""

    def fail(_: bytes) -> bytes:
        raise WorkFailed(reason=reason)

    return fail


@dataclass
class MinerUnderTest:
    """A miner without a port.

    Attributes:
        account: at work.
        worker: does the work.
        book: its journal's jobs.
        workshop: signs.
        desk: takes requests.
        collector: claims.
        faults: what would have ended its process.
    """

    account: Account
    worker: Answers
    book: WorkBook
    workshop: Workshop
    desk: MinerDesk
    collector: Collector
    faults: list[BaseException]


def a_miner(
    node: LedgerNode,
    folder: Path,
    *,
    who: str = "miner",
    worker: Answers | None = None,
    rates: Mapping[Line, int] | None = None,
) -> MinerUnderTest:
    """Open a miner, or open it again after its end."""
    account = an_account(node, folder, who)
    book, news = WorkBook(account.journal), Event()
    worker = worker or Answers()
    faults: list[BaseException] = []
    with patch.object(workshop_module, "ThreadPoolExecutor", InlinePool):
        workshop = Workshop(
            node=node.view,
            book=book,
            biller=Biller(account.key, account.chain_id, account.genesis_hash),
            worker=worker,
            shop=Shop(rates={LINE: RATE} if rates is None else rates, workers=1, work_ms=1_000),
            wake=news.set,
            fail=faults.append,
        )
    desk = MinerDesk(node=node.view, book=book, workshop=workshop, wake=news.set)
    collector = Collector(account, book, is_awaited=desk.is_awaited, news=news)
    return MinerUnderTest(account, worker, book, workshop, desk, collector, faults)


@dataclass
class Doorstep:
    """A client's way to a miner, by function calls.

    Attributes:
        miner: whom it leads to; None while nobody is there.
        key: the client's.
        is_deaf: whether the answers to work are lost on their way.
        asked: what was asked.
    """

    miner: MinerUnderTest | None
    key: SecretKey
    is_deaf: bool = False
    asked: list[Ask] = field(default_factory=list)

    def enquire(self, model: str, unit_type: str) -> Offered | Refused:
        """Ask whether the miner would take a job."""
        request = JobRequest(
            ask=Ask.ENQUIRE, model=model, unit_type=unit_type, public_key=self.key.public_key
        )
        reply = self._say(request, lambda _: None)
        assert isinstance(reply, Offered | Refused)
        return reply

    def ask(self, request: JobRequest, judge: Judge, *, timeout_ms: int) -> Refused | None:
        """Have a request worked on."""
        assert timeout_ms > 0
        reply = self._say(request, judge)
        return reply if isinstance(reply, Refused) else None

    def _say(self, request: JobRequest, judge: Judge) -> Reply:
        self.asked.append(request.ask)
        if self.miner is None:
            raise PeerError(detail="nobody is there")
        desk = self.miner.desk
        signed = sign_request(request, key=self.key, genesis_hash=self.miner.account.genesis_hash)
        ticket = desk.take(signed.encode())
        answer = ticket.find_answer()
        assert answer is not None
        if self.is_deaf and request.ask is Ask.WORK:
            ticket.conclude(None)
            raise PeerError(detail="the line broke")
        reply = decode_reply(answer)
        verdict = judge(reply) if isinstance(reply, Done) else None
        ticket.conclude(None if verdict is None else encode_verdict(verdict))
        return reply


class Doorsteps(Miners):
    """Miners that are reached by function calls."""

    def __init__(self, doors: Mapping[Address, Doorstep]) -> None:
        """Know the way to each."""
        super().__init__({}, key_of("client"))
        self.doors = doors

    @property
    def known(self) -> set[Address]:
        """Whom it can reach."""
        return set(self.doors)

    def speak_to(self, provider: Address) -> Miner | None:
        """Return the way to one."""
        return self.doors.get(provider)


@dataclass
class Street:
    """A client, its miners, and the chain between them.

    Attributes:
        node: the chain.
        miners: by name.
        doors: the ways to them, by name.
        client: the client.
        book: its journal's jobs.
        account: the client's.
    """

    node: LedgerNode
    miners: dict[str, MinerUnderTest]
    doors: dict[str, Doorstep]
    client: Client
    book: JobBook
    account: Account

    def collect(self) -> None:
        """Let every miner claim and give back what it can."""
        for miner in self.miners.values():
            miner.collector.step()


@contextmanager
def a_street(node: LedgerNode, folder: Path, **workers: Answers) -> Iterator[Street]:
    """Put miners with these workers on the chain, each with an offer, and a client."""
    miners = {name: a_miner(node, folder, who=name, worker=one) for name, one in workers.items()}
    for miner in miners.values():
        keep_offered(miner.account, miner.workshop.shop.rates, capacity=1)
    doors = {name: Doorstep(miner, key_of("client")) for name, miner in miners.items()}
    account = an_account(node, folder, "client")
    book = JobBook(account.journal)
    ways = Doorsteps({miners[name].account.key.address: door for name, door in doors.items()})
    street = Street(node, miners, doors, Client(account, book, ways), book, account)
    node.others.append(street.collect)
    yield street
