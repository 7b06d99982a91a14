"""What people may see of the agreement under way: all of it is told to every peer anyhow."""

from collections.abc import Iterable
from dataclasses import dataclass

from chain.certificate import VoteKind
from chain.consensus.height_state import HeightState, Step
from chain.consensus.messages import Vote
from chain.primitives import Hash
from chain.validators import ValidatorSet


@dataclass(frozen=True, slots=True)
class ConsensusLook:
    """Where a node stands at the height being agreed on.

    Attributes:
        height: of the block that is coming.
        round: the attempt at it, from 0; -1 before the first.
        step: what comes next in the round.
        validators: who votes.
        proposer: index of the one whose turn it is; None before the first round.
        prevotes: of this round that the node has seen: the block's hash by index; zeros for nil.
        precommits: likewise.
    """

    height: int
    round: int
    step: Step
    validators: ValidatorSet
    proposer: int | None
    prevotes: dict[int, Hash]
    precommits: dict[int, Hash]


def look_at(state: HeightState) -> ConsensusLook:
    """Return what people may see of a height; of a validator's two votes, the first."""
    validators, has_begun = state.validators, state.round >= 0
    votes = state.votes.votes(state.round) if has_begun else ()
    return ConsensusLook(
        height=state.height,
        round=state.round,
        step=state.step,
        validators=validators,
        proposer=(
            validators.proposer_index(height=state.height, round_=state.round)
            if has_begun
            else None
        ),
        prevotes=_by_index(votes, VoteKind.PREVOTE),
        precommits=_by_index(votes, VoteKind.PRECOMMIT),
    )


def _by_index(votes: Iterable[Vote], kind: VoteKind) -> dict[int, Hash]:
    return {vote.index: vote.block_hash for vote in votes if vote.kind is kind}
