"""What a miner's journal says about each job: begun, signed, claimed, ended.

    working -> signed -> claimed -> settled
       |         |          |
       +---------+----------+--> failed -> released
                            +--> lost

``failed`` means that nothing will be claimed and the client's money goes back by the miner's
release; ``lost`` that the reservation ended before the claim reached a block.
"""

from dataclasses import dataclass
from enum import StrEnum

from chain.primitives import Address, Hash
from node.clock import now_ms
from node.market.journal import Journal, Row
from node.market.messages import JobRequest, Reason


class WorkState(StrEnum):
    """How far a job is."""

    WORKING = "working"
    SIGNED = "signed"
    CLAIMED = "claimed"
    SETTLED = "settled"
    FAILED = "failed"
    RELEASED = "released"
    LOST = "lost"


UNFINISHED = (WorkState.WORKING, WorkState.SIGNED, WorkState.CLAIMED, WorkState.FAILED)

_COLUMNS = "reservation_id, job_id, client, state, reason, digest, receipt_hash"


@dataclass(frozen=True, slots=True)
class Work:
    """A job in a miner's journal.

    Attributes:
        reservation_id: 32 bytes.
        job_id: label.
        client: whose job.
        state: how far it is.
        reason: why nothing is claimed, or None.
        digest: of the request; another one for the same reservation is refused.
        receipt_hash: of the receipt; zeros before there is one.
    """

    reservation_id: Hash
    job_id: str
    client: Address
    state: WorkState
    reason: Reason | None
    digest: Hash
    receipt_hash: Hash


class WorkBook:
    """The jobs of a miner's journal."""

    def __init__(self, journal: Journal) -> None:
        """Use a journal."""
        self._journal = journal

    def begin(self, request: JobRequest, client: Address, *, state: WorkState) -> bool:
        """Write down that a job begins; return False where its reservation is known already.

        Args:
            request: what was asked; its input and parameters are not kept.
            client: whose job.
            state: ``working``, or ``failed`` where the client cancels what never began.
        """
        reason = "" if state is WorkState.WORKING else Reason.RELEASED
        with self._journal.writing() as database:
            row = (request.reservation_id, request.job_id, client, state, reason, request.digest)
            cursor = database.execute(
                "INSERT OR IGNORE INTO work VALUES (?, ?, ?, ?, ?, ?, x'', x'', x'', x'', ?)",
                (*row, now_ms()),
            )
            return cursor.rowcount == 1

    def sign(
        self,
        reservation_id: Hash,
        *,
        receipt_hash: Hash,
        reply: bytes,
        document: bytes,
        claim: bytes,
    ) -> None:
        """Write down an answer before anybody sees it."""
        with self._journal.writing() as database:
            database.execute(
                "UPDATE work SET state = ?, receipt_hash = ?, reply = ?, document = ?, claim = ? "
                "WHERE reservation_id = ? AND state = ?",
                (
                    WorkState.SIGNED,
                    receipt_hash,
                    reply,
                    document,
                    claim,
                    reservation_id,
                    WorkState.WORKING,
                ),
            )

    def put_claim(self, reservation_id: Hash, claim: bytes) -> None:
        """Replace a claim by the same one with the client's acceptance."""
        with self._journal.writing() as database:
            database.execute(
                "UPDATE work SET claim = ? WHERE reservation_id = ?", (claim, reservation_id)
            )

    def move(self, work: Work, state: WorkState, reason: Reason | None = None) -> None:
        """Let a job go on from the state in which it was read."""
        with self._journal.writing() as database:
            database.execute(
                "UPDATE work SET state = ?, reason = ?, moved_ms = ? "
                "WHERE reservation_id = ? AND state = ?",
                (state, reason or work.reason or "", now_ms(), work.reservation_id, work.state),
            )

    def erase(self, *, before_ms: int) -> None:
        """Erase the outputs of jobs that ended before a time."""
        with self._journal.writing() as database:
            database.execute(
                "UPDATE work SET reply = x'' WHERE reply != x'' AND moved_ms < ? "
                "AND state IN ('settled', 'lost', 'released')",
                (before_ms,),
            )

    def find(self, reservation_id: Hash) -> Work | None:
        """Return a job by its reservation."""
        rows = self._journal.read(
            f"SELECT {_COLUMNS} FROM work WHERE reservation_id = ?",  # noqa: S608 - a constant
            (reservation_id,),
        )
        return _work(rows[0]) if rows else None

    def in_state(self, *states: WorkState) -> list[Work]:
        """Return the jobs in some states."""
        marks = ", ".join("?" * len(states))
        rows = self._journal.read(
            f"SELECT {_COLUMNS} FROM work WHERE state IN ({marks})",  # noqa: S608 - only marks
            states,
        )
        return [_work(row) for row in rows]

    def reply(self, reservation_id: Hash) -> bytes:
        """Return the encoded answer of a job; nothing where there is none any more."""
        return self._field("reply", reservation_id)

    def signed(self, reservation_id: Hash) -> tuple[bytes, bytes]:
        """Return a job's receipt document and claim."""
        return self._field("document", reservation_id), self._field("claim", reservation_id)

    def _field(self, name: str, reservation_id: Hash) -> bytes:
        rows = self._journal.read(
            f"SELECT {name} FROM work WHERE reservation_id = ?",  # noqa: S608 - a constant
            (reservation_id,),
        )
        value = rows[0][0] if rows else b""
        assert isinstance(value, bytes)
        return value


def _work(row: Row) -> Work:
    reservation_id, job_id, client, state, reason, digest, receipt_hash = row
    assert isinstance(reservation_id, bytes)
    assert isinstance(client, bytes)
    assert isinstance(digest, bytes)
    assert isinstance(receipt_hash, bytes)
    return Work(
        reservation_id=Hash(reservation_id),
        job_id=str(job_id),
        client=Address(client),
        state=WorkState(str(state)),
        reason=Reason(str(reason)) if reason else None,
        digest=Hash(digest),
        receipt_hash=Hash(receipt_hash) if receipt_hash else Hash(bytes(32)),
    )
