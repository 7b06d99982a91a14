"""What a liar's node sends in place of what its engine asked for, signed with its own key.

A lie is decoded, changed in one field of any depth, and signed again where its own signature
covers it; or it is bytes with a bit turned over; or silence. Each receiver gets a lie of its own,
or all get the same.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from chain.block import Block
from chain.certificate import Certificate, VoteKind, vote_body
from chain.codec import sequence
from chain.consensus.evidence import (
    decode_evidence_message,
    encode_evidence_message,
    evidence_of,
    is_evidence_message,
)
from chain.consensus.messages import (
    NO_ROUND,
    UNSIGNED,
    CertificateMessage,
    Message,
    Proposal,
    RoundCertificate,
    Vote,
    decode_message,
    encode_message,
)
from chain.consensus.sign_state import KeySigner
from chain.crypto import SigningKind
from chain.errors import ChainError
from chain.exchange import ProtocolId, Topic
from chain.fetch import Parts, decode_fetch_answer, decode_sync_answer, encode_block_answer
from chain.payload_pairs import (
    decode_announcement,
    decode_final_block,
    encode_announcement,
    encode_final_block,
)
from chain.primitives import ZERO_HASH, Hash
from chain.proposal import CompactBlock
from chain.validators import ValidatorSet
from tests.support.builders import GENESIS_HASH
from tests.support.simulation_mutation import flipped, mutated
from tests.support.simulation_oracle import OracleSigner

ACCUSATIONS = 0.02
"""Share of messages in whose place a liar accuses somebody, itself perhaps."""

UNSENDABLE = (ChainError, struct.error, ValueError, OverflowError, TypeError)
"""What encoding a value out of its range raises; then a bit is turned over instead."""


@dataclass(slots=True)
class Liar:
    """The mouth of one validator that lies."""

    signer: KeySigner | OracleSigner
    """Its key, the only one it can sign with."""
    dice: Random
    """The run's."""
    validators: ValidatorSet
    """Whose name a block may bear."""
    hashes: Sequence[Hash]
    """Names of the run's latest blocks, which it may vote for."""
    index: int = -1
    """Its index, which changes as validators come and go; its own messages say it."""

    def tell(self, data: bytes, change: Callable[[bytes], bytes]) -> bytes | None:
        """Return the truth in half of the cases, or a lie, or None for silence."""
        kind = self.dice.random()
        if kind < 0.5:
            return data
        if kind < 0.55:
            return None
        if kind < 0.62:
            return flipped(data, self.dice)
        try:
            return change(data)
        except UNSENDABLE:
            return flipped(data, self.dice)

    def messages(self, data: bytes, count: int) -> list[bytes | None]:
        """Return what each of so many peers gets for a consensus message.

        A lie of which all are told is the one that may get a quorum.
        """
        if self.dice.random() < 0.5:
            return [self._message(data)] * count
        return [self._message(data) for _ in range(count)]

    def _message(self, data: bytes) -> bytes | None:
        if is_evidence_message(data):
            return self.tell(data, self._other_evidence)
        message = decode_message(data)
        if isinstance(message, Vote | Proposal):
            self.index = message.index
        if self.dice.random() < ACCUSATIONS:
            return self._accusation(message.height, message.round)
        return self.tell(data, lambda _: encode_message(self._other(message)))

    def _other_evidence(self, truth: bytes) -> bytes:
        return encode_evidence_message(self._change(decode_evidence_message(truth)))

    def _accusation(self, height: int, round_: int) -> bytes:
        """Accuse somebody with two votes that the liar signed."""
        one, other = (
            Vote(VoteKind.PREVOTE, height, round_, name, self.index, UNSIGNED)
            for name in (ZERO_HASH, Hash(GENESIS_HASH))
        )
        accused = self.dice.choice(list(self.validators)).public_key
        evidence = evidence_of(self._sign(one), self._sign(other), public_key=accused)
        return encode_evidence_message(evidence)

    def gossip(self, topic: Topic, data: bytes) -> bytes | None:
        """Return what goes to one peer for a gossiped payload."""
        if topic is not Topic.BLOCK:
            return self.tell(data, lambda truth: flipped(truth, self.dice))

        def change(truth: bytes) -> bytes:
            compact, certificate = self._change(decode_announcement(truth))
            return encode_announcement(compact=compact, certificate=self._sign(certificate))

        return self.tell(data, change)

    def answer(self, protocol: ProtocolId, data: bytes) -> bytes | None:
        """Return what goes to an asker."""
        return self.tell(data, self._sync if protocol is ProtocolId.SYNC else self._fetch)

    def height(self, height: int) -> int:
        """Return what it says of its chain."""
        return self.dice.choice((height, height, 0, height + 1, height + 5, 2**60))

    def _change(self, value: Any) -> Any:  # noqa: ANN401 - any form
        return mutated(value, self.dice, self.hashes)

    def _sync(self, truth: bytes) -> bytes:
        items = decode_sync_answer(truth)
        place = self.dice.randrange(len(items))
        data, certificate = decode_final_block(items[place])
        if self.dice.random() < 0.5:
            data = self._change(Block.decode(data)).encode()
        else:
            certificate = self._sign(self._change(certificate))
        items[place] = encode_final_block(block=data, certificate=certificate)
        return sequence(items)

    def _fetch(self, truth: bytes) -> bytes:
        answer = decode_fetch_answer(truth)
        if isinstance(answer, Parts):
            changed: Parts = self._change(answer)
            return changed.encode()
        return encode_block_answer(self._change(Block.decode(answer)).encode())

    def _other(self, message: Message) -> Message:
        """Return another message, signed where it is by the liar."""
        if isinstance(message, Proposal) and message.content and self.dice.random() < 0.6:
            message = self._other_block(message)
        else:
            message = self._change(message)
        signed: Message = self._sign(message)
        return signed

    def _other_block(self, proposal: Proposal) -> Proposal:
        """Propose another block: as good, of another time or turn, or wrong somewhere."""
        compact = CompactBlock.decode(proposal.content)
        header, kind = compact.header, self.dice.random()
        if kind < 0.6:
            time_ms = header.time_ms + self.dice.choice((1, 2, 3, 20_000))
            compact = replace(compact, header=replace(header, time_ms=time_ms))
        elif kind < 0.7:
            other = self.dice.choice(list(self.validators))
            compact = replace(compact, header=replace(header, proposer=other.public_key))
        else:
            compact = self._change(compact)
        name = compact.header.hash if self.dice.random() < 0.9 else proposal.block_hash
        pol_round = self.dice.choice((NO_ROUND, self.dice.randint(NO_ROUND, proposal.round - 1)))
        return replace(proposal, block_hash=name, content=compact.encode(), pol_round=pol_round)

    def _sign(self, said: Any) -> Any:  # noqa: ANN401 - what is signed or holds what is
        match said:
            case Vote() | Proposal() if said.index == self.index:
                return replace(said, signature=self.signer.sign(said.signing_kind, said.body()))
            case RoundCertificate():
                return replace(said, votes=tuple(map(self._sign, said.votes)))
            case CertificateMessage():
                return replace(said, certificate=self._sign(said.certificate))
            case Certificate():
                kind = SigningKind(said.kind)
                own = self.signer.sign(kind, vote_body(said.height, said.round, said.block_hash))
                signatures = tuple(
                    (index, own if index == self.index else signature)
                    for index, signature in said.signatures
                )
                return replace(said, signatures=signatures)
            case _:
                return said
