"""The life of a validator's disk: blocks stored, votes remembered; and what must hold after it.

The real writer, the real sign log and real executed blocks; only the network is missing. A life
begins with whatever the folder holds, so the same function starts a fresh node and goes on after
a crash.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chain.certificate import Certificate, VoteKind
from chain.consensus.messages import NO_ROUND, Proposal, SignedMessage, Vote
from chain.consensus.sign_state import KeySigner, Lock, SignRecord, SignState
from chain.crypto import SecretKey, SigningKind, sha256
from chain.execution import ExecutedBlock
from chain.genesis import Genesis
from chain.primitives import Hash, Signature
from chain.records import Record
from chain.state import Ledger
from chain.store import connection as store_connection
from chain.store import sign_log as store_sign_log
from chain.store.sign_log import SignLog
from chain.store.writer import ChainWriter
from tests.support.market_run import MarketRun

DATABASE, LOG = "chain.db", "sign_state.log"

BLOCKS = 8
"""Blocks of a life: several checkpoints and several rotations of the sign log."""

SEGMENT_ROWS = 7
"""Lookup segments fill and merge within a life."""

_UNSIGNED = Signature(b"")


@dataclass(frozen=True, slots=True)
class Stored:
    """The word of the writer that a block is kept."""

    height: int


@dataclass(frozen=True, slots=True)
class Sent:
    """The word of the sign log that a message is kept: from here on it may be anywhere."""

    message: SignedMessage


Promise = Stored | Sent


@dataclass(frozen=True, slots=True)
class Plan:
    """What is decided in a life.

    Attributes:
        genesis: of the chain.
        key: the validator's whose disk it is.
        blocks: decided blocks with their certificates, from height 1 on.
        states: all records after each height, from height 0 on.
        supply: base units there are.
    """

    genesis: Genesis
    key: SecretKey
    blocks: tuple[tuple[ExecutedBlock, Certificate], ...]
    states: tuple[dict[bytes, Record], ...]
    supply: int

    def tip_hash(self, height: int) -> Hash:
        """Return the hash of a height's block, or of genesis."""
        return self.blocks[height - 1][0].hash if height else self.genesis.hash


def make_plan(seed: int, *, blocks: int = BLOCKS) -> Plan:
    """Decide the blocks of a random life of buyers and sellers."""
    run = MarketRun(seed)
    states, decided = [dict(run.chain.ledger.records)], []
    for _ in range(blocks):
        executed = run.make_block()
        assert run.chain.last_commit is not None
        decided.append((executed, run.chain.last_commit))
        states.append(dict(run.chain.ledger.records))
    chain = run.chain
    key = chain.validators[0]
    return Plan(chain.genesis, key, tuple(decided), tuple(states), chain.ledger.supply)


def hurry_the_disk(*, wal_pages: int = 40, rotate_bytes: int = 3_000) -> None:
    """Let this process make checkpoints and new sign logs within a few blocks."""
    vars(store_connection)["WAL_PAGES"] = wal_pages
    vars(store_sign_log)["ROTATE_BYTES"] = rotate_bytes


@dataclass
class Disk:
    """An open database and sign log.

    Attributes:
        writer: of the database.
        log: the validator's.
        ledger: the state the database held when it was opened.
        signer: holds the validator's key.
        signing: what it has signed.
    """

    writer: ChainWriter
    log: SignLog
    ledger: Ledger
    signer: KeySigner
    signing: SignState

    @classmethod
    def open(cls, folder: Path, plan: Plan) -> "Disk":
        """Open both as the core does; whatever opens is closed again when the other does not.

        Raises:
            StoreError: one of them cannot be opened.
        """
        writer = ChainWriter.open(folder / DATABASE, plan.genesis, segment_rows=SEGMENT_ROWS)
        try:
            path = folder / LOG
            log = SignLog.open(
                path,
                genesis_hash=plan.genesis.hash,
                public_key=plan.key.public_key,
                create=not path.exists(),
            )
        except BaseException:
            writer.close()
            raise
        signer = KeySigner(plan.key, plan.genesis.hash)
        signing = SignState(signer, None if log.record is None else SignRecord.decode(log.record))
        return cls(writer, log, writer.load_ledger(), signer, signing)

    def record(self) -> SignRecord | None:
        """Return the last record of the log."""
        return None if self.log.record is None else SignRecord.decode(self.log.record)

    def close(self) -> None:
        """Close the log and then the database, as the core does."""
        self.log.close()
        self.writer.close()


