"""Part two: blocks of transfers, from their bytes to SQLite's file, stage by stage.

The stages are the node's public functions, timed one after the other in one process on a real
database file. In a running node the edges check signatures in processes of their own, so the core
does less than this chain of stages; both are told.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chain.advance import Chain
from chain.block import Block
from chain.certificate import Certificate, VoteKind, vote_signing_bytes
from chain.checked import checked_transaction
from chain.crypto import SecretKey, check_signature
from chain.execution import ExecutedBlock, execute_block
from chain.genesis import Genesis
from chain.primitives import Address
from chain.proposal import build_block
from chain.records import Table
from chain.store.block_rows import block_row, transaction_rows
from chain.store.book import Book
from chain.store.state_rows import state_rows
from chain.store.writer import ChainWriter
from chain.transaction import SignedTransaction, decode_transaction
from chain.validation import VerifiedTransaction, verify_block
from genesis.document import canonical_bytes, parse_genesis
from genesis.make import development_validators
from scripts.benchmarks.figures import Figure, Laps, Part, say
from scripts.benchmarks.signatures import SignedMessage, check_all
from scripts.benchmarks.workload import SEED, Payers, account_key, genesis_document, transfer_fee

NAME = "blocks"
WHAT = (
    "blocks of {size:,} transfers among {accounts:,} accounts through the node's own functions in "
    "one process, into SQLite (WAL, synchronous=FULL). Medians of {rounds} blocks."
)
VALIDATORS = 4
HEIGHTS = 500
"""Last height of the transfers; runs are shorter."""

WHOLE = ("decode", "verify", "execute", "commit", "advance")
FOLLOWER = ("arrive", "admit", "known", "execute", "commit", "advance")
PROPOSER = ("arrive", "admit", "build", "commit", "advance")

PATHS = (
    ("bytes to disk, signatures included", WHOLE),
    ("core of a proposer, checked by the edge", PROPOSER),
    ("core of a follower, checked by the edge", FOLLOWER),
)

STAGES = (
    ("decode block and transactions", ("decode", "forms")),
    ("check signatures", ("signatures",)),
    ("ids and roots of the parts", ("verify", "-forms", "-signatures")),
    ("execute", ("execute", "-root")),
    ("state root", ("root",)),
    ("rows", ("rows",)),
    ("SQLite with its sync", ("commit", "-rows")),
    ("take over: ledger, mempool", ("advance",)),
)
"""What ``WHOLE`` is made of."""

ASIDE = (
    ("from the edge: decode and ids", ("arrive",)),
    ("admit to the mempool", ("admit",)),
    ("build as proposer", ("build",)),
    ("verify with all known", ("known",)),
)


@dataclass
class Bench:
    """A chain of one process: proposer, follower and store.

    Attributes:
        chain: ledger and mempool.
        writer: the store.
        keys: of the validators by public key.
        payers: who pays.
        laps: seconds of each stage.
    """

    chain: Chain
    writer: ChainWriter
    keys: list[SecretKey]
    payers: Payers
    laps: Laps = field(default_factory=Laps)
    book: Book = field(default_factory=Book)

    def run_block(self, payers: list[int]) -> None:
        """Make, follow and store one block in which each of these accounts pays once."""
        transfers = list(self.payers.between(payers))
        arrived = self._arrive([one.encode() for one in transfers])
        known = {one.full_id: one for one in arrived}
        proposed = self._propose(arrived)
        assert len(proposed.outcomes) == len(payers), "a transfer was left out"
        data = proposed.block.encode()
        with self.laps.lap("decode"):
            block = Block.decode(data)
        with self.laps.lap("verify"):
            verified = verify_block(block, known={}, known_receipts={})
        with self.laps.lap("known"):
            verify_block(block, known=known, known_receipts={})
        with self.laps.lap("execute"):
            executed = execute_block(self.chain.ledger, verified)
        self._time_parts(executed, transfers)
        self._finish(executed)

    def _arrive(self, encoded: list[bytes]) -> list[VerifiedTransaction]:
        """Take transfers that an edge has checked, and admit them."""
        with self.laps.lap("arrive"):
            arrived = [
                checked_transaction(data, genesis_hash=self.chain.ledger.genesis_hash)
                for data in encoded
            ]
        with self.laps.lap("admit"):
            for one in arrived:
                self.chain.mempool.add(one)
        return arrived

    def _propose(self, arrived: list[VerifiedTransaction]) -> ExecutedBlock:
        ledger = self.chain.ledger
        turn = ledger.validators.proposer_index(height=ledger.height + 1, round_=0)
        with self.laps.lap("build"):
            proposed = build_block(
                ledger,
                self.chain.mempool,
                proposer=self.keys[turn].public_key,
                time_ms=ledger.tip_time_ms + 1_000,
                last_commit=self.chain.last_certificate,
            )
        assert len(arrived) == len(proposed.verified.transactions)
        return proposed

    def _time_parts(self, executed: ExecutedBlock, transfers: list[SignedTransaction]) -> None:
        """Do parts of the stages once more by themselves; none of it changes anything."""
        ledger = self.chain.ledger
        messages = [SignedMessage.of(one, ledger.genesis_hash) for one in transfers]
        with self.laps.lap("signatures"):
            check_all(messages)
        with self.laps.lap("forms"):
            for data in executed.block.transactions:
                decode_transaction(data)
        with self.laps.lap("root"):
            ledger.commitment.compute(executed.state.changes.items())
        with self.laps.lap("rows"):
            block_row(executed)
            transaction_rows(executed, self.book)
            state_rows(executed, self.book)

    def _finish(self, executed: ExecutedBlock) -> None:
        certificate = self._certify(executed)
        with self.laps.lap("commit"):
            self.writer.commit(executed, certificate)
        with self.laps.lap("advance"):
            self.chain.commit(executed, certificate)
        self.chain.effects.clear()

    def _certify(self, executed: ExecutedBlock) -> Certificate:
        ledger, block_hash = self.chain.ledger, executed.hash
        height = ledger.height + 1
        message = vote_signing_bytes(
            VoteKind.PRECOMMIT, ledger.genesis_hash, height=height, round_=0, block_hash=block_hash
        )
        return Certificate(
            kind=VoteKind.PRECOMMIT,
            height=height,
            round=0,
            block_hash=block_hash,
            validators_hash=ledger.validators.hash,
            signatures=tuple((index, key.sign(message)) for index, key in enumerate(self.keys)),
        )


@contextmanager
def open_bench(folder: Path, *, accounts: int) -> Iterator[Bench]:
    """Make a chain with a database in a folder."""
    genesis = parse_genesis(
        canonical_bytes(genesis_document(validators=VALIDATORS, accounts=accounts))
    )
    writer = ChainWriter.open(folder / "bench.db", genesis)
    try:
        yield _bench(writer, genesis, accounts=accounts)
    finally:
        writer.close()


def _bench(writer: ChainWriter, genesis: Genesis, *, accounts: int) -> Bench:
    ledger = writer.load_ledger()
    book = Book()
    for key in ledger.records:
        if key[0] == Table.BALANCE:
            book.number(Address(key[1:]))
    book.take_named()
    by_public_key = {key.public_key: key for _, key in development_validators(VALIDATORS)}
    payers = Payers(
        keys=[account_key(index) for index in range(accounts)],
        genesis_hash=genesis.hash,
        fee=transfer_fee(genesis.parameters),
        valid_until=HEIGHTS,
    )
    keys = [by_public_key[one.public_key] for one in genesis.validators]
    return Bench(Chain(ledger, None, check_signature), writer, keys, payers, book=book)


def run(folder: Path, *, rounds: int, size: int, accounts: int) -> Part:
    """Run ``rounds`` blocks of ``size`` transfers after one that does not count."""
    chosen = random.Random(SEED)  # noqa: S311 - a repeatable workload, no secret
    with open_bench(folder, accounts=accounts) as bench:
        for number in range(rounds + 1):
            bench.run_block(chosen.sample(range(accounts), size))
            say(f"{NAME}: block {number} of {rounds}")
            if number == 0:
                bench.laps.seconds.clear()
    what = WHAT.format(size=size, accounts=accounts, rounds=rounds)
    return Part(name=NAME, what=what, figures=tuple(_figures(bench.laps, size)))


def _figures(laps: Laps, size: int) -> Iterator[Figure]:
    for name, path in PATHS:
        blocks = 1 / laps.median(*path)
        yield Figure(name, blocks * size, "transfers/s", laps.ratio(["signatures"], path), "R1")
    whole, ratio = 1 / laps.median(*WHOLE), laps.ratio(["signatures"], WHOLE)
    yield Figure("blocks, bytes to disk", whole, "blocks/s", ratio, "R1 of a block")
    for name, stage in STAGES:
        yield _stage(laps, name, stage)
    for name, stage in ASIDE:
        yield _stage(laps, f"beside it: {name}", stage)


def _stage(laps: Laps, name: str, stage: tuple[str, ...]) -> Figure:
    milliseconds, share = 1_000 * laps.median(*stage), laps.ratio(stage, WHOLE)
    return Figure(name, milliseconds, "ms/block", share, "bytes to disk")
