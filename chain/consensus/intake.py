"""Takes in the messages of one height: checks first, then remembers, and never judges twice.

Nothing changes before every signature of a message is checked. What is merely of no use, too
far from our round or above a limit, is dropped in silence: only forgeries are the sender's fault.
"""

from chain.certificate import SignatureCheck, VoteKind, check_certificate
from chain.consensus.events import Effect, JudgeBlock, KeyElsewhere
from chain.consensus.evidence import evidence_of
from chain.consensus.height_state import PROPOSAL_ROUNDS_AHEAD, ROUNDS_KEPT, HeightState
from chain.consensus.height_votes import certificate_votes
from chain.consensus.messages import (
    CertificateMessage,
    Message,
    Proposal,
    RoundCertificate,
    SignedMessage,
    Vote,
    check_message_signature,
)
from chain.consensus.sign_state import SignState
from chain.errors import MalformedMessage
from chain.primitives import Hash, PublicKey, Signature

VERIFIED_MAX = 16_384
"""Signatures remembered as checked: all votes of 64 validators in 64 rounds, twice over."""


class VerifiedSignatures:
    """A check that does each piece of work once, as certificates and blocks repeat votes."""

    def __init__(self, check: SignatureCheck) -> None:
        """Remember nothing yet."""
        self._check = check
        self._seen: set[tuple[bytes, bytes, bytes]] = set()

    def __call__(
        self, *, public_key: PublicKey, message: bytes, signature: Signature, what: str
    ) -> None:
        """Check a signature, unless the same one was checked before.

        Raises:
            InvalidSignature: it does not verify.
        """
        key = (public_key, message, signature)
        if key in self._seen:
            return
        self._check(public_key=public_key, message=message, signature=signature, what=what)
        if len(self._seen) >= VERIFIED_MAX:
            self._seen.clear()
        self._seen.add(key)


class Intake:
    """Adds messages to the state of one height."""

    def __init__(
        self,
        state: HeightState,
        *,
        genesis_hash: Hash,
        check: SignatureCheck,
        sign_state: SignState | None,
        effects: list[Effect],
    ) -> None:
        """Work for one height.

        Args:
            state: the height's variables, which messages are added to.
            genesis_hash: 32 bytes, in every signed message.
            check: the signature check.
            sign_state: knows what we signed; None for an observer.
            effects: where evidence is written.
        """
        self._state = state
        self._genesis_hash = genesis_hash
        self._check = check
        self._sign_state = sign_state
        self._effects = effects

    def take(self, message: Message, *, timely: bool | None) -> None:
        """Check a message of this height and remember it.

        Raises:
            MalformedMessage: it names a validator outside the set, or a proposal is not by the
                proposer of its round.
            InvalidSignature: a vote or a proposal was not signed by the validator it names.
            InvalidCertificate: a certificate does not prove what it claims.
        """
        match message:
            case Vote():
                self._take_vote(message)
            case Proposal():
                self._take_proposal(message, timely=timely)
            case RoundCertificate():
                self._take_round_certificate(message)
            case CertificateMessage():
                self._take_certificate(message)

    def _take_vote(self, vote: Vote) -> None:
        if self._is_near(vote.round) and self._state.votes.has_room(vote):
            self._check_signature(vote)
            self._add_vote(vote)

    def _take_round_certificate(self, certificate: RoundCertificate) -> None:
        """Add its votes; those of a far round too, if one of their signers must be honest."""
        state = self._state
        first_round = max(state.round, 0) - ROUNDS_KEPT
        enough = len({vote.index for vote in certificate.votes}) >= state.validators.skip_threshold
        if certificate.round < first_round or not (enough or self._is_near(certificate.round)):
            return
        votes = [vote for vote in certificate.votes if not state.votes.has(vote)]
        for vote in votes:
            self._check_signature(vote)
        for vote in votes:
            if state.votes.has_room(vote):
                self._add_vote(vote)

    def _take_certificate(self, message: CertificateMessage) -> None:
        """Add a certificate as a whole: a liar's other vote must not hide the one in it."""
        certificate, votes = message.certificate, self._state.votes
        known = votes.polkas if certificate.kind is VoteKind.PREVOTE else votes.commits
        if (certificate.round, certificate.block_hash) in known:
            return
        check_certificate(
            certificate,
            validators=self._state.validators,
            genesis_hash=self._genesis_hash,
            kind=certificate.kind,
            check=self._check,
        )
        for vote in certificate_votes(certificate):
            self._watch_own(vote)
        for one, other in votes.add_certificate(certificate):
            self._report(one, other)

    def _take_proposal(self, proposal: Proposal, *, timely: bool | None) -> None:
        blocks = self._state.blocks
        turn = self._state.validators.proposer_index(height=proposal.height, round_=proposal.round)
        if proposal.index != turn:
            raise MalformedMessage(detail="a proposal is not by the proposer of its round")
        same = blocks.find_same(proposal)
        if same is None and not self._is_wanted(proposal):
            return
        self._check_signature(proposal)
        if same is not None:
            same.timely = timely if same.timely is None else same.timely
            self._offer_other_content(proposal)
            return
        other = blocks.add(proposal, timely=timely)
        if other is not None:
            self._report(other, proposal)

    def _offer_other_content(self, proposal: Proposal) -> None:
        """Hand on another content for a block that is asked for: the first may be a forgery."""
        blocks = self._state.blocks
        block_hash = proposal.block_hash
        is_open = blocks.was_asked(block_hash) and blocks.find_judgement(block_hash) is None
        if is_open and proposal.content not in (b"", blocks.find_content(block_hash)):
            voters = self._state.votes.voters(block_hash)
            height = self._state.height
            self._effects.append(JudgeBlock(height, block_hash, proposal, None, voters))

    def _is_wanted(self, proposal: Proposal) -> bool:
        """Tell whether its round is near and has room, or a quorum names a block we lack."""
        state, blocks, block_hash = self._state, self._state.blocks, proposal.block_hash
        first = max(state.round, 0)
        is_near = first <= proposal.round <= first + PROPOSAL_ROUNDS_AHEAD
        if not state.votes.is_named(block_hash):
            return is_near and blocks.has_room(proposal.round)
        is_lacking = bool(proposal.content) and blocks.find_content(block_hash) is None
        return is_lacking or (is_near and blocks.has_room(proposal.round, named=block_hash))

    def _is_near(self, round_: int) -> bool:
        return abs(round_ - max(self._state.round, 0)) <= ROUNDS_KEPT

    def _check_signature(self, message: SignedMessage) -> None:
        validators = self._state.validators
        if message.index >= len(validators):
            raise MalformedMessage(detail="a message names a validator outside the set")
        check_message_signature(
            message,
            public_key=validators[message.index].public_key,
            genesis_hash=self._genesis_hash,
            check=self._check,
        )
        self._watch_own(message)

    def _watch_own(self, message: SignedMessage) -> None:
        """See whether a checked message under our key is ours."""
        is_own = self._sign_state is not None and message.index == self._state.index
        if is_own and self._sign_state is not None and self._sign_state.is_foreign(message):
            self._effects.append(KeyElsewhere(message))

    def _add_vote(self, vote: Vote) -> None:
        other = self._state.votes.add(vote)
        if other is not None:
            self._report(other, vote)

    def _report(self, one: SignedMessage, other: SignedMessage) -> None:
        public_key = self._state.validators[one.index].public_key
        self._effects.append(evidence_of(one, other, public_key=public_key))