def live(
    folder: Path, plan: Plan, promise: Callable[[Promise], None], *, last: int | None = None
) -> None:
    """Store the blocks that the folder lacks, each after the votes for it.

    Args:
        folder: of the database and the sign log.
        plan: what is decided.
        promise: told of each thing that may not be lost any more.
        last: height to stop at.

    Raises:
        StoreError: the disk failed; the files are closed.
    """
    disk = Disk.open(folder, plan)
    try:
        go_on(disk, plan, promise, last=last)
    finally:
        disk.close()


def go_on(
    disk: Disk, plan: Plan, promise: Callable[[Promise], None], *, last: int | None = None
) -> None:
    """Store the blocks above those that were there when the disk was opened; see :func:`live`.

    What was found there is a promise too: a node that starts sends its votes again and answers
    with its last block, whether or not the process that wrote them lived to send them.
    """
    record = disk.record()
    for message in () if record is None else record.messages:
        promise(Sent(message))
    promise(Stored(disk.ledger.height))
    for executed, certificate in plan.blocks[disk.ledger.height : last]:
        for message in _vote(disk, executed, certificate):
            promise(Sent(message))
        disk.writer.commit(executed, certificate)
        promise(Stored(executed.block.header.height))


def _vote(disk: Disk, executed: ExecutedBlock, certificate: Certificate) -> Iterator[SignedMessage]:
    """Sign what a proposer signs for its block; each message comes out once it is kept."""
    height, block_hash = executed.block.header.height, executed.hash
    polka = replace(certificate, kind=VoteKind.PREVOTE)  # the log asks nobody whether it holds
    for unsigned in _messages(height, block_hash):
        signed = disk.signing.sign(unsigned)
        if not disk.signing.is_changed or signed is None:
            continue
        is_locked = signed.signing_kind is SigningKind.PRECOMMIT
        lock = Lock(0, block_hash) if is_locked else None
        record = disk.signing.take_record(
            locked=lock, valid=lock, polkas=(polka,) if is_locked else ()
        )
        blocks = {block_hash: executed.block.encode()}
        needed = {key: blocks[key] for key in record.block_hashes if key not in disk.log.blocks}
        disk.log.append(height=height, record=record.encode(), blocks=needed)
        yield signed


def _messages(height: int, block_hash: Hash) -> tuple[SignedMessage, ...]:
    return (
        Proposal(height, 0, NO_ROUND, block_hash, 0, _UNSIGNED),
        Vote(VoteKind.PREVOTE, height, 0, block_hash, 0, _UNSIGNED),
        Vote(VoteKind.PRECOMMIT, height, 0, block_hash, 0, _UNSIGNED),
    )


@dataclass(frozen=True, slots=True)
class Loss:
    """What of the promised was not found.

    Attributes:
        blocks: that were stored.
        messages: that were sent.
    """

    blocks: int
    messages: int


def examine(disk: Disk, plan: Plan, promises: Sequence[Promise]) -> Loss:
    """Check that what a crash left is whole, and count what it lacks.

    Raises:
        AssertionError: the state is not that of any one height, or the files are not sound.
    """
    height = disk.ledger.height
    stored = max((one.height for one in promises if isinstance(one, Stored)), default=0)
    assert height <= stored + 1, f"block {height} was never given"
    assert disk.ledger.records == plan.states[height], "the state is no height's"
    assert disk.ledger.tip_hash == plan.tip_hash(height), "the tip is another block"
    assert disk.ledger.total() == disk.ledger.supply == plan.supply, "money was made or lost"
    last = plan.blocks[height - 1][1] if height else None
    assert disk.writer.last_certificate() == last, "the certificate is another one"
    _check_file(disk.writer)
    _check_blocks_of_log(disk, plan)
    sent = [one.message for one in promises if isinstance(one, Sent)]
    return Loss(max(stored - height, 0), _forgotten(disk, sent))


def _check_file(writer: ChainWriter) -> None:
    """Let SQLite check all of its file, indexes and references included."""
    with writer._connection.begin():
        verdict = writer._connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
        assert verdict == "ok", verdict
        assert not writer._connection.exec_driver_sql("PRAGMA foreign_key_check").all()


def _check_blocks_of_log(disk: Disk, plan: Plan) -> None:
    """Check that the log holds each block its record names, byte for byte."""
    record = disk.record()
    for block_hash in () if record is None else record.block_hashes:
        (executed,) = (one for one, _ in plan.blocks if one.hash == block_hash)
        assert disk.log.blocks[block_hash] == executed.block.encode(), "a block of the log"


def _forgotten(disk: Disk, sent: list[SignedMessage]) -> int:
    """Ask for a contradiction of each message that was sent; count those that would be signed."""
    forgotten = 0
    other = sha256(b"another block")
    memory = SignState(disk.signer, disk.record())
    for message in sent:
        again = memory.sign(replace(message, block_hash=other, signature=_UNSIGNED))
        forgotten += again is not None and again != message
    return forgotten
