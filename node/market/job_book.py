"""What a client's journal says about its jobs and the attempts to have each of them done.

    reserving -> reserved -> answered | objected -> paid | split | returned
              -> void

A job has one attempt after the other, never two at once: the next one begins when the money of the
last one is back, so that no job is paid twice.
"""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from chain.primitives import Address, Hash
from node.clock import now_ms
from node.market.journal import Journal, Row, Writing

ATTEMPTS_MAX = 9
"""Attempts of one job."""


class JobState(StrEnum):
    """How far a job is."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"


class AttemptState(StrEnum):
    """How far one attempt is."""

    RESERVING = "reserving"
    RESERVED = "reserved"
    ANSWERED = "answered"
    OBJECTED = "objected"
    PAID = "paid"
    SPLIT = "split"
    RETURNED = "returned"
    VOID = "void"


ENDED = frozenset({AttemptState.PAID, AttemptState.SPLIT, AttemptState.RETURNED, AttemptState.VOID})


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a client wants of a job.

    Attributes:
        model: label of the model.
        unit_type: what a unit is.
        max_price: base units; what each reservation holds.
        max_rate: base units per whole unit, or 0 for whatever the miner offers.
        miner: address of the only miner to ask, or "" for any.
        parameters: for the worker; private.
        check: a command that judges outputs, or none.
        window: heights in which an unaccepted claim may be disputed.
        expires_after: heights from the reservation to its expiry.
        attempts: at most.
        timeout_ms: milliseconds in which a miner must answer.
    """

    model: str
    unit_type: str = "gpu_seconds"
    max_price: int
    max_rate: int = 0
    miner: str = ""
    parameters: str = field(default="", repr=False)
    check: tuple[str, ...] = ()
    window: int = 60
    expires_after: int = 600
    attempts: int = 3
    timeout_ms: int = 600_000


