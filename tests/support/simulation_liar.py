"""What a liar sends in place of what its machine asked for, signed with its own key."""

from dataclasses import replace
from typing import TYPE_CHECKING

from chain.certificate import VoteKind
from chain.consensus.messages import NO_ROUND, Message, Proposal, SignedMessage, Vote
from chain.crypto import sha256
from chain.primitives import ZERO_HASH
from tests.support.simulation_node import Node, a_block

if TYPE_CHECKING:
    from tests.support.simulation import World


def lie(world: "World", liar: Node, message: Message) -> Message:
    """Return the message, or in half of the cases another one for this receiver."""
    if world.dice.random() < 0.5 or not isinstance(message, Vote | Proposal):
        return message
    changed = (
        _change_vote(world, message)
        if isinstance(message, Vote)
        else _change_proposal(world, liar, message)
    )
    signature = liar.signer.sign(changed.signing_kind, changed.body())
    return replace(changed, signature=signature)


def _change_vote(world: "World", vote: Vote) -> SignedMessage:
    match world.dice.randrange(4):
        case 0:
            return replace(vote, block_hash=ZERO_HASH)
        case 1:
            known = [key for node in world.nodes for key in node.contents]
            return replace(vote, block_hash=world.dice.choice(known or [ZERO_HASH]))
        case 2:
            return replace(vote, round=max(0, vote.round + world.dice.choice((-1, 1, 2))))
        case _:
            kinds = (VoteKind.PREVOTE, VoteKind.PRECOMMIT)
            return replace(vote, kind=world.dice.choice(kinds))


def _change_proposal(world: "World", liar: Node, proposal: Proposal) -> SignedMessage:
    match world.dice.randrange(3):
        case 0:
            return replace(proposal, pol_round=world.dice.randint(NO_ROUND, proposal.round - 1))
        case 1:
            content = a_block(proposal.height, liar.tip, f"other {world.dice.randrange(3)}")
        case _:
            content = a_block(proposal.height, ZERO_HASH, "invalid")
    return replace(proposal, block_hash=sha256(content), content=content, pol_round=NO_ROUND)
