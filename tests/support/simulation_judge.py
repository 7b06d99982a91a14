"""The judge of a run: what whole nodes promise, watched at every message and every block."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from chain import events
from chain.consensus.height_votes import certificate_votes
from chain.consensus.messages import (
    CertificateMessage,
    Message,
    Proposal,
    RoundCertificate,
    Vote,
)
from chain.evidence import Evidence
from chain.primitives import Hash, PublicKey
from chain.state import Ledger
from chain.validators import ValidatorSet
from tests.support.chain import check_invariants
from tests.support.simulation_plan import TIMING


class Promise(StrEnum):
    """What a run must keep."""

    AGREEMENT = "two blocks at one height"
    ONE_SIGNATURE = "an honest key contradicts itself"
    NO_FALSE_EVIDENCE = "an honest key is accused"
    HONEST_UNPUNISHED = "an honest node is punished"
    TURN = "a block is not of its turn or its time"
    MONEY = "money or state is wrong"
    DURABLE = "a restarted node finds another state"
    PROGRESS = "no progress after the faults"
    SOUND = "a node fails"


class Violation(AssertionError):
    """A promise was broken."""

    def __init__(self, promise: Promise, detail: str) -> None:
        """Say which and how."""
        super().__init__(f"{promise}: {detail}")
        self.promise = promise


@dataclass(slots=True)
class Judge:
    """Watches one run.

    Attributes:
        byzantine: keys of validators that may contradict themselves.
        sets: the validators of each height that was begun.
        rounds: highest round in which a block was decided.
        evidence: reports of contradictions.
        tombstones: keys that blocks punished.
        applied: ids of transactions in decided blocks, to ask about and never to go through.
        trace: hash of all that was sent and decided, in order.
    """

    byzantine: frozenset[PublicKey]
    sets: dict[int, ValidatorSet]
    rounds: int = 0
    evidence: int = 0
    tombstones: set[PublicKey] = field(default_factory=set)
    applied: set[Hash] = field(default_factory=set)
    trace: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _decided: dict[int, Hash] = field(default_factory=dict)
    _signed: dict[tuple[PublicKey, int, int, int], bytes] = field(default_factory=dict)

    def note_message(self, now_ms: int, name: str, data: bytes, message: Message) -> None:
        """Check that no honest key contradicts itself, by itself or in what others pass on."""
        self.trace.update(b"%d %s %s" % (now_ms, name.encode(), data))
        votes: Sequence[Vote | Proposal]
        if isinstance(message, RoundCertificate):
            votes = message.votes
        elif isinstance(message, CertificateMessage):
            votes = certificate_votes(message.certificate)
        else:
            votes = (message,)
        for vote in votes:
            key = self.sets[vote.height][vote.index].public_key
            if key in self.byzantine:
                continue
            place = (key, vote.height, vote.round, int(vote.signing_kind))
            if self._signed.setdefault(place, body := vote.body()) != body:
                raise Violation(Promise.ONE_SIGNATURE, f"validator {vote.index} at {place[1:]}")

    def note_evidence(self, name: str, evidence: Evidence) -> None:
        """Check that only liars and twins are accused, by whoever passes it on."""
        if evidence.public_key not in self.byzantine:
            raise Violation(Promise.NO_FALSE_EVIDENCE, f"{name}: {evidence}")

    def note_commit(self, now_ms: int, name: str, effect: events.CommitBlock) -> None:
        """Check that all decide the same."""
        height, block_hash = effect.executed.block.header.height, effect.executed.hash
        self.trace.update(b"%d %s decides %s" % (now_ms, name.encode(), block_hash))
        self.rounds = max(self.rounds, effect.certificate.round)
        self.applied.update(one.id for one in effect.executed.verified.transactions)
        for evidence in effect.executed.verified.evidence:
            self.note_evidence(name, evidence)
            self.tombstones.add(evidence.public_key)
        if self._decided.setdefault(height, block_hash) != block_hash:
            raise Violation(Promise.AGREEMENT, f"{name} decides another block at height {height}")

    def note_state(
        self, now_ms: int, name: str, ledger: Ledger, effect: events.CommitBlock
    ) -> None:
        """Check the state after a block: its root is the header's, and no money was made.

        The block is by a proposer of its height's rounds so far, and not from the future.
        """
        header = effect.executed.block.header
        self.sets[ledger.height + 2] = ledger.next_validators
        if ledger.commitment.root != header.state_root or ledger.total() != ledger.supply:
            raise Violation(Promise.MONEY, f"{name} at height {ledger.height}")
        validators = ledger.last_validators
        turns = {
            validators.proposer_index(height=header.height, round_=round_)
            for round_ in range(effect.certificate.round + 1)
        }
        is_early = header.time_ms > now_ms + TIMING.precision_ms
        if is_early or validators.find_index(header.proposer) not in turns:
            raise Violation(Promise.TURN, f"{name} takes {header}")

    def note_restart(self, name: str, *, before: Ledger | None, after: Ledger) -> None:
        """Check that a node starts with the state it had, if its disk had all of it."""
        check_invariants(after)
        same = before is None or (_facts(before) == _facts(after))
        if not same:
            raise Violation(Promise.DURABLE, f"{name} at height {after.height}")

    def note_report(self, name: str, report: events.Report) -> None:
        """Check that only liars and twins are accused."""
        if report.event != "equivocation":
            return
        self.evidence += 1
        accused = str(dict(report.fields)["public_key"])
        if bytes.fromhex(accused) not in self.byzantine:
            raise Violation(Promise.NO_FALSE_EVIDENCE, f"{name}: {report.fields}")

    def note_punishment(self, name: str, peer: str) -> None:
        """Complain: the punished is honest."""
        raise Violation(Promise.HONEST_UNPUNISHED, f"{name} punishes {peer}")


def _facts(ledger: Ledger) -> tuple[object, ...]:
    """Return all that a state is."""
    sets = (ledger.last_validators, ledger.validators, ledger.next_validators)
    tip = (ledger.height, ledger.tip_hash, ledger.tip_time_ms)
    return ledger.records, ledger.commitment.root, sets, tip, ledger.supply
