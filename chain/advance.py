"""The chain as the engine's parts share it, and the one door through which it advances."""

from dataclasses import dataclass, field

from chain.certificate import Certificate, SignatureCheck
from chain.errors import ChainError
from chain.events import CommitBlock, Effect, Punish, Report
from chain.evidence_pool import EvidencePool
from chain.execution import ExecutedBlock
from chain.mempool import Mempool
from chain.state import Ledger

FULL_CHECK_HEIGHTS = 1_000
"""Every block checks the sum of its changes; every thousandth also the sum of all money."""


@dataclass
class Chain:
    """The final state, what waits, the time, and the effects of the event being handled.

    Attributes:
        ledger: the final state.
        last_certificate: of the ledger's tip; None before the first block.
        check: the check of validators' signatures.
        mempool: what waits.
        evidence: against validators, that waits too.
        now_ms: time of the newest event, unix milliseconds; goes back when the system's clock does.
        effects: of the event being handled, in order.
    """

    ledger: Ledger
    last_certificate: Certificate | None
    check: SignatureCheck
    mempool: Mempool = field(init=False)
    evidence: EvidencePool = field(init=False)
    now_ms: int = 0
    effects: list[Effect] = field(default_factory=list)
    _requests: int = 0

    def __post_init__(self) -> None:
        """Start with nothing waiting."""
        self.mempool = Mempool(self.ledger)
        self.evidence = EvidencePool(self.ledger, self.check)

    def blame(self, peer: str, error: ChainError, *, weight: int) -> None:
        """Say why a peer's message is refused, and lower the peer's score."""
        fields = (("peer", peer), ("code", error.code), ("reason", str(error)))
        self.effects += [Report("message_refused", fields), Punish(peer=peer, weight=weight)]

    def next_request(self) -> int:
        """Return a fresh request number, 32 bits."""
        self._requests = (self._requests + 1) % 2**32
        return self._requests

    def commit(self, executed: ExecutedBlock, certificate: Certificate) -> None:
        """Make a block final: store, ledger, what waits, in this order."""
        header = executed.block.header
        self.effects.append(CommitBlock(executed, certificate))
        self.ledger.advance(
            executed.state,
            executed.update,
            height=header.height,
            tip_hash=executed.hash,
            tip_time_ms=header.time_ms,
        )
        if header.height % FULL_CHECK_HEIGHTS == 0:
            assert self.ledger.total() == self.ledger.supply, "money was made or lost"
        self.last_certificate = certificate
        self.mempool.settle(executed.state.changes)
        self.effects += self.evidence.settle(executed)
