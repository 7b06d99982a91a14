"""Where one validator stands at one height."""

from dataclasses import dataclass, field
from enum import IntEnum

from chain.consensus.height_blocks import HeightBlocks
from chain.consensus.height_votes import HeightVotes
from chain.consensus.messages import RoundCertificate
from chain.consensus.sign_state import Lock
from chain.validators import ValidatorSet

NOT_STARTED = -1
"""The round before the first: messages are taken in, nothing is signed."""

ROUNDS_KEPT = 50
"""Votes are taken in from this many rounds behind to this many ahead of ours, which bounds the
memory; a round certificate brings a validator that is farther behind forward."""

PROPOSAL_ROUNDS_AHEAD = 2
"""Proposals are large: they are taken in for this many rounds ahead, and sent again later."""


class Step(IntEnum):
    """What a validator does next in a round."""

    NOT_STARTED = 0
    PROPOSE = 1
    """Waits for the proposal, to prevote."""
    PREVOTE = 2
    """Has prevoted and waits for prevotes, to precommit."""
    PRECOMMIT = 3
    """Has precommitted and waits for precommits, to decide."""
    DECIDED = 4


class Once(IntEnum):
    """Rules that apply once in a round, by line of the paper."""

    PREVOTE_WAIT = 34
    LOCK = 36
    PRECOMMIT_WAIT = 47


@dataclass(slots=True)
class HeightState:
    """The variables of the algorithm at one height, by the names of its paper where it has them."""

    height: int
    """Height agreed on."""
    validators: ValidatorSet
    """Who votes."""
    index: int | None
    """Our index among them; None for an observer."""
    may_sign: bool = True
    """False while the node is catching up, and once the height is known to be over."""
    listens: bool = False
    """True while nothing new may be signed because the program has just started."""
    round: int = NOT_STARTED
    """The round we are in."""
    step: Step = Step.NOT_STARTED
    """What we do next."""
    locked: Lock | None = None
    """The last block we precommitted (``lockedValue``, ``lockedRound``)."""
    valid: Lock | None = None
    """The last block we saw a polka of in its round (``validValue``, ``validRound``)."""
    entry: RoundCertificate | None = None
    """Why we entered this round; None in round 0 and after a restart."""
    resends: int = 0
    """How often messages were sent again in this round."""
    fired: set[Once] = field(default_factory=set)
    """Rules that have been applied in this round, of those that apply once."""
    blocks: HeightBlocks = field(default_factory=HeightBlocks)
    """Proposals and what we know of blocks."""
    votes: HeightVotes = field(init=False)
    """Checked votes."""

    def __post_init__(self) -> None:
        """Make room for votes."""
        self.votes = HeightVotes(self.height, self.validators)

    @property
    def is_proposer(self) -> bool:
        """Tell whether it is our turn to propose in this round."""
        turn = self.validators.proposer_index(height=self.height, round_=self.round)
        return self.index == turn

    @property
    def has_started(self) -> bool:
        """Tell whether a round is under way."""
        return self.step in (Step.PROPOSE, Step.PREVOTE, Step.PRECOMMIT)

    def forget_before_round(self, round_: int) -> None:
        """Drop what no rule will need from ``round_`` on."""
        locks = [lock for lock in (self.locked, self.valid) if lock]
        rounds = frozenset(lock.round for lock in locks)
        self.votes.forget_before(round_ - ROUNDS_KEPT, but=rounds)
        named = {block_hash for _, block_hash in (*self.votes.polkas, *self.votes.commits)}
        named.update(lock.block_hash for lock in locks)
        self.blocks.forget_before(round_, but=frozenset(named))
