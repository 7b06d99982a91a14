"""What a crowd of reservations costs that expire at one height, against as many releases.

A block ends at most 256 of them. Its cost, execution and state root included, is compared with
that of a block with 256 releases of the same ledger, whose signatures were checked before.
"""

import statistics
import time
from dataclasses import fields, replace

from chain.block import Block, Header
from chain.commitment import Commitment
from chain.crypto import sha256
from chain.due import DueQueue
from chain.execution import ExecutedBlock, finish_execution, start_execution
from chain.payloads import Release
from chain.primitives import DUE_WORK_MAX, ZERO_HASH, Address, Hash
from chain.records import Record, ReservationRecord, balance_key, reservation_key
from chain.state import Ledger
from chain.transaction import SignedTransaction
from chain.transition import apply_transaction
from chain.validation import VerifiedBlock, VerifiedTransaction, verify_transaction
from tests.support.builders import GENESIS_HASH, a_ledger, a_signed, key_of

CLIENT = key_of("client").address
PROVIDER = "miner"
EXPIRY = 100
CAP = 300
ROUNDS = 30


def crowded_ledger(count: int) -> tuple[Ledger, list[Hash]]:
    """Return a ledger in which so many reservations expire with the next block, and their ids."""
    ledger = a_ledger({"client": CAP * count, PROVIDER: 1_000})
    names = [sha256(b"reservation %d" % number) for number in range(count)]
    records: dict[bytes, Record] = dict(ledger.records)
    records[balance_key(CLIENT)] = 0
    records |= {reservation_key(name): _reservation(name) for name in names}
    crowded = replace(
        ledger,
        height=EXPIRY - 1,
        records={},
        commitment=Commitment(),
        due=DueQueue(),
        forget=DueQueue(),
    )
    crowded.load(records)
    assert crowded.total() == crowded.supply
    return crowded, names


def _reservation(name: Hash) -> ReservationRecord:
    return ReservationRecord(
        client=CLIENT,
        job_id=name.hex(),
        provider=key_of(PROVIDER).address,
        model="llama3.2",
        unit_type="gpu_seconds",
        max_rate=200,
        cap=CAP,
        spent=0,
        pending=0,
        jobs_max=1,
        expires_at=EXPIRY,
        dispute_window=0,
        closing=False,
    )


class Blocks:
    """Makes blocks on a ledger without votes, and remembers what they took.

    Attributes:
        ledger: advances with each block.
        seconds: processor time of each block.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.seconds: list[float] = []

    def make(self, *transactions: VerifiedTransaction) -> ExecutedBlock:
        """Execute and take over a block of these transactions."""
        ledger = self.ledger
        proposer = ledger.validators[0].public_key
        zeros = {one.name: ZERO_HASH for one in fields(Header)}
        place = {"height": ledger.height + 1, "time_ms": ledger.tip_time_ms + 1_000}
        blank = Header(**{**zeros, **place, "chain_id": ledger.chain_id, "proposer": proposer})
        verified = VerifiedBlock(Block(blank, None, (), (), ()), transactions, ())
        started = time.process_time()
        execution = start_execution(ledger, proposer)
        outcomes = [apply_transaction(execution, one) for one in transactions]
        executed = finish_execution(execution, verified, outcomes)
        header = executed.block.header
        ledger.advance(
            executed.state,
            executed.update,
            height=header.height,
            tip_hash=executed.hash,
            tip_time_ms=header.time_ms,
        )
        self.seconds.append(time.process_time() - started)
        return executed

    def balance(self, account: Address) -> int:
        """Return an account's base units."""
        found = self.ledger.records.get(balance_key(account), 0)
        assert isinstance(found, int)
        return found


def _releases(names: list[Hash], *, first_nonce: int, height: int) -> list[VerifiedTransaction]:
    signed: list[SignedTransaction] = [
        a_signed(Release(name), by=PROVIDER, nonce=first_nonce + index, valid_until=height + 600)
        for index, name in enumerate(names)
    ]
    return [verify_transaction(one.encode(), genesis_hash=GENESIS_HASH) for one in signed]


def run(*, count: int) -> None:
    """Measure both kinds of block in turns and print their ratio."""
    print(f"expiries: {count:,} reservations that end together", flush=True)
    ledger, _ = crowded_ledger(count)
    expiring = Blocks(ledger)
    crowd, spare = crowded_ledger(count)
    # The same crowd long before its expiry, so that only the releases end anything.
    crowd.height = 0
    releasing = Blocks(crowd)
    for turn in range(min(ROUNDS, EXPIRY - 2, count // DUE_WORK_MAX)):
        part = spare[turn * DUE_WORK_MAX : (turn + 1) * DUE_WORK_MAX]
        releases = _releases(part, first_nonce=turn * DUE_WORK_MAX, height=crowd.height)
        releasing.make(*releases)
        ended = expiring.make().due_outcomes
        assert len(ended) == DUE_WORK_MAX
    one, other = (statistics.median(each.seconds) for each in (expiring, releasing))
    print(f"expiries: block of {DUE_WORK_MAX} expiries {one * 1_000:.2f} ms")
    print(f"expiries: block of {DUE_WORK_MAX} releases {other * 1_000:.2f} ms")
    print(f"expiries: ratio {one / other:.2f}")
