"""One consensus machine on a table: a test plays all others, with real keys.

Height 4 of four validators: validator ``r % 4`` proposes in round ``r``. Blocks are named by
letters; what the machine says is read back as short words, ``"prevote 0 A"``.
"""

from collections.abc import Mapping

from chain.certificate import Certificate, VoteKind
from chain.consensus import events
from chain.consensus.machine import Machine
from chain.consensus.messages import (
    NO_ROUND,
    CertificateMessage,
    Message,
    Proposal,
    RoundCertificate,
    SignedMessage,
    Vote,
)
from chain.consensus.sign_state import KeySigner
from chain.crypto import sha256, signing_bytes
from chain.evidence import Evidence
from chain.primitives import ZERO_HASH, Hash, Signature
from tests.support.consensus import GENESIS_HASH, a_certificate, a_validator_set, keys_in_order

HEIGHT = 4
NIL = "nil"
PREVOTE, PRECOMMIT = VoteKind.PREVOTE, VoteKind.PRECOMMIT


def block(letter: str) -> Hash:
    """Return the hash of the block named by a letter; ``nil`` is no block."""
    return ZERO_HASH if letter == NIL else sha256(letter.encode())


def letter_of(block_hash: Hash) -> str:
    """Return the letter of a block."""
    letters: tuple[str, ...] = (NIL, *"ABCDEFGH")
    return letters[[block(letter) for letter in letters].index(block_hash)]


def sign(message: SignedMessage, count: int = 4) -> Signature:
    """Return the signature of the validator a message names."""
    signed = signing_bytes(message.signing_kind, GENESIS_HASH, message.body())
    return keys_in_order(count)[message.index].sign(signed)


def a_vote(
    kind: VoteKind, round_: int, letter: str, index: int, *, height: int = HEIGHT, count: int = 4
) -> Vote:
    """Return a signed vote."""
    unsigned = Vote(kind, height, round_, block(letter), index, Signature(b""))
    return Vote(kind, height, round_, block(letter), index, sign(unsigned, count))


def a_proposal(
    round_: int, letter: str, pol_round: int = NO_ROUND, *, height: int = HEIGHT, count: int = 4
) -> Proposal:
    """Return the signed proposal of a round's proposer."""
    index = (height + round_) % count
    unsigned = Proposal(height, round_, pol_round, block(letter), index, Signature(b""))
    signature = sign(unsigned, count)
    return Proposal(height, round_, pol_round, block(letter), index, signature, content_of(letter))


def content_of(letter: str) -> bytes:
    """Return the content of the block named by a letter."""
    return b"content of " + letter.encode()


def a_polka(round_: int, letter: str, signers: tuple[int, ...] = (0, 2, 3)) -> CertificateMessage:
    """Return a certificate of prevotes."""
    return CertificateMessage(_certificate(PREVOTE, round_, letter, signers))


def a_commit(
    round_: int, letter: str, signers: tuple[int, ...] = (0, 2, 3), *, height: int = HEIGHT
) -> CertificateMessage:
    """Return a commit certificate."""
    return CertificateMessage(_certificate(PRECOMMIT, round_, letter, signers, height))


def _certificate(
    kind: VoteKind, round_: int, letter: str, signers: tuple[int, ...], height: int = HEIGHT
) -> Certificate:
    return a_certificate(
        kind=kind, height=height, round_=round_, block_hash=block(letter), signers=signers
    )


class Subject:
    """The machine under test and what it has said so far."""

    def __init__(self, index: int | None = 1, *, count: int = 4) -> None:
        self.count = count
        self.signer = (
            KeySigner(keys_in_order(count)[index], GENESIS_HASH) if index is not None else None
        )
        self.machine = Machine(genesis_hash=GENESIS_HASH, signer=self.signer)
        self.effects: list[events.Effect] = []

    def give(self, event: events.Input) -> list[events.Effect]:
        """Give the machine an input; return what it wishes and remember it."""
        effects = self.machine.handle(event)
        self.effects += effects
        return effects

    def start(self, *, height: int = HEIGHT, wait_ms: int = 0, may_sign: bool = True) -> "Subject":
        """Start a height."""
        validators = a_validator_set(self.count)
        self.give(events.StartHeight(height, validators, 1_000, 1_000 + wait_ms, may_sign=may_sign))
        return self

    def restart(self, *, contents: Mapping[Hash, bytes] | None = None) -> "Subject":
        """Forget all but the last record that was made durable, and begin again."""
        records = [each for each in self.effects if isinstance(each, events.Persist)]
        self.machine = Machine(genesis_hash=GENESIS_HASH, signer=self.signer)
        self.effects.clear()
        self.give(events.Restore(records[-1].record, contents or {}))
        return self.start()

    def receive(self, *messages: Message, timely: bool | None = True) -> list[events.Effect]:
        """Receive messages; return what the machine wishes."""
        return [
            effect
            for message in messages
            for effect in self.give(events.MessageReceived("peer", message, timely))
        ]

    def votes(self, kind: VoteKind, round_: int, letter: str, *indices: int) -> None:
        """Receive one vote of each validator."""
        for index in indices:
            self.receive(a_vote(kind, round_, letter, index, count=self.count))

    def judge(self, letter: str, *, valid: bool = True) -> None:
        """Tell the machine what the engine thinks of a block."""
        self.give(events.BlockJudged(block(letter), valid, content_of(letter)))

    def propose(self, round_: int, letter: str, pol_round: int = NO_ROUND) -> None:
        """Receive a round's proposal, timely and valid."""
        self.receive(a_proposal(round_, letter, pol_round, count=self.count))
        self.judge(letter)

    def fire(self, kind: events.TimerKind, round_: int | None = None) -> None:
        """Let a timer of this round run out."""
        height, current, _ = self.machine.position
        round_ = current if round_ is None else round_
        self.give(events.TimerFired(events.Timer(kind, height, round_)))

    # What the machine said.

    def said(self) -> list[str]:
        """Return what was broadcast since the last call, and forget it."""
        words = [
            word_of(each.message) for each in self.effects if isinstance(each, events.Broadcast)
        ]
        self.effects = [each for each in self.effects if not isinstance(each, events.Broadcast)]
        return words

    def of(self, *kinds: type) -> list[events.Effect]:
        """Return the effects of some kinds so far."""
        return [effect for effect in self.effects if isinstance(effect, kinds)]

    @property
    def decided(self) -> list[str]:
        """Return the letters of the blocks decided."""
        return [
            letter_of(each.block_hash) for each in self.effects if isinstance(each, events.Decide)
        ]

    @property
    def evidence(self) -> list[Evidence]:
        """Return the evidence reported."""
        return [each for each in self.effects if isinstance(each, Evidence)]

    @property
    def round(self) -> int:
        """Return the round the machine is in."""
        return self.machine.position[1]


def word_of(message: Message) -> str:
    """Return a message in words."""
    match message:
        case Vote():
            return f"{message.kind.name.lower()} {message.round} {letter_of(message.block_hash)}"
        case Proposal():
            letter = letter_of(message.block_hash)
            return f"proposal {message.round} {letter} {message.pol_round}"
        case RoundCertificate():
            return f"round {message.round}"
        case CertificateMessage():
            certificate = message.certificate
            kind = "polka" if certificate.kind is PREVOTE else "commit"
            return f"{kind} {certificate.round} {letter_of(certificate.block_hash)}"
