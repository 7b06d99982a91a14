"""What the engine is told and what it asks for: the vocabulary between the rules and the world.

Events carry the time, so the engine reads no clock. Effects are performed in their order, and a
``PersistSignature`` or ``CommitBlock`` is durable before the next effect is performed.
"""

from dataclasses import dataclass

from chain.certificate import Certificate
from chain.consensus.events import Timer
from chain.errors import ChainError
from chain.exchange import ProtocolId, Topic
from chain.execution import ExecutedBlock
from chain.primitives import Hash
from chain.proposal import CompactBlock
from chain.receipt import Receipt
from chain.validation import VerifiedBlock, VerifiedTransaction


@dataclass(frozen=True, slots=True)
class Started:
    """The node is up; comes once and first.

    Attributes:
        now_ms: unix milliseconds.
        record: what the sign log held, or None.
        blocks: encoded blocks that the sign log held.
    """

    now_ms: int
    record: bytes | None = None
    blocks: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class PeerUp:
    """A peer that speaks consensus is connected."""

    peer: str


@dataclass(frozen=True, slots=True)
class PeerDown:
    """A peer has gone."""

    peer: str


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """A peer says how far its chain is; unchecked."""

    peer: str
    height: int
    now_ms: int


@dataclass(frozen=True, slots=True)
class ConsensusReceived:
    """An encoded consensus message came from a peer."""

    peer: str
    data: bytes
    now_ms: int


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer that the engine set has run out."""

    timer: Timer
    now_ms: int


@dataclass(frozen=True, slots=True)
class CatchUpTick:
    """About once a second: time to ask a peer that is ahead."""

    now_ms: int


@dataclass(frozen=True, slots=True)
class TransactionArrived:
    """A transaction that passed the stateless checks; claims come with their documents.

    Attributes:
        verified: the transaction.
        receipts: the documents of a claim, or of a batch in its order; else none.
        ticket: names the caller who waits for an answer; None when it was gossiped.
    """

    verified: VerifiedTransaction
    receipts: tuple[Receipt, ...] = ()
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class PartsReceived:
    """The answer to a fetch of a block's missing parts; each part passed the stateless checks."""

    peer: str
    transactions: tuple[VerifiedTransaction, ...]
    receipts: tuple[Receipt, ...]
    request: int
    now_ms: int


@dataclass(frozen=True, slots=True)
class BlocksReceived:
    """The answer to a sync request, or to a fetch of one block by its hash (no certificate).

    Attributes:
        peer: who answered.
        blocks: each passed the stateless checks.
        request: as asked.
        now_ms: unix milliseconds.
    """

    peer: str
    blocks: tuple[tuple[VerifiedBlock, Certificate | None], ...]
    request: int
    now_ms: int


@dataclass(frozen=True, slots=True)
class BlockAnnounced:
    """A final block was gossiped by the names of its parts; unchecked.

    Attributes:
        peer: who passed it on.
        compact: the block.
        certificate: its commit certificate.
        now_ms: unix milliseconds.
    """

    peer: str
    compact: CompactBlock
    certificate: Certificate
    now_ms: int


@dataclass(frozen=True, slots=True)
class RequestFailed:
    """A request had no good answer: timeout, refusal or rubbish."""

    peer: str
    request: int
    now_ms: int


@dataclass(frozen=True, slots=True)
class NextBlock:
    """Time for the next of the final blocks that are at hand."""


@dataclass(frozen=True, slots=True)
class FetchAsked:
    """A peer asks for parts or for a block of the height being agreed on."""

    peer: str
    request: int
    payload: bytes


Event = (
    Started
    | PeerUp
    | PeerDown
    | PeerStatus
    | ConsensusReceived
    | TimerFired
    | CatchUpTick
    | TransactionArrived
    | PartsReceived
    | BlocksReceived
    | BlockAnnounced
    | RequestFailed
    | NextBlock
    | FetchAsked
)


@dataclass(frozen=True, slots=True)
class PersistSignature:
    """Make the sign record and the blocks it names durable.

    Attributes:
        height: of the record.
        record: replaces the one before.
        blocks: (hash, encoded block) that no earlier one carried.
    """

    height: int
    record: bytes
    blocks: tuple[tuple[Hash, bytes], ...]


@dataclass(frozen=True, slots=True)
class CommitBlock:
    """Store a final block in one transaction; the engine's ledger has it already."""

    executed: ExecutedBlock
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class SendConsensus:
    """Send an encoded consensus message to a peer, or to all (None)."""

    peer: str | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Gossip:
    """Publish a payload on a topic."""

    topic: Topic
    payload: bytes


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Answer with ``TimerFired`` after a while; the same timer replaces itself."""

    timer: Timer
    delay_ms: int


@dataclass(frozen=True, slots=True)
class BringNextBlock:
    """Answer with ``NextBlock``, once other events have had their turn."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Send a request to a peer ("" for any); its answer comes back with the same number."""

    request: int
    protocol: ProtocolId
    peer: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer a ``FetchAsked``; an empty payload says that nothing is known."""

    request: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Punish:
    """Lower a peer's score for something that no honest peer sends."""

    peer: str
    weight: int


@dataclass(frozen=True, slots=True)
class Reply:
    """Tell a caller what became of its transaction: None is admitted."""

    ticket: int
    transaction_id: Hash
    error: ChainError | None


@dataclass(frozen=True, slots=True)
class Report:
    """Something an operator should read.

    Attributes:
        event: a short name.
        fields: what it is about.
    """

    event: str
    fields: tuple[tuple[str, object], ...] = ()


NetworkEffect = SendConsensus | Gossip | Ask | Answer | Punish
"""What concerns peers."""

Effect = (
    PersistSignature | CommitBlock | StartTimer | BringNextBlock | Reply | Report | NetworkEffect
)
