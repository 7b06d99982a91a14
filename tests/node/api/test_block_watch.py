import asyncio
from pathlib import Path

from chain.store.follow_queries import RUN_MAX
from node.api.block_watch import BlockWatch
from node.api.counters import Counters
from tests.support.builders import a_transfer
from tests.support.exposed import Samples, samples_of
from tests.support.small_chain import StoredChain, services_of, stored_chain

MANY = RUN_MAX + 20


def watched(folder: Path, *, before: int, after: int) -> Samples:
    """Watch a chain from a height on, and return what was counted of the blocks after it."""

    def make(stored: StoredChain, count: int) -> None:
        for _ in range(count):
            height = stored.chain.ledger.height + 1
            transfer = a_transfer(1, nonce=height - 1, valid_until=height)
            stored.block(transfer)

    with stored_chain(folder) as stored, services_of(folder) as services:
        make(stored, before)
        counters = Counters()
        watch = BlockWatch(services, counters)
        make(stored, after)

        async def run() -> None:
            watching = asyncio.create_task(watch.run())
            await asyncio.sleep(0)
            services.core.bell.ring(services.tip_height())
            for _ in range(10):
                await asyncio.sleep(0)
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

        asyncio.run(run())
        return samples_of(counters)


def test_blocks_are_counted_from_the_start_on(tmp_path: Path) -> None:
    samples = watched(tmp_path, before=2, after=MANY)
    assert samples["aitbc_chain_blocks_total"] == {(): MANY}
    assert samples["aitbc_chain_transactions_total"] == {(): MANY}
    assert samples["aitbc_chain_late_blocks_total"] == {(): 0}
    assert samples["aitbc_chain_evidence_blocks_total"] == {(): 0}
    assert samples["aitbc_chain_signatures"] == {(): 1}
    assert samples["aitbc_chain_block_interval_seconds_count"] == {(): MANY}


def test_first_block_has_no_interval(tmp_path: Path) -> None:
    samples = watched(tmp_path, before=0, after=2)
    assert samples["aitbc_chain_blocks_total"] == {(): 2}
    assert samples["aitbc_chain_block_interval_seconds_count"] == {(): 1}