@dataclass(frozen=True, slots=True)
class Job:
    """A job in a client's journal.

    Attributes:
        job_id: label.
        state: how far it is.
        terms: what is wanted.
        created_ms: unix milliseconds.
    """

    job_id: str
    state: JobState
    terms: Terms
    created_ms: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to have a job done.

    Attributes:
        reservation_id: 32 bytes.
        job_id: the job's label.
        number: from 1.
        provider: the miner.
        state: how far it is.
        reason: why it was not paid, in one word, or "".
        receipt_hash: of the receipt that was given; zeros before.
        amount: base units that were paid for it, fee included.
        created_ms: unix milliseconds.
    """

    reservation_id: Hash
    job_id: str
    number: int
    provider: Address
    state: AttemptState
    reason: str
    receipt_hash: Hash
    amount: int
    created_ms: int

    @property
    def label(self) -> str:
        """The job id on the chain, where no two reservations share one."""
        return label_of(self.job_id, self.number)


@dataclass(frozen=True, slots=True)
class Result:
    """How a job ended, or where it is.

    Attributes:
        job: as the journal has it.
        attempts: in their order.
    """

    job: Job
    attempts: tuple[Attempt, ...]

    @property
    def paid(self) -> int:
        """Base units paid for it."""
        return sum(one.amount for one in self.attempts if one.state in ENDED)


def label_of(job_id: str, number: int) -> str:
    """Return the job id of an attempt on the chain."""
    return job_id if number == 1 else f"{job_id}.{number}"


class JobBook:
    """The jobs of a client's journal."""

    def __init__(self, journal: Journal) -> None:
        """Use a journal."""
        self._journal = journal

    def add(self, job_id: str, terms: Terms, input_: bytes) -> bool:
        """Write down a job; return False where its name is taken."""
        with self._journal.writing() as database:
            row = (job_id, JobState.OPEN, json.dumps(asdict(terms)), input_, now_ms())
            cursor = database.execute("INSERT OR IGNORE INTO job VALUES (?, ?, ?, ?, x'', ?)", row)
            return cursor.rowcount == 1

    def find(self, job_id: str) -> Job | None:
        """Return a job."""
        rows = self._journal.read(
            "SELECT job_id, state, terms, created_ms FROM job WHERE job_id = ?", (job_id,)
        )
        return _job(rows[0]) if rows else None

    def jobs(self, *, limit: int, only_open: bool = False) -> list[Job]:
        """Return jobs, the newest first."""
        rows = self._journal.read(
            "SELECT job_id, state, terms, created_ms FROM job WHERE state = ? OR ? = 0 "
            "ORDER BY created_ms DESC LIMIT ?",
            (JobState.OPEN, int(only_open), limit),
        )
        return [_job(row) for row in rows]

    def input_of(self, job_id: str) -> bytes:
        """Return a job's input; nothing once it has ended."""
        return self._bytes("SELECT input FROM job WHERE job_id = ?", job_id)

    def output_of(self, job_id: str) -> bytes:
        """Return a job's output; nothing where there is none."""
        return self._bytes("SELECT output FROM job WHERE job_id = ?", job_id)

    def _bytes(self, statement: str, job_id: str) -> bytes:
        rows = self._journal.read(statement, (job_id,))
        value = rows[0][0] if rows else b""
        assert isinstance(value, bytes)
        return value

    def end(self, job_id: str, state: JobState) -> None:
        """End a job; its input is erased, and so is an output that was not paid for."""
        with self._journal.writing() as database:
            database.execute(
                "UPDATE job SET state = ?, input = x'', "
                "output = CASE ? WHEN 'done' THEN output ELSE x'' END WHERE job_id = ?",
                (state, state, job_id),
            )

    def attempts(self, job_id: str) -> list[Attempt]:
        """Return a job's attempts in their order."""
        rows = self._journal.read(
            "SELECT * FROM attempt WHERE job_id = ? ORDER BY number", (job_id,)
        )
        return [_attempt(row) for row in rows]

    def find_attempt(self, reservation_id: Hash) -> Attempt | None:
        """Return an attempt by its reservation."""
        rows = self._journal.read(
            "SELECT * FROM attempt WHERE reservation_id = ?", (reservation_id,)
        )
        return _attempt(rows[0]) if rows else None

    def failures_of(self, provider: Address, *, since_ms: int) -> int:
        """Return how many attempts with a miner have come to nothing since a time."""
        ((count,),) = self._journal.read(
            "SELECT count(*) FROM attempt WHERE provider = ? AND created_ms > ? "
            "AND state IN ('returned', 'split')",
            (provider, since_ms),
        )
        assert isinstance(count, int)
        return count

    def answer(self, attempt: Attempt, output: bytes, receipt_hash: Hash, *, price: int) -> None:
        """Write down an output and the receipt for it, before the client accepts."""
        with self._journal.writing() as database:
            database.execute(
                "UPDATE attempt SET state = ?, receipt_hash = ?, amount = ? "
                "WHERE reservation_id = ?",
                (AttemptState.ANSWERED, receipt_hash, price, attempt.reservation_id),
            )
            database.execute("UPDATE job SET output = ? WHERE job_id = ?", (output, attempt.job_id))

    def move(
        self, attempt: Attempt, state: AttemptState, *, reason: str = "", amount: int = 0
    ) -> None:
        """Let an attempt go on; an earlier reason stays where there is no new one."""
        with self._journal.writing() as database:
            database.execute(
                "UPDATE attempt SET state = ?, reason = ?, amount = ? WHERE reservation_id = ?",
                (state, reason or attempt.reason, amount, attempt.reservation_id),
            )


def add_attempt(database: Writing, attempt: Attempt) -> None:
    """Write down an attempt, in the step that writes down its reservation."""
    database.execute(
        "INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            attempt.reservation_id,
            attempt.job_id,
            attempt.number,
            attempt.provider,
            attempt.state,
            attempt.reason,
            attempt.receipt_hash,
            attempt.amount,
            attempt.created_ms,
        ),
    )


def _job(row: Row) -> Job:
    job_id, state, terms, created_ms = row
    assert isinstance(created_ms, int)
    wanted = json.loads(str(terms))
    wanted["check"] = tuple(wanted["check"])
    return Job(str(job_id), JobState(str(state)), Terms(**wanted), created_ms)


def _attempt(row: Row) -> Attempt:
    reservation_id, job_id, number, provider, state, reason, receipt_hash, amount, created_ms = row
    assert isinstance(reservation_id, bytes)
    assert isinstance(number, int)
    assert isinstance(provider, bytes)
    assert isinstance(receipt_hash, bytes)
    assert isinstance(amount, int)
    assert isinstance(created_ms, int)
    return Attempt(
        reservation_id=Hash(reservation_id),
        job_id=str(job_id),
        number=number,
        provider=Address(provider),
        state=AttemptState(str(state)),
        reason=str(reason),
        receipt_hash=Hash(receipt_hash),
        amount=amount,
        created_ms=created_ms,
    )
