"""A long chain on the disk, made once and kept: what lists and pages are measured on."""

import json
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from chain.genesis import Genesis
from chain.store.queries import ChainReader
from chain.store.statistics_queries import StatisticsReader
from chain.store.totals import Totals
from chain.store.writer import ChainWriter
from genesis.document import canonical_bytes, read_genesis
from scripts.benchmarks.figures import say
from scripts.benchmarks.trade import CLAIMS, Market, trade_genesis

TOLD_EVERY = 50


@dataclass(frozen=True)
class Size:
    """How much a chain holds at least, and how it is spread.

    Attributes:
        blocks: how many; the last ones claim what is still open.
        transactions: of all kinds.
        receipts: among them, four of each reservation.
        accounts: that pay each other.
    """

    blocks: int
    transactions: int
    receipts: int
    accounts: int

    @property
    def deals(self) -> int:
        """Reservations of a block."""
        return -(-self.receipts // (CLAIMS * self.blocks))

    @property
    def transfers(self) -> int:
        """Transfers of a block, among them the few of an account to itself that are left out."""
        others = (CLAIMS + 1) * self.deals
        return -(-self.transactions * 101 // (100 * self.blocks)) - others


FULL = Size(blocks=2_000, transactions=1_000_000, receipts=200_000, accounts=20_000)
QUICK = Size(blocks=40, transactions=4_000, receipts=1_600, accounts=400)


@dataclass(frozen=True)
class Built:
    """A chain that is there.

    Attributes:
        folder: where its database and its genesis document lie.
        totals: of the chain.
        height: of its tip.
        seconds: that making it took, in all its parts.
    """

    folder: Path
    totals: Totals
    height: int
    seconds: float

    @property
    def database(self) -> Path:
        """The database."""
        return self.folder / "chain.db"


def build(folder: Path, size: Size) -> Built:
    """Make a chain of a size in a folder, or go on with one that is there."""
    folder.mkdir(parents=True, exist_ok=True)
    genesis = _genesis(folder, size)
    facts = folder / "built.json"
    seconds = json.loads(facts.read_text())["seconds"] if facts.exists() else 0.0
    if not _is_whole(folder, size):
        started = time.perf_counter()
        with closing(ChainWriter.open(folder / "chain.db", genesis)) as writer:
            market = Market.on(writer, genesis, accounts=size.accounts)
            while market.ledger.height <= size.blocks:
                market.make_block(transfers=size.transfers, deals=size.deals)
                if market.ledger.height % TOLD_EVERY == 0:
                    spent = time.perf_counter() - started
                    say(f"block {market.ledger.height} of {size.blocks}, {spent:.0f} s")
        seconds += time.perf_counter() - started
        facts.write_text(json.dumps({"seconds": seconds, "size": asdict(size)}))
    height, totals = _totals(folder)
    return Built(folder, totals, height, seconds)


def _genesis(folder: Path, size: Size) -> Genesis:
    path = folder / "genesis.json"
    if not path.exists():
        path.write_bytes(canonical_bytes(trade_genesis(accounts=size.accounts)))
    return read_genesis(path)


def _is_whole(folder: Path, size: Size) -> bool:
    if not (folder / "built.json").exists():
        return False
    height, _ = _totals(folder)
    return height > size.blocks


def _totals(folder: Path) -> tuple[int, Totals]:
    with closing(ChainReader.open(folder / "chain.db")) as reader:
        view = StatisticsReader(reader).totals()
    return view.height, view.totals
