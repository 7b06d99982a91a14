"""A client's jobs, from the first word in the journal to an output that is paid for.

A miner is asked whether it would take the job before any money is reserved. An attempt that comes
to nothing is followed by the next one, with another miner where there is one, once the money of
the first is back.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace

from chain.address import format_address
from chain.errors import ConfigError
from chain.payloads import Reserve
from chain.primitives import LABEL_MAX, Hash
from chain.receipt import LABEL
from node.amounts import format_amount
from node.clock import now_ms
from node.market.account import Account, Sent
from node.market.attempt import Pursuit
from node.market.choosing import Candidate
from node.market.dialogue import Dialogue
from node.market.job_book import (
    ENDED,
    Attempt,
    AttemptState,
    Job,
    JobBook,
    JobState,
    Result,
    Terms,
    add_attempt,
    label_of,
)
from node.market.journal import Writing
from node.market.messages import INPUT_BYTES_MAX, PARAMETERS_BYTES_MAX
from node.market.miners import Miners, NoMiner

JOB_ID_MAX = LABEL_MAX - 2
"""Characters of a job's name: the second attempt adds two."""

RELEASE_MS = 30_000
"""Milliseconds that a miner has to give a reservation back before the client waits no more."""

Tell = Callable[[str], None]
"""Told what happens, in words without anything private."""


