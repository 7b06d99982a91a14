"""A miner's workshop: where jobs wait, are worked on, and are signed.

Each step is written down before anybody sees it: that a job begins, then what was signed. What a
workshop had under way when it was killed is given up at the next start, since no input is kept,
and the client's money goes back.
"""

import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock

import structlog

from chain.claim import Acceptance, ClaimTransaction, acceptance_bytes
from chain.crypto import address_of, check_signature
from chain.errors import ConfigError, InvalidSignature, MalformedMessage, PeerError
from chain.primitives import Address, Hash
from chain.transaction import decode_transaction
from node.clock import monotonic_ms, now_ms
from node.market.bill import Biller, Measured, affordable_ms
from node.market.chain_states import ReservationState
from node.market.messages import JobRequest, Reason
from node.market.node_view import NodeView
from node.market.replies import SALT_BYTES, Done, decode_verdict
from node.market.work_book import WorkBook, WorkState
from node.market.worker import Worker, WorkFailed

WAITING_PER_WORKER = 8
"""Jobs that wait for each that is worked on; more are refused as busy."""

WINDOW_MAX = 3_600
"""Heights that a miner waits for its money at most, unless its operator says: an hour."""

Line = tuple[str, str]
"""Model and unit type."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shop:
    """What a miner sells.

    Attributes:
        rates: base units per whole unit, by model and unit type.
        workers: jobs at once.
        work_ms: the longest that one may take, in milliseconds.
        window_max: the longest dispute window that is worked for, in heights.
    """

    rates: Mapping[Line, int]
    workers: int
    work_ms: int
    window_max: int = WINDOW_MAX


class Workshop:
    """The workshop of one miner.

    Attributes:
        shop: what is sold.
        biller: signs.
    """

    def __init__(
        self,
        *,
        node: NodeView,
        book: WorkBook,
        biller: Biller,
        worker: Worker,
        shop: Shop,
        wake: Callable[[], None],
        fail: Callable[[BaseException], None],
    ) -> None:
        """Open the workshop; what an earlier one left unfinished is given up.

        Args:
            node: what the chain says.
            book: the journal.
            biller: signs.
            worker: works.
            shop: what is sold.
            wake: called when a job has ended.
            fail: called with what nobody expected, which must stop the miner.
        """
        self.shop = shop
        self.biller = biller
        self._node = node
        self._book = book
        self._worker = worker
        self._wake, self._fail_miner = wake, fail
        self._pool = ThreadPoolExecutor(shop.workers, thread_name_prefix="work")
        self._lock = Lock()
        self._at_work: set[Hash] = set()
        for work in book.in_state(WorkState.WORKING):
            book.move(work, WorkState.FAILED, Reason.INTERRUPTED)

    def close(self) -> None:
        """Give up what is under way; what waits is given up at the next start."""
        self._worker.stop()
        self._pool.shutdown(cancel_futures=True)

    @property
    def is_full(self) -> bool:
        """Whether no further job is begun now."""
        return len(self._at_work) >= self.shop.workers * (1 + WAITING_PER_WORKER)

    def is_at_work(self, reservation_id: Hash) -> bool:
        """Tell whether a job waits or is worked on."""
        return reservation_id in self._at_work

    def begin(
        self, request: JobRequest, client: Address, reservation: ReservationState, *, rate: int
    ) -> Reason | None:
        """Begin a job, unless it is begun already; return why not, or None."""
        with self._lock:
            if self.is_full:
                return Reason.BUSY
            if not self._book.begin(request, client, state=WorkState.WORKING):
                return None
            self._at_work.add(request.reservation_id)
        log.info("begun", job_id=request.job_id, model=request.model)
        done = self._pool.submit(self._work, request, reservation, rate)

        def has_worked(done: "Future[None]") -> None:
            self._at_work.discard(request.reservation_id)
            error = None if done.cancelled() else done.exception()
            if error is not None:
                self._fail_miner(error)
            self._wake()

        done.add_done_callback(has_worked)
        return None

    def _work(self, request: JobRequest, reservation: ReservationState, rate: int) -> None:
        """Do the work of a request and sign it, or write down why there is nothing to sign."""
        started_ms, began_ms = now_ms(), monotonic_ms()
        try:
            output = self._worker.work(
                model=request.model,
                parameters=request.parameters,
                input_=request.input,
                time_ms=self._time_ms(reservation, rate),
            )
        except WorkFailed as error:
            self._fail(request.reservation_id, error.reason)
            return
        except ConfigError:  # the command was there when the miner started, and is not now
            self._fail(request.reservation_id, Reason.WORK_FAILED)
            return
        measured = Measured(
            started_ms=started_ms,
            duration_ms=monotonic_ms() - began_ms,
            prompt_salt=secrets.token_bytes(SALT_BYTES),
            artifact_salt=secrets.token_bytes(SALT_BYTES),
        )
        if self._has_expired(reservation):
            self._fail(request.reservation_id, Reason.EXPIRES_TOO_SOON)
            return
        signed = self.biller.sign(request, reservation, measured, rate=rate, output=output)
        reply = Done(
            output=output,
            prompt_salt=measured.prompt_salt,
            artifact_salt=measured.artifact_salt,
            document=signed.receipt.document,
            claim=signed.claim.encode(),
        )
        self._book.sign(
            request.reservation_id,
            receipt_hash=signed.receipt.hash,
            reply=reply.encode(),
            document=reply.document,
            claim=reply.claim,
        )
        log.info("signed", job_id=request.job_id, duration_ms=measured.duration_ms)

    def _time_ms(self, reservation: ReservationState, rate: int) -> int:
        """Return how long a job may take: what the operator allows and the client pays for."""
        left = reservation.cap - reservation.spent
        paid_ms = affordable_ms(reservation.unit_type, left=left, rate=rate)
        return self.shop.work_ms if paid_ms is None else min(paid_ms, self.shop.work_ms)

    def _has_expired(self, reservation: ReservationState) -> bool:
        """Tell whether a claim comes too late; while the node is away it may still be in time."""
        try:
            return self._node.tip().height + 1 >= reservation.expires_at
        except PeerError:
            return False

    def _fail(self, reservation_id: Hash, reason: Reason) -> None:
        work = self._book.find(reservation_id)
        assert work is not None
        log.warning("work_failed", job_id=work.job_id, reason=reason.value)
        self._book.move(work, WorkState.FAILED, reason)

    def accept(self, reservation_id: Hash, client: Address, verdict: bytes) -> None:
        """Put a client's acceptance beside the claim that waits; anything else changes nothing.

        An objection changes nothing either: the client may dispute the claim on the chain.
        """
        work = self._book.find(reservation_id)
        if work is None or work.state is not WorkState.SIGNED:
            return
        claim = decode_transaction(self._book.signed(reservation_id)[1])
        assert isinstance(claim, ClaimTransaction)
        try:
            word = decode_verdict(verdict)
            if not isinstance(word, Acceptance) or address_of(word.public_key) != client:
                return
            check_signature(
                public_key=word.public_key,
                message=acceptance_bytes(claim.claim, genesis_hash=self.biller.genesis_hash),
                signature=word.signature,
                what="acceptance",
            )
        except (MalformedMessage, InvalidSignature):
            return
        self._book.put_claim(reservation_id, replace(claim, acceptance=word).encode())
