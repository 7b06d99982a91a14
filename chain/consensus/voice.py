"""How a validator speaks: it signs, takes in its own message, and sends; or says it again.

Votes travel over links that lose messages, and agreement needs that what one honest validator
got reaches all. So on every tick, and to every peer that connects, a validator repeats its own
messages of the height, the reason for its round and the polka of its valid block (the "gossip
communication" property of arXiv 1807.04938, section 2.1).
"""

from chain.certificate import VoteKind
from chain.consensus.events import Broadcast, Effect, SendTo
from chain.consensus.height_state import HeightState
from chain.consensus.messages import (
    UNSIGNED,
    CertificateMessage,
    Message,
    Proposal,
    SignedMessage,
    Vote,
)
from chain.consensus.sign_state import Lock, SignState
from chain.primitives import Hash


class Voice:
    """Signs and sends for one height; an observer has none and stays silent."""

    def __init__(
        self, state: HeightState, *, sign_state: SignState | None, effects: list[Effect]
    ) -> None:
        """Start silent.

        Args:
            state: the height's variables; own messages are added to them.
            sign_state: the guard that signs; None for an observer.
            effects: where messages are written, in order.
        """
        self._state = state
        self._sign_state = sign_state
        self._effects = effects

    def can_sign(self) -> bool:
        """Tell whether we are a validator that may sign at this height now.

        It may not once a quorum has precommitted: the height is over, and the node is only
        waiting for the block.
        """
        state = self._state
        is_validator = self._sign_state is not None and state.index is not None
        return is_validator and state.may_sign and not state.votes.commits

    def propose(self, block_hash: Hash, *, pol_round: int) -> None:
        """Sign and send a proposal of this round."""
        state = self._state
        if state.index is not None:
            self._speak(
                Proposal(state.height, state.round, pol_round, block_hash, state.index, UNSIGNED)
            )

    def vote(self, kind: VoteKind, block_hash: Hash) -> None:
        """Sign and send a vote of this round."""
        state = self._state
        if state.index is not None:
            self._speak(Vote(kind, state.height, state.round, block_hash, state.index, UNSIGNED))

    def _speak(self, unsigned: SignedMessage) -> None:
        if self._sign_state is None or not self.can_sign():
            return
        signed = self._sign_state.sign(unsigned)
        if signed is not None:
            self.hear_own(signed)
            self.broadcast(self._complete(signed))

    def hear_own(self, message: SignedMessage) -> None:
        """Take in an own message as if it had been received."""
        if isinstance(message, Vote):
            self._state.votes.add(message)
        else:
            self._state.blocks.add(message, timely=True)

    def reload_own_messages(self) -> None:
        """Take in what was signed at this height before a restart."""
        for message in self._own_messages():
            self.hear_own(message)

    def broadcast(self, message: Message) -> None:
        """Send a message to every validator, unless we are an observer."""
        if self._state.index is not None and self._sign_state is not None:
            self._effects.append(Broadcast(message))

    def broadcast_polka(self, lock: Lock) -> None:
        """Send the polka of a block to every validator."""
        self.broadcast(self._polka(lock))

    def repeat(self) -> None:
        """Send the current messages to every validator again."""
        for message in self.current_messages():
            self.broadcast(message)

    def repeat_to(self, peer: str) -> None:
        """Send the current messages to one peer."""
        if self._state.index is not None and self._sign_state is not None:
            self._effects.extend(SendTo(peer, message) for message in self.current_messages())

    def current_messages(self) -> list[Message]:
        """Return all that a peer which missed everything needs from us, reasons first."""
        state = self._state
        messages: list[Message] = []
        for round_, block_hash in state.votes.commits[:1]:
            commit = state.votes.certificate(VoteKind.PRECOMMIT, round_, block_hash)
            messages.append(CertificateMessage(commit))
        if state.entry is not None:
            messages.append(state.entry)
        if state.valid is not None:
            messages.append(self._polka(state.valid))
            messages.extend(self._proposals_of_others(state.valid))
        messages.extend(
            self._complete(own)
            for own in self._own_messages()
            if isinstance(own, Vote) or own.round == state.round
        )
        return messages

    def _own_messages(self) -> tuple[SignedMessage, ...]:
        return self._sign_state.messages(self._state.height) if self._sign_state else ()

    def _polka(self, lock: Lock) -> CertificateMessage:
        votes = self._state.votes
        return CertificateMessage(votes.certificate(VoteKind.PREVOTE, lock.round, lock.block_hash))

    def _proposals_of_others(self, lock: Lock) -> list[Message]:
        """Return the proposal that got a polka in this round, if its proposer is not us."""
        state = self._state
        if lock.round != state.round:
            return []
        seen = [each.proposal for each in state.blocks.proposals(lock.round)]
        named = [each for each in seen if each.block_hash == lock.block_hash]
        return [self._complete(each) for each in named if each.index != state.index]

    def _complete(self, message: SignedMessage) -> SignedMessage:
        if isinstance(message, Proposal):
            return self._state.blocks.with_content(message)
        return message
