"""The checked votes of one height, counted by round, kind and block.

A validator that votes twice is counted for both blocks, whichever vote came first: the quorum of
the others may hold either of them. Its third vote of a kind and round is dropped, so that memory
has a bound; a certificate is taken whole and knows no such limit.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from chain.certificate import Certificate, VoteKind
from chain.consensus.messages import ROUND_VOTES_MAX, Vote
from chain.primitives import ZERO_HASH, Hash, Signature
from chain.validators import ValidatorSet

VOTES_PER_VALIDATOR_MAX = 2
"""Different votes of one validator, kind and round that are kept: two are proof of a lie."""


@dataclass(slots=True)
class Tally:
    """Votes of one kind in one round."""

    by_block: dict[Hash, dict[int, Signature]] = field(default_factory=dict)
    """Signatures by block hash and index; nil is the zero hash."""
    by_voter: dict[int, list[Hash]] = field(default_factory=dict)
    """Blocks each validator voted for, the first one first."""


class HeightVotes:
    """Votes of one height; every vote that enters has a checked signature."""

    def __init__(self, height: int, validators: ValidatorSet) -> None:
        """Start empty."""
        self._height = height
        self._validators = validators
        self._tallies: dict[tuple[VoteKind, int], Tally] = {}
        self._voters: dict[int, set[int]] = {}
        self.polkas: list[tuple[int, Hash]] = []
        """(round, block) of each quorum of prevotes for a block, in the order of completion."""
        self.commits: list[tuple[int, Hash]] = []
        """(round, block) of each quorum of precommits for a block."""
        self.skip_round = -1
        """Highest round in which validators of the skip threshold have voted."""

    def _key(self, kind: VoteKind, round_: int) -> tuple[VoteKind, int]:
        """Return where votes are counted: those of two kinds or two rounds never add up."""
        return kind, round_

    def _tally(self, kind: VoteKind, round_: int) -> Tally:
        """Return what is counted so far, without making room for it."""
        return self._tallies.get(self._key(kind, round_)) or Tally()

    def has(self, vote: Vote) -> bool:
        """Tell whether this validator's vote for this block is counted."""
        tally = self._tally(vote.kind, vote.round)
        return vote.block_hash in tally.by_voter.get(vote.index, ())

    def has_room(self, vote: Vote) -> bool:
        """Tell whether the vote is new and its validator below the limit."""
        held = self._tally(vote.kind, vote.round).by_voter.get(vote.index, [])
        return vote.block_hash not in held and len(held) < VOTES_PER_VALIDATOR_MAX

    def add(self, vote: Vote) -> Vote | None:
        """Count a vote whose signature was checked.

        Returns:
            The validator's other vote, if this is its second of the kind and round; else None.
        """
        tally = self._tallies.setdefault(self._key(vote.kind, vote.round), Tally())
        held = tally.by_voter.setdefault(vote.index, [])
        if vote.block_hash in held:
            return None
        held.append(vote.block_hash)
        tally.by_block.setdefault(vote.block_hash, {})[vote.index] = vote.signature
        self._note_quorum(tally, vote)
        self._note_voter(vote)
        if len(held) != VOTES_PER_VALIDATOR_MAX:
            return None
        signature = tally.by_block[held[0]][vote.index]
        return Vote(vote.kind, vote.height, vote.round, held[0], vote.index, signature)

    def add_certificate(self, certificate: Certificate) -> list[tuple[Vote, Vote]]:
        """Count a checked certificate as a whole.

        Returns:
            Pairs of votes of one validator that contradict each other.
        """
        pairs = []
        for vote in certificate_votes(certificate):
            other = self.add(vote)
            if other is not None:
                pairs.append((other, vote))
        return pairs

    def _note_quorum(self, tally: Tally, vote: Vote) -> None:
        if vote.is_nil or len(tally.by_block[vote.block_hash]) != self._validators.quorum:
            return
        quorums = self.polkas if vote.kind is VoteKind.PREVOTE else self.commits
        quorums.append((vote.round, vote.block_hash))

    def _note_voter(self, vote: Vote) -> None:
        voters = self._voters.setdefault(vote.round, set())
        voters.add(vote.index)
        if len(voters) >= self._validators.skip_threshold:
            self.skip_round = max(self.skip_round, vote.round)

    def has_quorum(self, kind: VoteKind, round_: int, block_hash: Hash) -> bool:
        """Tell whether a quorum voted for one block, or for nil."""
        voters = self._tally(kind, round_).by_block.get(block_hash, ())
        return len(voters) >= self._validators.quorum

    def has_quorum_of_any(self, kind: VoteKind, round_: int) -> bool:
        """Tell whether a quorum voted at all; who voted twice counts once."""
        return len(self._tally(kind, round_).by_voter) >= self._validators.quorum

    def is_named(self, block_hash: Hash) -> bool:
        """Tell whether a quorum voted for the block in any round."""
        return any(named == block_hash for _, named in (*self.polkas, *self.commits))

    def voters(self, block_hash: Hash) -> tuple[int, ...]:
        """Return the indices of all who voted for a block in any round, rising."""
        found = set[int]()
        for tally in self._tallies.values():
            found.update(tally.by_block.get(block_hash, ()))
        return tuple(sorted(found))

    def certificate(self, kind: VoteKind, round_: int, block_hash: Hash) -> Certificate:
        """Return the votes for a block as a certificate, with every signature that is known."""
        signatures = tuple(sorted(self._tally(kind, round_).by_block[block_hash].items()))
        validators_hash = self._validators.hash
        return Certificate(kind, self._height, round_, block_hash, validators_hash, signatures)

    def votes(self, round_: int, kinds: Iterable[VoteKind] = VoteKind) -> tuple[Vote, ...]:
        """Return one vote of each kind and validator in a round, as a reason to be there."""
        chosen = []
        for kind in kinds:
            tally = self._tally(kind, round_)
            for index in sorted(tally.by_voter):
                block_hash = tally.by_voter[index][0]
                signature = tally.by_block[block_hash][index]
                chosen.append(Vote(kind, self._height, round_, block_hash, index, signature))
        return tuple(chosen[:ROUND_VOTES_MAX])

    def forget_before(self, round_: int, *, but: frozenset[int]) -> None:
        """Drop the votes of rounds below ``round_``, except the rounds ``but`` and commits."""
        kept = but.union(each for each, _ in self.commits)
        for key in [key for key in self._tallies if key[1] < round_ and key[1] not in kept]:
            del self._tallies[key]
        for old in [old for old in self._voters if old < round_]:
            del self._voters[old]
        self.polkas = [each for each in self.polkas if each[0] >= round_ or each[0] in kept]


def certificate_votes(certificate: Certificate) -> list[Vote]:
    """Return the votes that a certificate is made of."""
    kind, block_hash = certificate.kind, certificate.block_hash
    return [
        Vote(kind, certificate.height, certificate.round, block_hash, index, signature)
        for index, signature in certificate.signatures
    ]


def is_nil_quorum(votes: HeightVotes, round_: int) -> bool:
    """Tell whether a quorum prevoted for nil."""
    return votes.has_quorum(VoteKind.PREVOTE, round_, ZERO_HASH)