class Client:
    """A client: its account, its journal, and the miners that it can reach."""

    def __init__(
        self,
        account: Account,
        book: JobBook,
        miners: Miners,
        *,
        tell: Tell = lambda _: None,
    ) -> None:
        """Use an account.

        Args:
            account: the client's.
            book: the journal.
            miners: those that it can reach.
            tell: told what happens.
        """
        self._account = account
        self._book = book
        self._miners = miners
        self._tell = tell

    def add(self, terms: Terms, input_: bytes, *, job_id: str = "") -> str:
        """Write down a job and return its name; nothing else happens yet.

        Raises:
            ConfigError: the name is taken or none, or something is outside its bounds.
        """
        name = job_id or f"job-{secrets.token_hex(8)}"
        _check(terms, input_, name)
        if not self._book.add(name, terms, input_):
            raise ConfigError(
                detail=f"there is a job {name} in the journal; see: aitbc job show {name}"
            )
        return name

    def finish(self, job_id: str, *, timeout_ms: int | None = None) -> Result:
        """Take a job to its end, from wherever it is.

        Args:
            job_id: its name.
            timeout_ms: milliseconds that one attempt is waited for; None for as long as it lasts.

        Raises:
            ConfigError: the journal has no such job.
            NoMiner: nobody takes it; nothing is reserved, and the job has failed.
            Left: it is not at its end, and nothing more can be done now.
            PeerError: the node is away.
        """
        while True:
            result = self.look(job_id)
            job, attempts = result.job, result.attempts
            if job.state is not JobState.OPEN:
                return result
            last = attempts[-1] if attempts else None
            if last is not None and last.state not in ENDED:
                self._pursue(job, last, timeout_ms)
            elif last is not None and last.amount:
                self._book.end(job_id, JobState.DONE)
            elif len(attempts) >= job.terms.attempts:
                self._book.end(job_id, JobState.FAILED)
            else:
                self._begin(job, len(attempts) + 1)

    def look(self, job_id: str) -> Result:
        """Return where a job is.

        Raises:
            ConfigError: the journal has no such job.
        """
        job = self._book.find(job_id)
        if job is None:
            raise ConfigError(detail=f"there is no job {job_id!a} in the journal")
        return Result(job, tuple(self._book.attempts(job_id)))

    def reserve(self, job_id: str) -> Result:
        """Take a job as far as its reservation.

        Raises:
            ConfigError: the journal has no such job.
            NoMiner: nobody takes it; nothing is reserved, and the job has failed.
            PeerError: the node is away.
        """
        result = self.look(job_id)
        if not result.attempts:
            self._begin(result.job, 1)
            result = self.look(job_id)
        last = result.attempts[-1]
        if last.state is AttemptState.RESERVING:
            self._pursuit(result.job, last).reserve()
        return self.look(job_id)

    def release(self, job_id: str) -> Result:
        """End a job and have its money back: now if its miner agrees, else when it expires.

        Raises:
            ConfigError: the journal has no such job.
            Left: the miner does not give it back now; the sentence says what follows.
            PeerError: the node is away.
        """
        result = self.look(job_id)
        last = result.attempts[-1] if result.attempts else None
        if result.job.state is JobState.OPEN and last is not None and last.state not in ENDED:
            pursuit = self._pursuit(result.job, last)
            pursuit.give_up("released")
            last = pursuit.run(timeout_ms=RELEASE_MS)
        if result.job.state is JobState.OPEN:
            is_paid = last is not None and last.amount
            self._book.end(job_id, JobState.DONE if is_paid else JobState.FAILED)
        return self.look(job_id)

    def _pursuit(self, job: Job, attempt: Attempt) -> Pursuit:
        miner = self._miners.speak_to(attempt.provider)
        dialogue = Dialogue(self._account, self._book, job.terms, miner, attempt, tell=self._tell)
        return Pursuit(dialogue)

    def _pursue(self, job: Job, attempt: Attempt, timeout_ms: int | None) -> None:
        self._tell(_story(self._pursuit(job, attempt).run(timeout_ms=timeout_ms)))

    def _begin(self, job: Job, number: int) -> None:
        """Choose a miner and write down a reservation for it.

        Raises:
            NoMiner: nobody takes the job.
            PeerError: the node is away.
        """
        try:
            candidate, rate = self._miners.find(
                job.terms, self._account, self._book, tell=self._tell
            )
        except NoMiner:
            self._book.end(job.job_id, JobState.FAILED)
            raise
        sent = self._reserve(job, number, candidate, rate=rate)
        short = format_address(candidate.provider)
        self._tell(f"reserving with {short} as 0x{sent.id.hex()}")

    def _reserve(self, job: Job, number: int, candidate: Candidate, *, rate: int) -> Sent:
        """Write down a reservation and the attempt that it is for.

        Raises:
            PeerError: the node is away.
        """
        terms = job.terms
        attempt = Attempt(
            reservation_id=Hash(bytes(32)),
            job_id=job.job_id,
            number=number,
            provider=candidate.provider,
            state=AttemptState.RESERVING,
            reason="",
            receipt_hash=Hash(bytes(32)),
            amount=0,
            created_ms=now_ms(),
        )
        payload = Reserve(
            job_id=label_of(job.job_id, number),
            provider=candidate.provider,
            model=terms.model,
            unit_type=terms.unit_type,
            max_rate=rate,
            cap=terms.max_price,
            expires_at=self._account.node.tip().height + terms.expires_after,
            dispute_window=terms.window,
        )

        def remember(database: Writing, sent: Sent) -> None:
            add_attempt(database, replace(attempt, reservation_id=sent.id))

        return self._account.write_down(payload, also=remember)


def _check(terms: Terms, input_: bytes, name: str) -> None:
    """Check what a client wants.

    Raises:
        ConfigError: something is outside its bounds; says what.
    """
    if not LABEL.fullmatch(name) or len(name) > JOB_ID_MAX:
        detail = f"{name!a} is no name of a job: 1 to {JOB_ID_MAX} of A-Z a-z 0-9 . _ : -"
        raise ConfigError(detail=detail)
    if len(input_) > INPUT_BYTES_MAX:
        raise ConfigError(detail=f"an input has at most {INPUT_BYTES_MAX:,} bytes")
    if len(terms.parameters.encode()) > PARAMETERS_BYTES_MAX:
        raise ConfigError(detail=f"parameters have at most {PARAMETERS_BYTES_MAX:,} bytes")


def _story(attempt: Attempt) -> str:
    """Return in words how an attempt ended."""
    match attempt.state:
        case AttemptState.PAID:
            return f"paid {format_amount(attempt.amount)} AITBC"
        case AttemptState.SPLIT:
            return f"split: {format_amount(attempt.amount)} AITBC were paid"
        case AttemptState.VOID:
            return f"not reserved: {attempt.reason}"
        case _:
            return f"everything was returned: {attempt.reason}"
