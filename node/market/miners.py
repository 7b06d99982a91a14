"""The miners that a client can reach, and which of them takes a job."""

from collections.abc import Callable, Mapping

from chain.address import format_address, parse_address
from chain.crypto import SecretKey
from chain.errors import AitbcError, PeerError
from chain.primitives import Address
from node.clock import monotonic_ms, now_ms, pause
from node.market.account import Account
from node.market.card import MinerCard
from node.market.choosing import FAILURES_MS, Candidate, choose
from node.market.correspondence import Correspondence, Miner
from node.market.job_book import JobBook, Terms
from node.market.replies import Offered

PATIENCE_MS = 30_000
"""Milliseconds that a client waits for a miner that is busy or away, before it has reserved."""

PATIENCE_STEP_S = 1.0


class NoMiner(AitbcError):
    """Nobody is there to do a job.

    Attributes:
        detail: what was tried, in words.
        is_passing: whether somebody sells it, and may only be busy or away.
    """

    detail: str
    is_passing: bool
    code = "no_miner"
    sentence = "no miner takes the job: {detail}"


class Miners:
    """The miners whose cards a client holds."""

    def __init__(self, cards: Mapping[Address, MinerCard], key: SecretKey) -> None:
        """Speak to them with the client's key."""
        self._cards = cards
        self._key = key

    @property
    def known(self) -> set[Address]:
        """The miners that it can reach."""
        return set(self._cards)

    def speak_to(self, provider: Address) -> Miner | None:
        """Return who speaks to a miner, or None where its card is missing."""
        card = self._cards.get(provider)
        return None if card is None else Correspondence(card, self._key)

    def find(
        self,
        terms: Terms,
        account: Account,
        book: JobBook,
        *,
        tell: Callable[[str], None] = lambda _: None,
    ) -> tuple[Candidate, int]:
        """Return the best miner that would take a job now, and its rate in base units.

        Args:
            terms: of the job.
            account: the client's.
            book: its journal.
            tell: told, once, that miners are waited for.

        Raises:
            NoMiner: there is none, and none came while the client was patient.
            PeerError: the node is away.
        """
        deadline_ms = monotonic_ms() + PATIENCE_MS
        is_told = False
        while True:
            try:
                return self._choose(terms, account, book)
            except NoMiner as error:
                if not error.is_passing or monotonic_ms() > deadline_ms:
                    raise
                if not is_told:
                    tell(f"{error.detail}; asking again for {PATIENCE_MS // 1_000} s")
                    is_told = True
            pause(PATIENCE_STEP_S)

    def _choose(self, terms: Terms, account: Account, book: JobBook) -> tuple[Candidate, int]:
        """Return the best miner that says it would take a job.

        Raises:
            NoMiner: there is none.
            PeerError: the node is away.
        """
        since_ms = now_ms() - FAILURES_MS
        wanted = {parse_address(terms.miner)} if terms.miner else self.known
        candidates = choose(
            account.node.offers(),
            model=terms.model,
            unit_type=terms.unit_type,
            max_rate=terms.max_rate,
            known=wanted & self.known,
            record=account.node.record_of,
            failures=lambda provider: book.failures_of(provider, since_ms=since_ms),
        )
        tried = []
        for candidate in candidates:
            name = format_address(candidate.provider)
            miner = self.speak_to(candidate.provider)
            assert miner is not None
            try:
                reply = miner.enquire(terms.model, terms.unit_type)
            except PeerError:
                tried.append(f"{name} does not answer at the address of its card")
                continue
            if isinstance(reply, Offered) and reply.rate <= candidate.rate:
                return candidate, reply.rate
            why = (
                "asks more than it offers" if isinstance(reply, Offered) else f"says {reply.reason}"
            )
            tried.append(f"{name} {why}")
        raise NoMiner(detail="; ".join(tried) or _nobody(terms), is_passing=bool(tried))


def _nobody(terms: Terms) -> str:
    rate = f" for {terms.max_rate} base units at most" if terms.max_rate else ""
    return (
        f"nobody whose card is at hand offers {terms.model} in {terms.unit_type}{rate}; "
        "cards are *.card.json files that miners hand out"
    )
