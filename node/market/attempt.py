"""One attempt to have a job done: from its reservation to the end that the chain gives it.

It may be left at any step, by a kill too, and taken up again: what it does next follows from the
journal and the chain alone. While an output is missing the miner is asked for it; what was
answered is accepted, there or on the chain; what is claimed without an output, or was objected to,
is disputed before its window ends. Whatever the miner does, the attempt ends, at the reservation's
expiry at the latest, and the money has gone one way or the other.
"""

from chain.crypto import tagged_hash
from chain.errors import AitbcError, PeerError
from chain.payloads import Accept, Dispute
from node.clock import monotonic_ms, pause
from node.market.account import NotFinal
from node.market.chain_states import ClaimState, ReservationState
from node.market.dialogue import Asking, Dialogue
from node.market.job_book import Attempt, AttemptState

STEP_S = 0.5
FINAL_MS = 120_000
"""Milliseconds in which a transaction of ours must be final, while the node answers."""

GRACE_HEIGHTS = 3
"""Heights that an accepted claim may wait in its window before the client accepts on the chain."""

LATE_MAX = 20
"""Looks for an output that was paid for before it came."""


class Left(AitbcError):
    """An attempt is not at its end, and nothing more can be done for it now."""

    detail: str
    code = "left"
    sentence = "{detail}"


class Pursuit:
    """An attempt that is being pursued."""

    def __init__(self, dialogue: Dialogue) -> None:
        """Take up an attempt, wherever it is."""
        self._dialogue = dialogue
        self._account = dialogue.account
        self._late = 0
        self._words: set[str] = set()

    @property
    def _attempt(self) -> Attempt:
        return self._dialogue.attempt

    def give_up(self, reason: str) -> None:
        """Want no more work, and the money back."""
        self._dialogue.give_up(reason)

    def run(self, *, timeout_ms: int | None = None) -> Attempt:
        """Pursue the attempt to its end and return it.

        Args:
            timeout_ms: milliseconds that it may take; None for as long as it lasts.

        Raises:
            Left: it is not at its end: the node is away, the time is up, or others decide.
            StoreError: the journal failed.
        """
        if self._attempt.state is AttemptState.RESERVING and not self.reserve():
            return self._attempt
        away_ms = monotonic_ms() + FINAL_MS
        end_ms = None if timeout_ms is None else monotonic_ms() + timeout_ms
        while end_ms is None or monotonic_ms() < end_ms:
            try:
                reservation = self._account.node.find_reservation(self._attempt.reservation_id)
                away_ms = monotonic_ms() + FINAL_MS
                if reservation is not None and self._go_on(reservation):
                    return self._attempt
            except PeerError as error:
                if monotonic_ms() > away_ms:
                    raise Left(detail=f"the node is away: {error}") from None
            pause(STEP_S)
        raise Left(detail=self._what_follows())

    def _what_follows(self) -> str:
        """Say what ends the attempt when its miner does not."""
        reservation = self._account.node.find_reservation(self._attempt.reservation_id)
        if reservation is None or reservation.status != "open":
            return "a claim waits for the end of its window; go on with: aitbc job resume"
        return f"the money comes back at height {reservation.expires_at}, unless a claim comes"

    def reserve(self) -> bool:
        """See the reservation into a block; return False where it never gets into one.

        Raises:
            Left: the node takes no block.
        """
        sent = self._account.find_sent(self._attempt.reservation_id)
        if sent is None:  # it was let go of: dead, or in a block that was seen and not noted
            found = self._account.node.find_reservation(self._attempt.reservation_id)
            if found is None:
                self._dialogue.move(AttemptState.VOID, "never_reserved")
            else:
                self._dialogue.move(AttemptState.RESERVED)
            return found is not None
        try:
            self._account.wait_final(sent, timeout_ms=FINAL_MS)
        except NotFinal as error:
            if not error.is_dead:
                raise Left(detail=error.detail) from None
            self._dialogue.move(AttemptState.VOID, error.detail)
            return False
        self._dialogue.move(AttemptState.RESERVED)
        self._dialogue.tell("reserved; the money is held for this job")
        return True

    def _go_on(self, reservation: ReservationState) -> bool:
        """Do the next thing; return whether the attempt has ended.

        Raises:
            PeerError: the node is away.
        """
        claim = self._find_claim(reservation)
        if reservation.status == "ended":
            if claim is not None and claim.spent and self._fetch_late():
                return False
            self._end(claim)
            return True
        if claim is not None and claim.status == "disputed":
            raise Left(detail="the claim is disputed; the validators decide what becomes of it")
        if claim is not None and claim.status == "pending":
            self._judge_claim(claim)
        elif self._attempt.state is AttemptState.RESERVED and claim is None:
            self._dialogue.ask(reservation)
        return False

    def _fetch_late(self) -> bool:
        """Ask for an output that was paid for before it came; return whether to look again."""
        if self._attempt.state is not AttemptState.RESERVED or self._late >= LATE_MAX:
            return False
        self._late += 1
        self._dialogue.asking = Asking.WORK
        self._dialogue.ask(None)
        return True

    def _end(self, claim: ClaimState | None) -> None:
        """Write down how the chain ended it."""
        if claim is None or not claim.spent:
            self._dialogue.move(AttemptState.RETURNED, "" if self._attempt.reason else "expired")
        elif claim.status == "split":
            self._dialogue.move(AttemptState.SPLIT, "disputed", amount=claim.spent)
        else:
            self._dialogue.move(AttemptState.PAID, amount=claim.spent)

    @staticmethod
    def _find_claim(reservation: ReservationState) -> ClaimState | None:
        return reservation.claims[0] if reservation.claims else None

    def _judge_claim(self, claim: ClaimState) -> None:
        """Accept or dispute a claim that waits.

        Raises:
            PeerError: the node is away.
        """
        left = claim.due_height - self._account.node.tip().height
        window = self._dialogue.terms.window
        is_ours = claim.receipt_hash == self._attempt.receipt_hash
        if self._attempt.state is AttemptState.ANSWERED and is_ours:
            if window - left > GRACE_HEIGHTS:
                self._accept(claim)
        elif self._attempt.state is AttemptState.RESERVED and left * 2 > window:
            self._dialogue.asking = Asking.WORK  # claimed, and so there is an output: ask for it
            self._dialogue.ask(None)
        else:
            self._dispute(claim)

    def _accept(self, claim: ClaimState) -> None:
        payload = Accept(self._attempt.reservation_id, claim.receipt_hash, claim.amount)
        self._say("accept", payload)

    def _dispute(self, claim: ClaimState) -> None:
        reason = self._attempt.reason or "no_output"
        digest = tagged_hash(b"dispute reason", reason.encode())
        self._say("dispute", Dispute(self._attempt.reservation_id, claim.receipt_hash, digest))

    def _say(self, word: str, payload: Accept | Dispute) -> None:
        """Say something on the chain, once; after a restart perhaps again, which is refused."""
        if word in self._words:
            return
        self._words.add(word)
        try:
            self._account.wait_final(self._account.write_down(payload), timeout_ms=FINAL_MS)
        except NotFinal as error:
            if not error.is_dead:
                self._words.discard(word)
