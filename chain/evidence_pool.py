"""Evidence that waits for a block: found by this node's machine, or brought by peers.

One piece a key is enough to punish it, and only keys that can be punished now are listened to, so
nobody fills this up. It does not outlive the program: peers bring what they hold to whoever
connects.
"""

from chain.certificate import SignatureCheck
from chain.consensus.evidence import encode_evidence_message
from chain.errors import InvalidSignature
from chain.events import Effect, Report, SendConsensus
from chain.evidence import Evidence, check_evidence
from chain.execution import ExecutedBlock
from chain.primitives import EVIDENCE_HEIGHTS_MAX, PublicKey
from chain.punishment import can_be_punished
from chain.state import Ledger, State

PIECES_MAX = 64
"""Pieces that wait: one for each validator of the largest set. Blocks take eight at a time."""

HEIGHTS_AHEAD = 2
"""Heights above the last block of which messages are listened to, and so evidence."""


class EvidencePool:
    """The pieces that wait, on top of a ledger that it reads and never changes."""

    def __init__(self, ledger: Ledger, check: SignatureCheck) -> None:
        """Start empty.

        Args:
            ledger: the final state.
            check: the check of validators' signatures.
        """
        self._ledger, self._check = ledger, check
        self._pieces: dict[PublicKey, Evidence] = {}

    @property
    def pieces(self) -> tuple[Evidence, ...]:
        """What waits, the first learned first."""
        return tuple(self._pieces.values())

    def learn(self, evidence: Evidence) -> list[Effect]:
        """Keep a piece that is of use, tell the operator and pass it on; else do nothing.

        Raises:
            InvalidSignature: it is forged.
        """
        key = evidence.public_key
        if key in self._pieces or len(self._pieces) >= PIECES_MAX or not self._counts(evidence):
            return []
        check_evidence(evidence, genesis_hash=self._ledger.genesis_hash, check=self._check)
        self._pieces[key] = evidence
        report = Report("equivocation", self._fields(evidence))
        return [report, SendConsensus(None, encode_evidence_message(evidence))]

    def found(self, evidence: Evidence) -> list[Effect]:
        """Learn what our own machine found, which is never forged."""
        try:
            return self.learn(evidence)
        except InvalidSignature as error:
            raise AssertionError(evidence) from error

    def _counts(self, evidence: Evidence) -> bool:
        """Tell whether the next block, or the one after it, may hold a piece."""
        height = self._ledger.height
        oldest = height + 1 - EVIDENCE_HEIGHTS_MAX
        if not oldest <= evidence.height <= height + HEIGHTS_AHEAD:
            return False
        return can_be_punished(State(self._ledger), evidence.public_key)

    def greet(self, peer: str) -> list[Effect]:
        """Bring what waits to a peer that has connected."""
        return [SendConsensus(peer, encode_evidence_message(one)) for one in self.pieces]

    def settle(self, executed: ExecutedBlock) -> list[Effect]:
        """Drop what the ledger's newest block punished or outdated; say who was punished."""
        for key, evidence in list(self._pieces.items()):
            if not self._counts(evidence):
                del self._pieces[key]
        return [
            Report("validator_tombstoned", self._fields(one)) for one in executed.verified.evidence
        ]

    def _fields(self, evidence: Evidence) -> tuple[tuple[str, object], ...]:
        return (
            ("validator", self._find_name(evidence.public_key)),
            ("public_key", evidence.public_key.hex()),
            ("height", evidence.height),
            ("round", evidence.round),
            ("kind", evidence.kind.name.lower()),
        )

    def _find_name(self, public_key: PublicKey) -> str | None:
        """Return a validator's name; None of one that left before the last block."""
        ledger = self._ledger
        for validators in (ledger.next_validators, ledger.validators, ledger.last_validators):
            index = validators.find_index(public_key)
            if index is not None:
                return validators[index].name
        return None
