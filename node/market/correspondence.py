"""A client's conversations with one miner, at the addresses of its card."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from chain.crypto import SecretKey
from chain.errors import MalformedMessage, PeerError
from node.market.card import MinerCard
from node.market.messages import Ask, JobRequest, sign_request
from node.market.replies import Done, Offered, Refused, Reply, Verdict, decode_reply, encode_verdict
from p2p.job_streams import ask_miner

SHORT_S = 20.0
"""Seconds for a conversation that is not about work."""

Judge = Callable[[Done], Verdict | None]
"""Judges an answer and writes down what must not be lost; None says nothing to the miner."""


class Miner(Protocol):
    """A miner, as a client speaks to it."""

    def enquire(self, model: str, unit_type: str) -> Offered | Refused:
        """Ask whether it would take a job now.

        Raises:
            PeerError: it is not reached.
        """
        ...

    def ask(self, request: JobRequest, judge: Judge, *, timeout_ms: int) -> Refused | None:
        """Have a request worked on; None where an answer came and was judged.

        Raises:
            PeerError: it is not reached, or fell silent.
        """
        ...


@dataclass(frozen=True, slots=True)
class Correspondence:
    """The conversations of one client with one miner.

    Attributes:
        card: where the miner is.
        key: the client's.
    """

    card: MinerCard
    key: SecretKey

    def enquire(self, model: str, unit_type: str) -> Offered | Refused:
        """Ask whether the miner would take a job now."""
        request = JobRequest(
            ask=Ask.ENQUIRE,
            model=model,
            unit_type=unit_type,
            public_key=self.key.public_key,
        )
        replies: list[Reply] = []
        self._converse(request, replies.append, timeout_s=SHORT_S)
        match replies:
            case [Offered() | Refused() as reply]:
                return reply
        raise PeerError(detail="the miner answers something else than it was asked")

    def ask(self, request: JobRequest, judge: Judge, *, timeout_ms: int) -> Refused | None:
        """Have a request worked on, or a reservation given back."""
        refusals: list[Refused] = []

        def hear(reply: Reply) -> Verdict | None:
            match reply:
                case Done():
                    return judge(reply)
                case Refused():
                    refusals.append(reply)
                    return None
            raise PeerError(detail="the miner answers something else than it was asked")

        self._converse(request, hear, timeout_s=timeout_ms / 1_000)
        return refusals[0] if refusals else None

    def _converse(
        self, request: JobRequest, hear: Callable[[Reply], Verdict | None], *, timeout_s: float
    ) -> None:
        """Hold one conversation, at the first address where the miner is.

        Raises:
            PeerError: it is at none, or does not answer as a miner.
        """
        signed = sign_request(request, key=self.key, genesis_hash=self.card.genesis_hash)
        heard = False

        def judge(answer: bytes) -> bytes:
            nonlocal heard
            heard = True
            try:
                verdict = hear(decode_reply(answer))
            except MalformedMessage as error:
                raise PeerError(detail=f"the miner's answer: {error.detail}") from None
            return b"" if verdict is None else encode_verdict(verdict)

        failures = []
        for address in self.card.addresses:
            try:
                ask_miner(
                    address,
                    self.card.genesis_hash,
                    signed.encode(),
                    judge,
                    timeout_s=timeout_s,
                )
            except PeerError as error:
                if heard:
                    raise
                failures.append(error.detail)
            else:
                return
        raise PeerError(detail="; ".join(failures))
