"""The chain's executor and the judge side by side: after every step and block they agree.

A disagreement is an ``AssertionError`` that says what differs; whoever plays adds the seed.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace

from chain.block import Block, Header
from chain.commitment import Commitment
from chain.due import DueQueue
from chain.errors import InvalidBlock, InvalidTransaction
from chain.evidence import Evidence
from chain.execution import finish_execution, start_execution
from chain.genesis import Genesis, genesis_ledger
from chain.outcome import Outcome, OutcomeKind
from chain.payout import payouts_root
from chain.primitives import ZERO_HASH, Hash
from chain.punishment import punish
from chain.records import encode_record
from chain.state import Ledger
from chain.transaction import claims_in
from chain.transition import Execution, apply_transaction
from chain.validation import VerifiedBlock, VerifiedTransaction
from tests.judge.executor import Judge
from tests.judge.refused import EQUAL_CODES, Refused
from tests.judge.root import naive_root
from tests.judge.state import Holdings, Limits

RELOAD_EVERY = 16
"""Blocks after which the ledger is compared with one loaded from its records."""

ENDINGS = {OutcomeKind.MATURED, OutcomeKind.UNDECIDED}


class Disagreement(AssertionError):
    """The chain and the judge differ, or an invariant does not hold."""


class Broken(Disagreement):
    """An invariant of the protocol does not hold."""


def agree(what: str, chain: object, judge: object) -> None:
    """Check that both say the same.

    Raises:
        Disagreement: they do not.
    """
    if chain != judge:
        sentence = f"{what}: the chain has {chain}, the judge {judge}"
        raise Disagreement(sentence)


def hold(invariant: str, *, holds: bool) -> None:
    """Check an invariant.

    Raises:
        Broken: it does not hold.
    """
    if not holds:
        raise Broken(invariant)


@contextmanager
def limits_in_force(limits: Limits) -> Iterator[None]:
    """Let the chain's rules work with other limits than the protocol's, wherever they are named."""
    names = {
        "DUE_WORK_MAX": limits.due_work,
        "FORGET_MAX": limits.forget,
        "PAYOUT_ROWS_MAX": limits.payout_rows,
        "IDEMPOTENCY_HEIGHTS": limits.idempotency_heights,
        "GRANTS_MAX": limits.grants,
        "OFFERS_MAX": limits.offers,
        "EVIDENCE_HEIGHTS_MAX": limits.evidence_heights,
    }
    before = []
    for room, module in sorted(sys.modules.items()):
        if room.startswith("chain."):
            before += [(module, name, vars(module)[name]) for name in names if name in vars(module)]
    for module, name, _ in before:
        setattr(module, name, names[name])
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


class Duel:
    """A ledger and a judge on their way through the same blocks.

    Attributes:
        genesis: where both began.
        ledger: the chain's.
        judge: of the block under way.
        execution: the chain's of the same block.
        ended: (reservation id, receipt hash) of every claim that has ended: none ends twice.
        kinds: outcomes seen, with how often.
        refusals: codes seen, with how often.
        steps: attempted transactions and ended due work.
        blocks: height, evidence and transactions of each block made, as bytes.
    """

    def __init__(self, genesis: Genesis, limits: Limits) -> None:
        self.genesis = genesis
        self.ledger = genesis_ledger(genesis)
        self.held = Holdings.of_genesis(genesis, limits)
        self.ended: set[tuple[Hash, Hash]] = set()
        self.kinds: dict[str, int] = {}
        self.refusals: dict[str, int] = {}
        self.steps = 0
        self.blocks: list[tuple[int, tuple[bytes, ...], tuple[bytes, ...]]] = []
        agree("the first state root", self.ledger.commitment.root, naive_root(self.held.records()))
        self._begin()

    def _begin(self) -> None:
        validators = self.ledger.validators
        turn = validators.proposer_index(height=self.ledger.height + 1, round_=0)
        self.proposer = validators[turn]
        self.execution: Execution = start_execution(self.ledger, self.proposer.public_key)
        self.held.height = self.ledger.height + 1
        self.judge = Judge(held=self.held, payee=self.proposer.payee)
        self.evidence: list[Evidence] = []
        self.transactions: list[VerifiedTransaction] = []
        self.outcomes: list[Outcome] = []

    @property
    def now(self) -> Holdings:
        """The judge's state inside the block under way."""
        return self.judge.held

    def skip(self, heights: int) -> None:
        """Let heights go by of which nobody speaks; only between blocks."""
        assert not self.transactions
        self.ledger.height += heights
        self._begin()

    def accuse(self, evidence: Evidence) -> str:
        """Let both punish a key; only before the block's transactions.

        Returns:
            ``PUNISHED``, or the code of the refusal.

        Raises:
            Disagreement: they differ.
        """
        assert not self.transactions
        self.steps += 1
        chain = judge = "PUNISHED"
        try:
            punish(self.execution.state, evidence)
        except InvalidBlock as error:
            chain = error.code
        try:
            self.judge.punish(evidence)
        except Refused as refused:
            judge = refused.code
        agree(f"what {evidence} does", chain, judge)
        if chain == "PUNISHED":
            self.evidence.append(evidence)
        counts = self.kinds if chain == "PUNISHED" else self.refusals
        counts[chain] = counts.get(chain, 0) + 1
        return chain

    def attempt(self, verified: VerifiedTransaction) -> str:
        """Let both apply a transaction.

        Returns:
            The name of its outcome's kind, or the code of its refusal.

        Raises:
            Disagreement: they differ.
        """
        self.steps += 1
        chain = self._chain_applies(verified)
        try:
            judge: Outcome | str = self.judge.apply(verified)
        except Refused as refused:
            judge = refused.code
        if isinstance(chain, str) and isinstance(judge, str):
            if (chain, judge) not in EQUAL_CODES:
                agree(f"refusal of {verified.transaction}", chain, judge)
            self.refusals[chain] = self.refusals.get(chain, 0) + 1
            return chain
        agree(f"outcome of {verified.transaction}", chain, judge)
        assert isinstance(chain, Outcome)
        self.transactions.append(verified)
        self.outcomes.append(chain)
        self._note_ends(verified, chain)
        return chain.kind.name

    def _chain_applies(self, verified: VerifiedTransaction) -> Outcome | str:
        try:
            return apply_transaction(self.execution, verified)
        except InvalidTransaction as error:
            return error.code

    def _note_ends(self, verified: VerifiedTransaction, outcome: Outcome) -> None:
        transaction = verified.transaction
        for claim in claims_in(transaction):
            reservation = self.now.reservations.get(claim.reservation_id)
            waits = reservation is not None and any(
                one.receipt_hash == claim.receipt_hash and one.due_height
                for one in reservation.claims
            )
            if not waits:
                self._end(claim.reservation_id, claim.receipt_hash)
        if outcome.kind in {OutcomeKind.ACCEPTED, OutcomeKind.RESOLVED}:
            said = getattr(transaction, "payload", None) or getattr(transaction, "decision", None)
            self._end(said.reservation_id, outcome.receipt_hash)

    def _end(self, reservation_id: Hash, receipt_hash: Hash) -> None:
        once = (reservation_id, receipt_hash) not in self.ended
        hold(f"the claim of receipt {receipt_hash.hex()} ends once", holds=once)
        self.ended.add((reservation_id, receipt_hash))

    def finish(self) -> None:
        """End the block on both sides, compare everything and begin the next one.

        Raises:
            Disagreement: they differ, or an invariant does not hold.
        """
        executed = finish_execution(self.execution, self._verified_block(), self.outcomes)
        due, rows = self.judge.finish()
        agree("outcomes of due work", list(executed.due_outcomes), due)
        agree("outcomes of claims", list(executed.claim_outcomes), self.judge.claim_outcomes)
        agree("payout rows", executed.payouts, rows)
        root = payouts_root(rows) if rows else ZERO_HASH
        agree("payouts root", executed.block.header.payouts_root, root)
        for outcome in executed.due_outcomes:
            self.steps += 1
            if outcome.kind in ENDINGS:
                self._end(outcome.subject, outcome.receipt_hash)
        for outcome in (*self.outcomes, *executed.due_outcomes):
            self.kinds[outcome.kind.name] = self.kinds.get(outcome.kind.name, 0) + 1
        header = executed.block.header
        evidence = tuple(one.encode() for one in self.evidence)
        transactions = tuple(one.data for one in self.transactions)
        self.blocks.append((header.height, evidence, transactions))
        self.ledger.advance(
            executed.state,
            executed.update,
            height=header.height,
            tip_hash=executed.hash,
            tip_time_ms=header.time_ms,
        )
        self.held = self.judge.held
        self._compare_states(header.state_root)
        if header.height % RELOAD_EVERY == 0:
            self.check_reload()
        self._begin()

    def _compare_states(self, state_root: Hash) -> None:
        records = self.held.records()
        if naive_root(records) != state_root:
            found = {key: encode_record(one) for key, one in self.ledger.records.items()}
            for key in sorted(found.keys() | records.keys()):
                agree(f"record {key.hex()}", _hex(found.get(key)), _hex(records.get(key)))
            agree("the state root", state_root.hex(), naive_root(records).hex())
        agree("parameters", self.ledger.parameters, self.held.parameters)
        sets = (self.ledger.validators, self.ledger.next_validators)
        for what, found, held in zip(("next", "coming"), sets, self.held.seats, strict=False):
            agree(f"{what} validators", list(found), sorted(held, key=lambda one: one.public_key))
        hold("all money is the supply", holds=self.held.total() == self.ledger.supply)
        hold("no account is negative", holds=min(self.held.balances.values()) >= 0)
        for one in self.held.reservations.values():
            fits = min(one.spent, one.pending) >= 0 and one.spent + one.pending <= one.cap
            hold("a reservation spends at most its cap", holds=fits)

    def check_reload(self) -> None:
        """Check that a ledger made from the records alone is the same, its queues included.

        Raises:
            Disagreement: it is another.
        """
        fresh = reloaded(self.ledger, self.genesis)
        agree("due work after loading", fresh.due.keys, self.ledger.due.keys)
        agree("stale records after loading", fresh.forget.keys, self.ledger.forget.keys)
        agree("state root after loading", fresh.commitment.root, self.ledger.commitment.root)
        agree("parameters after loading", fresh.parameters, self.ledger.parameters)
        agree("validators after loading", fresh.next_validators, self.ledger.next_validators)
        agree("money after loading", fresh.total(), self.ledger.supply)

    def restart(self) -> None:
        """Go on with a ledger made from the records alone; only between blocks."""
        assert not self.transactions
        self.check_reload()
        self.ledger = reloaded(self.ledger, self.genesis)
        self._begin()

    def _verified_block(self) -> VerifiedBlock:
        ledger = self.ledger
        zeros = {one.name: ZERO_HASH for one in fields(Header)}
        place = {"chain_id": ledger.chain_id, "proposer": self.proposer.public_key}
        times = {"height": ledger.height + 1, "time_ms": ledger.tip_time_ms + 1_000}
        block = Block(
            header=Header(**{**zeros, **place, **times}),
            last_commit=None,
            evidence=(),
            transactions=(),
            receipts=(),
        )
        return VerifiedBlock(block=block, transactions=tuple(self.transactions), receipts=())


def _hex(data: bytes | None) -> str | None:
    return None if data is None else data.hex()


def reloaded(ledger: Ledger, genesis: Genesis) -> Ledger:
    """Return a ledger loaded from another one's records alone, as a node that starts does."""
    fresh = replace(
        ledger,
        parameters=genesis.parameters,
        next_validators=genesis.validators,
        records={},
        commitment=Commitment(),
        due=DueQueue(),
        forget=DueQueue(),
    )
    fresh.load(dict(ledger.records))
    return fresh
