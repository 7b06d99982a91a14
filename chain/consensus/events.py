"""What goes into the consensus machine and what comes out of it.

Inputs are facts from outside; effects are wishes, performed by the shell in their order. The one
rule of the order: a :class:`Persist` is durable on disk before the next effect is performed, so
that nothing signed leaves the node before the node can never forget it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from chain.certificate import Certificate
from chain.consensus.messages import Message, Proposal, SignedMessage
from chain.evidence import Evidence
from chain.primitives import Hash
from chain.validators import ValidatorSet


class TimerKind(IntEnum):
    """What a timer waits for."""

    START = 1
    """The earliest time at which the first round of a height may start."""
    PROPOSE = 2
    """A proposal of this round."""
    PREVOTE = 3
    """A polka, once a quorum has prevoted for anything."""
    PRECOMMIT = 4
    """A commit, once a quorum has precommitted for anything."""
    REBROADCAST = 5
    """Nothing: it is time to send again what a peer may have missed."""
    LISTEN = 6
    """Peers to say what they know, before the first signature since the program started."""


@dataclass(frozen=True, slots=True)
class Timer:
    """The name of a timer; setting one again under the same name replaces it."""

    kind: TimerKind
    """What it waits for."""
    height: int
    """Height at which it was set."""
    round: int
    """Round in which it was set."""


# Inputs.


@dataclass(frozen=True, slots=True)
class Restore:
    """What the sign log held when the program started; given once, before any StartHeight."""

    record: bytes
    """The last record handed out by :class:`Persist`."""
    contents: Mapping[Hash, bytes] = field(default_factory=dict)
    """Compact form, as in proposals, of each block the log holds, by its hash."""


@dataclass(frozen=True, slots=True)
class StartHeight:
    """The block below is final and stored: agree on this height. Heights only rise."""

    height: int
    """1 to ``HEIGHT_MAX``."""
    validators: ValidatorSet
    """The set of this height."""
    now_ms: int
    """Now, in milliseconds of any clock."""
    start_at_ms: int
    """Earliest start of the first round, by the same clock; a height that was begun before a
    restart goes on at once."""
    next_validators: ValidatorSet | None = None
    """The set of the next height, to check early messages with; None when it is the same."""
    may_sign: bool = True
    """False while the node is still catching up: it follows and decides, and signs nothing."""
    listens: bool = False
    """True until the LISTEN timer of the engine has fired: the rounds stand still, what comes is
    taken in, own messages are said again, and the height may be decided by others."""


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A peer sent a message."""

    peer: str
    """Who handed it over, which need not be who signed it."""
    message: Message
    """Decoded, otherwise unchecked."""
    timely: bool | None = None
    """For a proposal: what :func:`chain.consensus.timing.is_timely` says of its block's time; None
    when the content is unreadable or the message is no proposal."""


@dataclass(frozen=True, slots=True)
class Proven:
    """A checked certificate proves a block of this height or a later one final.

    Nothing more is signed at that height or below it.
    """

    certificate: Certificate
    """Precommits of a quorum."""
    validators: ValidatorSet
    """The set that it was checked with."""


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer that was set has run out; one that is out of date does nothing."""

    timer: Timer
    """As in :class:`SetTimer`."""


@dataclass(frozen=True, slots=True)
class BlockBuilt:
    """The answer to :class:`BuildBlock`: a new block, valid on top of the last one."""

    height: int
    """As asked."""
    round: int
    """As asked; an answer that comes too late is dropped."""
    block_hash: Hash
    """32 bytes."""
    content: bytes
    """Its compact form, at most ``CONTENT_BYTES_MAX``."""


@dataclass(frozen=True, slots=True)
class BlockJudged:
    """The answer to :class:`JudgeBlock`, never given while a byte of the block is missing."""

    block_hash: Hash
    """As asked."""
    valid: bool
    """Whether the block follows every rule on top of the last one."""
    content: bytes | None = None
    """Its compact form where it was fetched by hash, or where the proposal's was wrong."""


@dataclass(frozen=True, slots=True)
class PeerConnected:
    """A link to a validator, or to one's sentry, is up: it gets the current messages at once."""

    peer: str
    """Its name in :class:`SendTo`."""


Input = (
    Restore
    | StartHeight
    | MessageReceived
    | Proven
    | TimerFired
    | BlockBuilt
    | BlockJudged
    | PeerConnected
)


# Effects.


@dataclass(frozen=True, slots=True)
class Persist:
    """Make these durable before the next effect; the record replaces the one before."""

    height: int
    """Height of the record."""
    record: bytes
    """What :class:`Restore` gives back."""
    block_hashes: tuple[Hash, ...]
    """Blocks named by this record and not by the one before: their full bytes go to the log too,
    which may drop the blocks that the record no longer names."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Send a message to every validator."""

    message: Message
    """Ours, or a certificate."""


@dataclass(frozen=True, slots=True)
class SendTo:
    """Send a message to one peer."""

    peer: str
    """As in :class:`PeerConnected`."""
    message: Message
    """Ours, or a certificate."""


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Answer with :class:`TimerFired` after a while."""

    timer: Timer
    """Its name."""
    delay_ms: int
    """Milliseconds from now, 0 or more."""


@dataclass(frozen=True, slots=True)
class BuildBlock:
    """It is our turn: answer with :class:`BlockBuilt`."""

    height: int
    """Height of the block to build."""
    round: int
    """Round it is for."""


@dataclass(frozen=True, slots=True)
class JudgeBlock:
    """Fetch what is missing, execute, and answer with :class:`BlockJudged`.

    It may be asked again for a block when another content for it arrives.
    """

    height: int
    """Height of the block."""
    block_hash: Hash
    """32 bytes."""
    proposal: Proposal | None
    """With its content; None when only a certificate is known: then fetch the block by hash."""
    peer: str | None
    """Who handed over the proposal or the vote that made us ask; None at a restart."""
    voters: tuple[int, ...]
    """Indices of validators that voted for the block and so should have it."""


@dataclass(frozen=True, slots=True)
class Decide:
    """The block is final. The machine rests until the next :class:`StartHeight`."""

    height: int
    """Height of the block."""
    round: int
    """Round of the precommits."""
    block_hash: Hash
    """32 bytes; it was judged valid."""
    certificate: Certificate
    """The proof: precommits of a quorum or more."""


@dataclass(frozen=True, slots=True)
class PeerBehind:
    """A peer sent a message of a height that is final here: it may need our block of it.

    Unchecked, and also said of a vote that is merely late: answer each peer at most once a second
    with the block of ``height`` and its certificate.
    """

    peer: str
    """Who."""
    height: int
    """The height it works on, below ours."""


@dataclass(frozen=True, slots=True)
class PeerAhead:
    """A peer sent a message of a height above ours: the blocks below it may be final there.

    Unchecked: a reason to ask, not to believe.
    """

    peer: str
    """Who."""
    height: int
    """The height it works on, above ours."""


@dataclass(frozen=True, slots=True)
class KeyElsewhere:
    """A message that verifies under our key was not signed here: another node has the key."""

    message: SignedMessage
    """Signed at a place that our record does not reach, or saying another thing than it holds."""


Effect = (
    Persist
    | Broadcast
    | SendTo
    | SetTimer
    | BuildBlock
    | JudgeBlock
    | Decide
    | Evidence
    | PeerBehind
    | PeerAhead
    | KeyElsewhere
)
