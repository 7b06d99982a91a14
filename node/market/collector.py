"""A miner's collector: claims what is signed, gives back what failed, until each job has ended.

It looks at the journal and at the chain, and does what is missing; it may be killed at any moment.
A claim proves itself and pays once, so handing it in again does no harm. A release is refused by
the chain once the reservation has ended.
"""

from collections.abc import Callable
from threading import Event

import structlog

from chain.errors import PeerError
from chain.payloads import Release
from chain.primitives import Hash
from node.clock import monotonic_ms, now_ms
from node.market.account import Account, NotFinal, Sent
from node.market.chain_states import ReservationState
from node.market.messages import Reason
from node.market.node_view import Refused
from node.market.work_book import Work, WorkBook, WorkState

STEP_S = 0.5
AGAIN_MS = 5_000
"""Milliseconds after which what is not in a block is handed in again: nodes forget."""

KEPT_MS = 86_400_000
"""Milliseconds that an output is kept for its client after its job has ended."""

STATE_SAYS = frozenset(
    {"already_known", "receipt_already_claimed", "unknown_reservation", "reservation_closing"}
    | {"reservation_expired"}
)
"""Refusals that mean: the claim waits, is paid, or came too late; the reservation says which."""

FOR_NOW = frozenset({"mempool_full"})
"""Refusals that another block may end."""

log = structlog.get_logger(__name__)


class Collector:
    """The collector of one miner."""

    def __init__(
        self,
        account: Account,
        book: WorkBook,
        *,
        is_awaited: Callable[[Hash], bool],
        news: Event,
    ) -> None:
        """Collect for an account.

        Args:
            account: the miner's.
            book: the journal.
            is_awaited: whether a client may still accept, so that the claim should wait.
            news: set by whoever has something to claim or to give back.
        """
        self._account = account
        self._book = book
        self._is_awaited = is_awaited
        self._news = news
        self._stopping = Event()
        self._releases: dict[Hash, Sent] = {}
        self._again_ms: dict[Hash, int] = {}

    def stop(self) -> None:
        """End :meth:`run` after the step that is under way."""
        self._stopping.set()
        self._news.set()

    def run(self) -> None:
        """Collect until stopped.

        Raises:
            StoreError: the journal failed.
        """
        while not self._stopping.is_set():
            self._news.clear()
            self.step()
            self._news.wait(STEP_S)

    def step(self) -> None:
        """Do what can be done now for every job that has not ended."""
        for work in self._book.in_state(WorkState.SIGNED, WorkState.CLAIMED, WorkState.FAILED):
            try:
                self._go_on(work)
            except PeerError as error:
                log.warning("node_away", detail=str(error))
                return
        self._book.erase(before_ms=now_ms() - KEPT_MS)

    def _go_on(self, work: Work) -> None:
        """Do the next thing for one job.

        Raises:
            PeerError: the node is away.
        """
        if work.state is WorkState.SIGNED:
            if not self._is_awaited(work.reservation_id):
                self._claim(work)
            return
        reservation = self._account.node.find_reservation(work.reservation_id)
        if reservation is None:
            return  # this node is behind the one that was asked before
        if work.state is WorkState.CLAIMED:
            self._watch(work, reservation)
        else:
            self._release(work, reservation)

    def _claim(self, work: Work) -> None:
        """Hand in a receipt and its claim.

        Raises:
            PeerError: the node is away, or cannot take it now.
        """
        document, claim = self._book.signed(work.reservation_id)
        try:
            self._account.node.submit_receipt(document, claim)
        except Refused as error:
            if error.reason in FOR_NOW:
                return
            if error.reason not in STATE_SAYS:
                log.warning("claim_refused", job_id=work.job_id, reason=error.reason)
                self._book.move(work, WorkState.FAILED, Reason.CLAIM_REFUSED)
                return
        self._again_ms[work.reservation_id] = monotonic_ms() + AGAIN_MS
        self._book.move(work, WorkState.CLAIMED)
        log.info("claimed", job_id=work.job_id, receipt_hash=work.receipt_hash.hex())

    def _watch(self, work: Work, reservation: ReservationState) -> None:
        """See what became of a claim.

        Raises:
            PeerError: the node is away.
        """
        for claim in reservation.claims:
            if claim.receipt_hash == work.receipt_hash:
                if claim.status not in ("pending", "disputed"):
                    self._end(work, WorkState.SETTLED, claim.status)
                return
        if reservation.status != "open":
            self._end(work, WorkState.LOST, reservation.status)
        elif self._is_due(work.reservation_id):
            self._claim(work)

    def _release(self, work: Work, reservation: ReservationState) -> None:
        """Give a reservation back of which nothing will be claimed.

        Raises:
            PeerError: the node is away.
        """
        if reservation.status != "open":
            self._end(work, WorkState.RELEASED, reservation.status)
            return
        sent = self._releases.get(work.reservation_id)
        try:
            if sent is None:
                sent = self._account.write_down(Release(work.reservation_id))
                self._releases[work.reservation_id] = sent
            elif self._account.find_height(sent) is not None:
                return
            if self._is_due(work.reservation_id):
                self._account.push(sent)
        except NotFinal as error:
            log.info("release_refused", job_id=work.job_id, detail=error.detail)
            self._releases.pop(work.reservation_id, None)

    def _is_due(self, reservation_id: Hash) -> bool:
        """Tell whether it is time to hand something in again, and begin to wait anew."""
        if monotonic_ms() < self._again_ms.get(reservation_id, 0):
            return False
        self._again_ms[reservation_id] = monotonic_ms() + AGAIN_MS
        return True

    def _end(self, work: Work, state: WorkState, how: str) -> None:
        self._releases.pop(work.reservation_id, None)
        self._again_ms.pop(work.reservation_id, None)
        self._book.move(work, state)
        log.info("ended", job_id=work.job_id, state=state.value, how=how)
