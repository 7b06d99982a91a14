"""A miner's desk: takes requests, judges them by what the chain says, and has them worked on.

A request for a reservation that is known already is answered from the journal, so a client may ask
as often as it likes. While a client is there to say what it thinks of an answer, its claim waits.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from chain.crypto import address_of
from chain.errors import InvalidSignature, MalformedMessage, PeerError
from chain.primitives import Address, Hash
from node.market.bill import affordable_ms
from node.market.chain_states import ReservationState
from node.market.messages import Ask, JobRequest, Reason, decode_request
from node.market.node_view import NodeView
from node.market.replies import Offered, Refused, Reply
from node.market.work_book import Work, WorkBook, WorkState
from node.market.workshop import Workshop
from p2p.job_streams import Ticket

HEIGHTS_LEFT_MIN = 3
"""A reservation that expires earlier than this is not begun."""


@dataclass(frozen=True, slots=True)
class Said:
    """A ticket that is answered at once.

    Attributes:
        reply: the answer.
    """

    reply: Reply

    def find_answer(self) -> bytes:
        """Return the answer."""
        return self.reply.encode()

    def conclude(self, verdict: bytes | None) -> None:
        """Nothing follows."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A ticket for work.

    Attributes:
        desk: who has it.
        reservation_id: 32 bytes.
        client: whose job.
    """

    desk: "MinerDesk"
    reservation_id: Hash
    client: Address

    def find_answer(self) -> bytes | None:
        """Return the answer once there is one."""
        return self.desk.find_answer(self.reservation_id)

    def conclude(self, verdict: bytes | None) -> None:
        """Keep the client's acceptance, and let the claim go its way."""
        self.desk.conclude(self, verdict)


class MinerDesk:
    """The desk of one miner."""

    def __init__(
        self, *, node: NodeView, book: WorkBook, workshop: Workshop, wake: Callable[[], None]
    ) -> None:
        """Open the desk.

        Args:
            node: what the chain says.
            book: the journal.
            workshop: where the work is done and signed.
            wake: called when there is something to claim or to release.
        """
        self._node = node
        self._book = book
        self._workshop = workshop
        self._wake = wake
        self._lock = Lock()
        self._tickets: Counter[Hash] = Counter()

    def take(self, data: bytes) -> Ticket:
        """Take a request of anybody; whatever is wrong with it is told as a reason."""
        try:
            request = decode_request(data)
            request.check(self._workshop.biller.genesis_hash)
        except MalformedMessage:
            return Said(Refused(Reason.MALFORMED))
        except InvalidSignature:
            return Said(Refused(Reason.BAD_SIGNATURE))
        try:
            if request.ask is Ask.ENQUIRE:
                return Said(self._enquire(request))
            return self._take_reserved(request)
        except PeerError:
            return Said(Refused(Reason.NODE_AWAY))

    def _enquire(self, request: JobRequest) -> Reply:
        shop = self._workshop.shop
        rate = shop.rates.get((request.model, request.unit_type))
        if rate is None:
            return Refused(Reason.NOT_OFFERED)
        if self._workshop.is_full:
            return Refused(Reason.BUSY)
        return Offered(rate, shop.work_ms)

    def _take_reserved(self, request: JobRequest) -> Ticket:
        """Take a request that names a reservation.

        Raises:
            PeerError: the node is away.
        """
        client = address_of(request.public_key)
        reservation = self._node.find_reservation(request.reservation_id)
        reason = self._why_not_his(request, client, reservation)
        if reason is not None:
            return Said(Refused(reason))
        assert reservation is not None
        known = self._book.find(request.reservation_id)
        if request.ask is Ask.CANCEL:
            return Said(Refused(self._cancel(request, client, known)))
        if known is None:
            known_reason = self._begin(request, client, reservation)
            if known_reason is not None:
                return Said(Refused(known_reason))
        elif known.digest != request.digest:
            return Said(Refused(known.reason or Reason.OTHER_REQUEST))
        with self._lock:
            self._tickets[request.reservation_id] += 1
        return Begun(self, request.reservation_id, client)

    def _why_not_his(
        self, request: JobRequest, client: Address, reservation: ReservationState | None
    ) -> Reason | None:
        """Tell why a reservation is none of this client with this miner, or None."""
        if reservation is None:
            return Reason.UNKNOWN_RESERVATION
        if reservation.client != client:
            return Reason.NOT_YOURS
        if reservation.provider != self._workshop.biller.key.address:
            return Reason.NOT_MINE
        if reservation.job_id != request.job_id or reservation.jobs_max != 1:
            return Reason.TERMS_DIFFER
        return None

    def _cancel(self, request: JobRequest, client: Address, known: Work | None) -> Reason:
        """Give a reservation back whose work has not begun."""
        if known is None and self._book.begin(request, client, state=WorkState.FAILED):
            self._wake()
            return Reason.RELEASED
        return Reason.AT_WORK if known is None or known.reason is None else known.reason

    def _begin(
        self, request: JobRequest, client: Address, reservation: ReservationState
    ) -> Reason | None:
        """Begin the work of a reservation, or tell why not.

        Raises:
            PeerError: the node is away.
        """
        line = (request.model, request.unit_type)
        rate = self._workshop.shop.rates.get(line)
        if rate is None:
            return Reason.NOT_OFFERED
        agreed = (reservation.model or request.model, reservation.unit_type)
        if line != agreed or rate > reservation.max_rate:
            return Reason.TERMS_DIFFER
        left = reservation.cap - reservation.spent
        is_paid = affordable_ms(reservation.unit_type, left=left, rate=rate) != 0
        if not is_paid or reservation.dispute_window > self._workshop.shop.window_max:
            return Reason.TERMS_DIFFER
        if reservation.status != "open":
            return Reason.RESERVATION_ENDED
        if self._node.tip().height + HEIGHTS_LEFT_MIN > reservation.expires_at:
            return Reason.EXPIRES_TOO_SOON
        return self._workshop.begin(request, client, reservation, rate=rate)

    def find_answer(self, reservation_id: Hash) -> bytes | None:
        """Return the answer of a job that was begun, or None while it is worked on."""
        if self._workshop.is_at_work(reservation_id):
            return None
        known = self._book.find(reservation_id)
        assert known is not None
        reply = self._book.reply(reservation_id)
        return reply or Refused(known.reason or Reason.RESERVATION_ENDED).encode()

    def conclude(self, ticket: Begun, verdict: bytes | None) -> None:
        """Keep a client's acceptance; once no client is there any more the claim goes its way."""
        if verdict is not None:
            self._workshop.accept(ticket.reservation_id, ticket.client, verdict)
        with self._lock:
            self._tickets -= Counter((ticket.reservation_id,))
        self._wake()

    def is_awaited(self, reservation_id: Hash) -> bool:
        """Tell whether a client is there that may still accept."""
        return self._tickets[reservation_id] > 0
