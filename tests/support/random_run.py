"""A seeded random life of a ledger: transactions of every kind, some hopeless, block by block."""

import random
from dataclasses import dataclass
from typing import Any

from chain.claim import accept_claim
from chain.errors import ChainError
from chain.execution import ExecutedBlock, start_execution
from chain.primitives import MICRO_UNITS, Hash
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
    a_transfer,
    address_of_name,
    key_of,
)
from tests.support.chain import Chain

CLIENTS = ("ann", "bob", "cid")
MINERS = ("max", "mia")
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
        genesis = a_genesis(people, parameters=PRICED, validators=4, treasury=1_000)
        self.dice = random.Random(seed)
        self.chain = Chain(genesis)
        self.deals: list[Deal] = []
        self.tried = 0
        self.kinds: set[str] = set()

    def make_block(self) -> ExecutedBlock:
        """Try some transactions and decide a block of those that can be applied."""
        execution = start_execution(self.chain.ledger, self.chain.proposer().public_key)
        able = []
        for _ in range(self.dice.randrange(12)):
            transaction = self._make_transaction(execution.state)
            self.tried += 1
            try:
                apply_transaction(execution, self.chain.verify(transaction))
            except ChainError:
                continue
            able.append(transaction)
        executed = self.chain.block(*able)
        outcomes = (*executed.outcomes, *executed.due_outcomes)
        self.kinds |= {outcome.kind.name for outcome in outcomes}
        return executed

    def _make_transaction(self, state: State) -> Transaction:
        kind = self.dice.random()
        if not self.deals or kind < 0.3:
            return self._reserve(state)
        if kind < 0.55:
            return self._transfer(state)
        deal = self.dice.choice(self.deals[-30:])
        if kind < 0.65:
            who = self.dice.choice((deal.client, deal.miner, "max", "ann"))
            return a_release(deal.reservation_id, **self._envelope(state, who))
        return self._claim(deal)

    def _envelope(self, state: State, who: str) -> dict[str, Any]:
        key = key_of(who)
        nonce = state.nonce(key.address, key.public_key)
        if self.dice.random() < 0.05:
            nonce += self.dice.randrange(3)
        return {
            "by": who,
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

    def _claim(self, deal: Deal) -> Transaction:
        session = deal.jobs_max > 1
        price = self.dice.choice((500, 1_500, 2_000, 6_000))
        receipt = a_receipt(
            provider=self.dice.choice((deal.miner,) * 9 + MINERS),
            client=deal.client,
            reservation_id=deal.reservation_id,
            job_id=f"part-{self.dice.randrange(4)}" if session else deal.job_id,
            price=price,
            units=price - self.dice.choice((0, 0, 0, 1)),
        )
        self.chain.keep(receipt)
        signer = next(name for name in MINERS if key_of(name).address == receipt.provider_address)
        claim = a_claim(receipt, signer=signer, final=self.dice.random() < 0.3)
        if self.dice.random() < 0.5:
            return claim
        accepter = deal.client if self.dice.random() < 0.9 else "max"
        return accept_claim(claim, key=key_of(accepter), genesis_hash=GENESIS_HASH)


def play(*, seed: int, blocks: int) -> RandomRun:
    """Play a run of some blocks; each is followed, and every invariant is checked after it."""
    run = RandomRun(seed)
    for _ in range(blocks):
        run.make_block()
    return run
