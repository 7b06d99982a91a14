"""The proposals of one height, and what is known about the blocks they name.

At most two proposals of a round are kept, enough to prove that the proposer lied, and two more of
each block that a quorum of votes names; so a proposer cannot fill the memory.
"""

from dataclasses import dataclass, replace

from chain.consensus.messages import Proposal
from chain.primitives import Hash

PROPOSALS_PER_ROUND_MAX = 2
"""Different proposals of one round that are kept: two are proof of a lie."""


@dataclass(slots=True)
class SeenProposal:
    """A checked proposal."""

    proposal: Proposal
    """Without its content, which is kept once for each block."""
    timely: bool | None
    """Whether its block's time agreed with its arrival; None when that could not be told."""


class HeightBlocks:
    """Proposals, contents and judgements of one height."""

    def __init__(self) -> None:
        """Start empty."""
        self._proposals: dict[int, list[SeenProposal]] = {}
        self._contents: dict[Hash, bytes] = {}
        self._judgements: dict[Hash, bool] = {}
        self._asked: dict[Hash, bool] = {}

    def proposals(self, round_: int) -> list[SeenProposal]:
        """Return the proposals of a round in the order of arrival."""
        return self._proposals.get(round_, [])

    def find_same(self, proposal: Proposal) -> SeenProposal | None:
        """Return the kept proposal that says the same, if there is one."""
        for seen in self.proposals(proposal.round):
            if seen.proposal.body() == proposal.body():
                return seen
        return None

    def has_room(self, round_: int, *, named: Hash | None = None) -> bool:
        """Tell whether a round holds fewer proposals than are kept, of a ``named`` block alone."""
        kept = [seen.proposal.block_hash for seen in self.proposals(round_)]
        return (len(kept) if named is None else kept.count(named)) < PROPOSALS_PER_ROUND_MAX

    def add(self, proposal: Proposal, *, timely: bool | None) -> Proposal | None:
        """Keep a proposal whose signature was checked.

        Returns:
            The first proposal of the round, if this is the second that differs; else None.
        """
        kept = self._proposals.setdefault(proposal.round, [])
        kept.append(SeenProposal(proposal.without_content(), timely))
        if proposal.content:
            self._contents.setdefault(proposal.block_hash, proposal.content)
        return kept[0].proposal if len(kept) == PROPOSALS_PER_ROUND_MAX else None

    def keep_content(self, block_hash: Hash, content: bytes) -> None:
        """Keep the right content of a block."""
        self._contents[block_hash] = content

    def find_content(self, block_hash: Hash) -> bytes | None:
        """Return the content of a block, or None."""
        return self._contents.get(block_hash)

    def with_content(self, proposal: Proposal) -> Proposal:
        """Return a proposal as it goes on the wire, with what is known of its content."""
        return replace(proposal, content=self._contents.get(proposal.block_hash, b""))

    def find_proposal(self, block_hash: Hash) -> Proposal | None:
        """Return a kept proposal for a block with its content, if there is one."""
        if block_hash not in self._contents:
            return None
        for kept in self._proposals.values():
            for seen in kept:
                if seen.proposal.block_hash == block_hash:
                    return self.with_content(seen.proposal)
        return None

    def judge(self, block_hash: Hash, *, valid: bool) -> None:
        """Remember whether a block is valid."""
        self._judgements[block_hash] = valid

    def find_judgement(self, block_hash: Hash) -> bool | None:
        """Return whether a block is valid, or None while that is not known."""
        return self._judgements.get(block_hash)

    def must_ask(self, block_hash: Hash) -> bool:
        """Tell whether the engine must be asked to judge a block, or told of its content."""
        if block_hash in self._judgements:
            return False
        asked_with_content = self._asked.get(block_hash)
        return asked_with_content is None or (
            not asked_with_content and self.find_proposal(block_hash) is not None
        )

    def note_asked(self, block_hash: Hash, *, with_content: bool) -> None:
        """Remember that the engine was asked."""
        self._asked[block_hash] = with_content

    def was_asked(self, block_hash: Hash) -> bool:
        """Tell whether the engine was asked."""
        return block_hash in self._asked

    def forget_before(self, round_: int, *, but: frozenset[Hash]) -> None:
        """Drop proposals of rounds below ``round_``, and contents nobody needs any more.

        Args:
            round_: the round that starts.
            but: blocks that are locked, valid or named by a quorum.
        """
        for old in [old for old in self._proposals if old < round_]:
            kept = [seen for seen in self._proposals[old] if seen.proposal.block_hash in but]
            self._proposals[old] = kept
            if not kept:
                del self._proposals[old]
        needed = {
            seen.proposal.block_hash for kept in self._proposals.values() for seen in kept
        } | but
        self._contents = {key: value for key, value in self._contents.items() if key in needed}
