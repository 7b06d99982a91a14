"""A seeded random life of a ledger: transactions of every kind, some hopeless, block by block."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from chain.approval import Decision, NewParameters, Resolution, approve
from chain.claim import ClaimTransaction, accept_claim
from chain.claim_batch import sign_batch
from chain.errors import ChainError
from chain.execution import ExecutedBlock, start_execution
from chain.grants import ALL_SCOPES, may_act
from chain.payloads import Accept, Dispute
from chain.policy_payloads import Revoke
from chain.policy_records import DisputeRecord
from chain.primitives import MICRO_UNITS, Hash
from chain.punishment import punish
from chain.records import ClaimRecord, ClaimStatus, ReservationRecord, Table, dispute_key
from chain.state import State
from chain.transaction import Transaction
from chain.transition import apply_transaction
from tests.support.builders import (
    GENESIS_HASH,
    PRICED,
    a_claim,
    a_genesis,
    a_receipt,
    a_release,
    a_reserve,
    a_signed,
    a_transfer,
    address_of_name,
    key_of,
)
from tests.support.chain import Chain
from tests.support.evidence import random_evidence
from tests.support.policy import a_grant, an_offer
from tests.support.seats import random_change

CLIENTS = ("ann", "bob", "cid")
MINERS = ("max", "mia")
GATES = ("gate", "box")
NEWCOMERS = tuple(f"newcomer {number}" for number in range(20))


@dataclass(frozen=True)
class Deal:
    """A reservation that somebody tried to make."""

    reservation_id: Hash
    client: str
    miner: str
    job_id: str
    jobs_max: int


class RandomRun:
    """A chain and the dice that decide what happens on it."""

    def __init__(self, seed: int) -> None:
        """Begin a priced chain of four validators; the same seed gives the same run."""
        people = dict.fromkeys(CLIENTS, 5_000_000) | dict.fromkeys(MINERS, 100_000)
        parameters = replace(
            PRICED, fee_accept=40, fee_dispute=40, fee_grant=40, fee_offer=40, resolve_heights=9
        )
        genesis = a_genesis(people, parameters=parameters, validators=4, treasury=1_000)
        self.dice = random.Random(seed)
        self.chain = Chain(genesis)
        self.deals: list[Deal] = []
        self.tried = 0
        self.kinds: set[str] = set()

    def make_block(self) -> ExecutedBlock:
        """Try some transactions and decide a block of those that can be applied."""
        execution = start_execution(self.chain.ledger, self.chain.proposer().public_key)
        evidence = random_evidence(self.dice, self.chain.ledger)
        for one in evidence:
            punish(execution.state, one)
        able = []
        for _ in range(self.dice.randrange(12)):
            transaction = self._make_transaction(execution.state)
            self.tried += 1
            try:
                apply_transaction(execution, self.chain.verify(transaction))
            except ChainError:
                continue
            able.append(transaction)
        executed = self.chain.block(*able, evidence=evidence)
        outcomes = (*executed.outcomes, *executed.due_outcomes)
        self.kinds |= {outcome.kind.name for outcome in outcomes}
        return executed

    def _make_transaction(self, state: State) -> Transaction:
        kind = self.dice.random()
        if not self.deals or kind < 0.25:
            return self._reserve(state)
        if kind < 0.3:
            return self._transfer(state)
        if kind < 0.42:
            return self._policy(state)
        if kind < 0.52:
            waiting = list(waiting_claims(state))
            if waiting:
                return self._about_claim(state, *self.dice.choice(waiting))
        living = [one for one in self.deals if state.find_reservation(one.reservation_id)]
        deal = self.dice.choice(living if living and kind < 0.95 else self.deals[-30:])
        if kind < 0.62:
            who = self.dice.choice((deal.client, deal.miner, "max", "ann"))
            return a_release(deal.reservation_id, **self._envelope(state, who))
        return self._claim(state, deal)

    def _policy(self, state: State) -> Transaction:
        """Grant, revoke, offer, or change the parameters."""
        kind, who = self.dice.random(), self.dice.choice((*CLIENTS, *MINERS))
        expires_at = state.height + self.dice.choice((0, 1, 3, 10, 40))
        if kind < 0.1:
            return self._new_parameters()
        if kind < 0.3:
            return self._seats()
        if kind < 0.4:
            line = {"model": self.dice.choice("abc"), "rate": self.dice.choice((0, 1, 7))}
            expires_at *= self.dice.choice((0, 1, 1))
            offer = an_offer(expires_at=expires_at, **line)
            return a_signed(offer, **self._envelope(state, who))
        gate = self.dice.choice(GATES)
        if kind < 0.65:
            pairs = [(one, key) for one in (*CLIENTS, *MINERS) for key in GATES]
            live = [(one, key) for one, key in pairs if _holds(state, one, key)]
            who, gate = self.dice.choice(live or pairs)
            revoke = Revoke(public_key=key_of(gate).public_key)
            return a_signed(revoke, **self._envelope(state, who))
        limit = self.dice.choice((5_000, 50_000))
        grant = a_grant(
            gate,
            scopes=self.dice.choice((1, 2, 4, 7, 7)),
            total_limit=limit,
            transaction_limit=limit,
            period_limit=limit,
            period_heights=self.dice.choice((1, 9)),
            expires_at=expires_at,
        )
        return a_signed(grant, **self._envelope(state, who))

    def _new_parameters(self) -> Transaction:
        now = self.chain.ledger.parameters
        later = replace(
            now,
            version=now.version + self.dice.choice((0, 1, 1, 1)),
            payout_period=self.dice.randrange(1, 30),
            resolve_heights=self.dice.randrange(1, 30),
            undecided_provider_percent=self.dice.choice((0, 33, 100)),
        )
        return self._approved(NewParameters(later))

    def _seats(self) -> Transaction:
        return self._approved(random_change(self.dice, self.chain.ledger))

    def _approved(self, decision: Decision) -> Transaction:
        validators = self.chain.ledger.validators
        count = validators.quorum + self.dice.choice((-1, 0, 1))
        keys = self.chain.validators[:count]
        return approve(decision, keys=keys, genesis_hash=GENESIS_HASH)

    def _about_claim(
        self, state: State, reservation_id: Hash, record: ReservationRecord, claim: ClaimRecord
    ) -> Transaction:
        """Accept, dispute or resolve a claim that has not ended."""
        client = next(name for name in CLIENTS if key_of(name).address == record.client)
        envelope = self._envelope(state, client)
        if claim.status is ClaimStatus.DISPUTED:
            dispute = state.find_as(dispute_key(reservation_id, claim.receipt_hash), DisputeRecord)
            assert dispute is not None
            if self.dice.random() < 0.85:
                return self._transfer(state)
            part = self.dice.choice((0, claim.fee, claim.amount // 2, claim.amount))
            return self._approved(
                Resolution(reservation_id, claim.receipt_hash, dispute.opened_at, part)
            )
        if self.dice.random() < 0.3:
            return a_signed(Accept(reservation_id, claim.receipt_hash, claim.amount), **envelope)
        return a_signed(Dispute(reservation_id, claim.receipt_hash, GENESIS_HASH), **envelope)

    def _envelope(self, state: State, who: str) -> dict[str, Any]:
        account = who
        granted = [gate for gate in GATES if _holds(state, who, gate)]
        if granted and self.dice.random() < 0.5:
            who = self.dice.choice(granted)
        nonce = state.nonce(key_of(account).address, key_of(who).public_key)
        if self.dice.random() < 0.05:
            nonce += self.dice.randrange(3)
        return {
            "by": who,
            "account": account,
            "nonce": nonce,
            "fee": self.dice.choice((100, 500, 600, 700, 30_000)),
            "valid_until": state.height + self.dice.choice((0, 1, 5, 600, 601)),
        }

    def _transfer(self, state: State) -> Transaction:
        who = self.dice.choice((*CLIENTS, *MINERS))
        to = self.dice.choice((*CLIENTS, *MINERS, *NEWCOMERS))
        amount = self.dice.choice((0, 1, 500, 3_000, 10**7))
        return a_transfer(amount, to=to, **self._envelope(state, who))

    def _reserve(self, state: State) -> Transaction:
        miner = self.dice.choice((*MINERS, "any"))
        deal = Deal(
            reservation_id=GENESIS_HASH,
            client=self.dice.choice(CLIENTS),
            miner=self.dice.choice(MINERS) if miner == "any" else miner,
            job_id=f"job-{self.dice.randrange(400)}",
            jobs_max=self.dice.choice((1, 1, 3)),
        )
        reserve = a_reserve(
            provider=address_of_name(miner),
            job_id=deal.job_id,
            jobs_max=deal.jobs_max,
            cap=self.dice.choice((1_000, 5_000, 20_000)),
            max_rate=MICRO_UNITS,
            expires_at=state.height + self.dice.randrange(40),
            dispute_window=self.dice.choice((0, 1, 7, 20)),
            **self._envelope(state, deal.client),
        )
        reservation_id = reserve.id(GENESIS_HASH)
        self.deals.append(Deal(reservation_id, deal.client, deal.miner, deal.job_id, deal.jobs_max))
        return reserve

    def _claim(self, state: State, deal: Deal) -> Transaction:
        if self.dice.random() < 0.3:
            return self._batch(state, deal)
        claim = self._one_claim(deal)
        if self.dice.random() < 0.6:
            return claim
        accepter = deal.client if self.dice.random() < 0.9 else self.dice.choice(("max", *GATES))
        return accept_claim(claim, key=key_of(accepter), genesis_hash=GENESIS_HASH)

    def _batch(self, state: State, deal: Deal) -> Transaction:
        others = [one for one in self.deals if one.miner == deal.miner and one != deal]
        living = [one for one in others if state.find_reservation(one.reservation_id)]
        deals = [deal, *living[: self.dice.randrange(3)]]
        claims = [self._one_claim(one, miner=deal.miner).claim for one in deals]
        return sign_batch(claims, key=key_of(deal.miner), genesis_hash=GENESIS_HASH)

    def _one_claim(self, deal: Deal, *, miner: str | None = None) -> ClaimTransaction:
        session = deal.jobs_max > 1
        price = self.dice.choice((500, 1_500, 2_000, 6_000))
        receipt = a_receipt(
            provider=miner or self.dice.choice((deal.miner,) * 9 + MINERS),
            signer=self.dice.choice(GATES) if not miner and self.dice.random() < 0.1 else miner,
            client=deal.client,
            reservation_id=deal.reservation_id,
            job_id=f"part-{self.dice.randrange(4)}" if session else deal.job_id,
            price=price,
            units=price - self.dice.choice((0, 0, 0, 1)),
        )
        self.chain.keep(receipt)
        names = (*MINERS, *GATES)
        signer = next(name for name in names if key_of(name).public_key == receipt.signature.key)
        return a_claim(receipt, signer=signer, final=self.dice.random() < 0.3)


def _holds(state: State, who: str, gate: str) -> bool:
    """Tell whether a key is granted by an account."""
    return may_act(state, key_of(who).address, key_of(gate).public_key, ALL_SCOPES)


def waiting_claims(state: State) -> Iterator[tuple[Hash, ReservationRecord, ClaimRecord]]:
    """Yield the claims that are pending or disputed, each with its reservation."""
    keys = [key for key in state.ledger.records if key[0] == Table.RESERVATION]
    for key in keys:
        record = state.find_as(key, ReservationRecord)
        for claim in record.claims if record else ():
            if claim.status in (ClaimStatus.PENDING, ClaimStatus.DISPUTED):
                assert record is not None
                yield Hash(key[1:]), record, claim


def play(*, seed: int, blocks: int) -> RandomRun:
    """Play a run of some blocks; each is followed, and every invariant is checked after it."""
    run = RandomRun(seed)
    for _ in range(blocks):
        run.make_block()
    return run
