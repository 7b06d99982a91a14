"""The writer beside the measurements: a chain goes on, a block a second, until the input ends.

Run as ``python -m scripts.benchmarks.live_chain FOLDER ACCOUNTS``. It stands where a node's core
stands: an edge is told of each block, and the node's own code answers what waits and who votes.
What is sent to it waits in its mempool and comes into no block.
"""

import asyncio
import os
import sys
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from chain.consensus.timing import Timing
from chain.engine import Engine
from chain.events import Event, Reply
from chain.store.writer import ChainWriter
from genesis.document import read_genesis
from node.api_frames import NodeStatus
from node.api_side import ApiSide
from node.home import Home
from node.knowledge import Knowledge
from node.network_side import NetworkSide
from scripts.benchmarks.trade import Market

TRANSFERS, DEALS = 75, 5
"""What each block holds."""

BLOCK_S = 1.0
READY = "ready"


@dataclass
class LiveChain:
    """A market that makes blocks by itself, and the node's engine that looks at its state.

    Attributes:
        market: makes the blocks.
        engine: answers about them.
    """

    market: Market
    engine: Engine

    def __post_init__(self) -> None:
        """Stand ready for edges."""
        genesis_hash = self.market.genesis.hash
        peers = NetworkSide(genesis_hash=genesis_hash, take=self._take)
        tell = Knowledge(self.engine, peers).tell
        self._api = ApiSide(genesis_hash=genesis_hash, take=self._take, tell=tell)

    def _take(self, event: Event) -> None:
        for effect in self.engine.handle(event):
            if isinstance(effect, Reply):
                self._api.reply(effect)

    async def run(self, home: Home) -> None:
        """Make blocks until the standard input ends."""
        ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
        async with await self._api.serve(home):
            print(READY, flush=True)
            while not ended.is_set():
                self._make_block()
                try:
                    async with asyncio.timeout(BLOCK_S):
                        await ended.wait()
                except TimeoutError:
                    continue
            self._api.abort()

    def _make_block(self) -> None:
        transfers = min(TRANSFERS, self.market.accounts)
        executed = self.market.make_block(transfers=transfers, deals=DEALS)
        height = executed.block.header.height
        self._api.push_status(self._status(height))
        self._api.notice(height, executed.hash)

    def _status(self, height: int) -> NodeStatus:
        return NodeStatus(
            peers=0,
            mempool=len(self.engine.mempool),
            round=0,
            catching_up=False,
            best=height,
            blocks_per_s=None,
            remaining_s=None,
            validator=False,
            name="bench",
            version=version("aitbc"),
        )


def main(accounts: int) -> None:
    """Go on with the chain in the working folder."""
    home = Home(Path())
    home.run.mkdir(mode=0o700, exist_ok=True)
    genesis = read_genesis(home.genesis)
    with closing(ChainWriter.open(Path("chain.db"), genesis)) as writer:
        market = Market.on(writer, genesis, accounts=accounts)
        engine = Engine(
            market.ledger, last_certificate=market.last_commit, signer=None, timing=Timing()
        )
        asyncio.run(LiveChain(market, engine).run(home))


if __name__ == "__main__":
    match sys.argv[1:]:
        case [place, count]:
            os.chdir(place)  # so that the socket's path stays short
            main(int(count))
        case _:
            sys.exit("usage: python -m scripts.benchmarks.live_chain FOLDER ACCOUNTS")
