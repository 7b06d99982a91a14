"""What a client says to the miner of one attempt, and what it writes down of the answers."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from chain.claim import Acceptance, acceptance_bytes
from chain.errors import PeerError
from node.amounts import format_amount
from node.clock import monotonic_ms, now_ms
from node.market.account import Account
from node.market.chain_states import ReservationState
from node.market.checking import Expected, Objected, check_done
from node.market.correspondence import Miner
from node.market.job_book import Attempt, AttemptState, JobBook, Terms
from node.market.messages import Ask, JobRequest, Reason
from node.market.replies import Done, Refused, Verdict

ASK_AGAIN_MS = 1_000
SHORT_MS = 10_000
"""Milliseconds for a conversation that is not about work."""

FOR_NOW = frozenset({Reason.BUSY, Reason.NODE_AWAY, Reason.UNKNOWN_RESERVATION, Reason.AT_WORK})
"""Refusals after which the same request may be taken later."""

GIVEN_BACK = frozenset(
    {Reason.WORK_FAILED, Reason.WORK_TIMED_OUT, Reason.OUTPUT_TOO_LARGE, Reason.INTERRUPTED}
    | {Reason.RELEASED, Reason.CLAIM_REFUSED, Reason.RESERVATION_ENDED}
)
"""Refusals after which the miner releases without being asked."""


class Asking(Enum):
    """What is still to be said to the miner."""

    WORK = auto()
    CANCEL = auto()
    NOTHING = auto()


@dataclass
class Dialogue:
    """The conversations of one attempt.

    Attributes:
        account: the client's.
        book: the journal.
        terms: of the job.
        miner: speaks to the miner, or None where its card is missing.
        attempt: as the journal has it.
        asking: what is still to be said to the miner.
        tell: told what happens, in words without anything private.
    """

    account: Account
    book: JobBook
    terms: Terms
    miner: Miner | None
    attempt: Attempt
    asking: Asking = Asking.WORK
    tell: Callable[[str], None] = lambda _: None

    def __post_init__(self) -> None:
        """Begin to count the time that the miner has."""
        self._deadline_ms = monotonic_ms() + self.terms.timeout_ms
        self._ask_ms = 0

    def move(self, state: AttemptState, reason: str = "", *, amount: int = 0) -> None:
        """Write down how far the attempt is."""
        self.book.move(self.attempt, state, reason=reason, amount=amount)
        found = self.book.find_attempt(self.attempt.reservation_id)
        assert found is not None
        self.attempt = found

    def ask(self, reservation: ReservationState | None) -> None:
        """Say to the miner what is still to be said, once in a while.

        Args:
            reservation: while nothing is claimed from it, so that it may still be given back.
        """
        if self.miner is None or monotonic_ms() < self._ask_ms or self.asking is Asking.NOTHING:
            return
        self._ask_ms = monotonic_ms() + ASK_AGAIN_MS
        left_ms = self._deadline_ms - monotonic_ms()
        if left_ms <= 0 and reservation is not None:
            self.give_up(str(Reason.WORK_TIMED_OUT))
            left_ms = SHORT_MS
        ask = Ask.CANCEL if self.asking is Asking.CANCEL else Ask.WORK
        try:
            refused = self.miner.ask(
                self._request(ask), self._judge, timeout_ms=max(left_ms, SHORT_MS)
            )
        except PeerError:
            return
        if refused is not None:
            self._hear(refused, ask)

    def give_up(self, reason: str) -> None:
        """Want no more work, and the money back."""
        self.asking = Asking.CANCEL
        self.move(self.attempt.state, reason)

    def _hear(self, refused: Refused, ask: Ask) -> None:
        """Take a refusal."""
        if refused.reason in GIVEN_BACK or (ask is Ask.CANCEL and refused.reason not in FOR_NOW):
            self.asking = Asking.NOTHING
            self.move(self.attempt.state, self.attempt.reason or str(refused.reason))
            self.tell(f"the miner gives the money back: {refused.reason}")
        elif refused.reason not in FOR_NOW:
            self.give_up(str(refused.reason))

    def _request(self, ask: Ask) -> JobRequest:
        is_work = ask is Ask.WORK
        return JobRequest(
            ask=ask,
            model=self.terms.model,
            unit_type=self.terms.unit_type,
            public_key=self.account.key.public_key,
            reservation_id=self.attempt.reservation_id,
            job_id=self.attempt.label,
            parameters=self.terms.parameters.encode() if is_work else b"",
            input=self.book.input_of(self.attempt.job_id) if is_work else b"",
        )

    def _judge(self, done: Done) -> Verdict | None:
        """Check an answer, write it down, and return the verdict."""
        if self.attempt.state is not AttemptState.RESERVED:
            return None
        try:
            receipt, claim = check_done(done, self._expected())
        except Objected as error:
            self.move(AttemptState.OBJECTED, f"objected_{error.objection}")
            self.tell(f"the answer is not accepted: {error.objection}")
            return error.objection
        self.book.answer(self.attempt, done.output, receipt.hash, price=receipt.price)
        self.move(AttemptState.ANSWERED, amount=receipt.price)
        self.tell(f"answered and accepted: {format_amount(receipt.price)} AITBC")
        message = acceptance_bytes(claim.claim, genesis_hash=self.account.genesis_hash)
        key = self.account.key
        return Acceptance(key.public_key, key.sign(message))

    def _expected(self) -> Expected:
        reservation = self.account.node.find_reservation(self.attempt.reservation_id)
        if reservation is None:
            raise PeerError(detail="the node does not know the reservation any more")
        return Expected(
            request=self._request(Ask.WORK),
            chain_id=self.account.chain_id,
            genesis_hash=self.account.genesis_hash,
            provider=self.attempt.provider,
            client=self.account.key.address,
            max_rate=reservation.max_rate,
            cap=reservation.cap,
            waited_ms=now_ms() - self.attempt.created_ms,
            check=self.terms.check,
        )
