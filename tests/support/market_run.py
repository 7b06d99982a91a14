"""A seeded random life of buyers and sellers: every kind of transaction, for tests of the store."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from chain.approval import NewParameters, Resolution, approve
from chain.claim import accept_claim, claim_of
from chain.claim_batch import sign_batch
from chain.crypto import sha256
from chain.errors import ChainError
from chain.evidence import Evidence
from chain.execution import ExecutedBlock, start_execution
from chain.grants import ALL_SCOPES
from chain.payloads import Accept, Dispute, Payload, Release, Transfer
from chain.policy_payloads import Grant, Offer, Revoke
from chain.policy_records import DisputeRecord
from chain.primitives import Hash
from chain.punishment import punish
from chain.receipt import Receipt
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
    a_reserve_payload,
    a_signed,
    address_of_name,
    key_of,
)
from tests.support.chain import Chain
from tests.support.evidence import random_evidence
from tests.support.seats import random_change
from tests.support.stored_chain import StoredChain

CLIENTS = ("ann", "bob", "cid")
MINERS = ("max", "mia", "ann")
"""Ann buys and sells, also from herself."""
GATES = ("gate 1", "gate 2")
NAMES = {address_of_name(name): name for name in (*CLIENTS, *MINERS)}

Found = tuple[Hash, ReservationRecord]


class MarketRun:
    """A chain and the dice that decide what happens on it.

    Attributes:
        chain: decides the blocks.
        kinds: names of the outcomes there were.
    """

    def __init__(self, seed: int) -> None:
        """Begin a chain of three validators with fees; the same seed gives the same run."""
        self.dice = random.Random(seed)
        parameters = replace(
            PRICED, fee_accept=9, fee_dispute=11, fee_grant=3, fee_offer=4, payout_period=7
        )
        percent = self.dice.choice((0, 33, 100))
        parameters = replace(
            parameters, resolve_heights=2, version=3, undecided_provider_percent=percent
        )
        people = dict.fromkeys((*CLIENTS, *MINERS), 3_000_000)
        genesis = a_genesis(people, parameters=parameters, validators=3, treasury=1_000)
        self.chain = Chain(genesis)
        self.kinds: set[str] = set()
        self.serial = 0
        self.evidence: list[Evidence] = []

    def make_block(self) -> ExecutedBlock:
        """Try some transactions and decide a block of those that can be applied."""
        execution = start_execution(self.chain.ledger, self.chain.proposer().public_key)
        self.evidence = random_evidence(self.dice, self.chain.ledger)
        for one in self.evidence:
            punish(execution.state, one)
        able = []
        for _ in range(self.dice.randrange(14)):
            transaction = self._wish(execution.state)
            if transaction is None:
                continue
            try:
                apply_transaction(execution, self.chain.verify(transaction))
            except ChainError:
                continue
            able.append(transaction)
        executed = self.chain.decide(self._follow(able))
        self.kinds |= {one.kind.name for one in (*executed.outcomes, *executed.due_outcomes)}
        return executed

    def _follow(self, able: list[Transaction]) -> ExecutedBlock:
        proposed = self.chain.propose(*able, evidence=self.evidence)
        assert len(proposed.outcomes) == len(able)
        assert proposed.verified.evidence == tuple(self.evidence)
        return self.chain.follow(proposed.block)

    def _wish(self, state: State) -> Transaction | None:
        wishes: tuple[Callable[[State], Transaction | None], ...] = (
            *(self._reserve, self._reserve, self._reserve, self._claim, self._claim, self._claim),
            *(self._batch, self._accept, self._dispute, self._resolve, self._resolve),
            *(self._release, self._transfer, self._grant, self._revoke, self._offer),
            *(self._parameters, self._seats),
        )
        return self.dice.choice(wishes)(state)

    def _send(self, state: State, payload: Payload, who: str) -> Transaction:
        """Sign a payload with the account's own key, or perhaps a gateway's."""
        by = self.dice.choice((who, who, *GATES))
        nonce = state.nonce(key_of(who).address, key_of(by).public_key)
        fee = self.dice.choice((600, 700))
        until = state.height + 9
        return a_signed(payload, by=by, account=who, nonce=nonce, fee=fee, valid_until=until)

    def _transfer(self, state: State) -> Transaction:
        self.serial += 1
        to = self.dice.choice((*CLIENTS, *MINERS, f"newcomer {self.serial}"))
        payload = Transfer(to=address_of_name(to), amount=self.dice.randrange(1, 5_000))
        return self._send(state, payload, self.dice.choice(CLIENTS))

    def _reserve(self, state: State) -> Transaction:
        self.serial += 1
        window = self.dice.choice((0, 2, 4, 9))
        miner = self.dice.choice((*MINERS, "any") if window else MINERS)
        payload = a_reserve_payload(
            job_id=f"job-{self.serial}",
            provider=address_of_name(miner),
            model=self.dice.choice(("", "llama3.2")),
            jobs_max=self.dice.choice((1, 4)),
            cap=self.dice.choice((5_000, 20_000)),
            max_rate=10**9,
            expires_at=state.height + self.dice.randrange(2, 30),
            dispute_window=window,
        )
        return self._send(state, payload, self.dice.choice(CLIENTS))

    def _reservations(self, state: State) -> list[Found]:
        keys = {
            key for key in (*state.ledger.records, *state.changes) if key[0] == Table.RESERVATION
        }
        found = ((Hash(key[1:]), state.find(key)) for key in sorted(keys))
        return [(name, one) for name, one in found if isinstance(one, ReservationRecord)]

    def _pick(self, found: list[Any]) -> Any:  # noqa: ANN401 - one of what was found
        return self.dice.choice(found) if found else None

    def _receipt(self, found: Found, miner: str) -> Receipt:
        self.serial += 1
        reservation_id, held = found
        root = sha256(str(self.serial).encode()).hex() if self.dice.random() < 0.3 else None
        receipt = a_receipt(
            provider=miner,
            client=NAMES[held.client],
            reservation_id=reservation_id,
            receipt_id=f"receipt-{self.serial}",
            job_id=held.job_id if held.jobs_max == 1 else f"part-{self.serial}",
            model=held.model or self.dice.choice(("qwen3", "gemma")),
            price=self.dice.choice((1_700, 2_000, 4_000)),
            fields_root=root,
        )
        return self.chain.keep(receipt)

    def _claim(self, state: State) -> Transaction | None:
        found = self._pick(self._reservations(state))
        if found is None:
            return None
        miner = NAMES.get(found[1].provider) or self.dice.choice(MINERS)
        receipt = self._receipt(found, miner)
        claim = a_claim(receipt, signer=miner, final=self.dice.random() < 0.4)
        if found[1].provider in NAMES and self.dice.random() < 0.8:
            return claim
        accepter = key_of(NAMES[found[1].client])
        return accept_claim(claim, key=accepter, genesis_hash=GENESIS_HASH)

    def _batch(self, state: State) -> Transaction | None:
        miner = self.dice.choice(MINERS)
        mine = [
            found
            for found in self._reservations(state)
            if NAMES.get(found[1].provider) == miner
            and not found[1].closing
            and found[1].left >= 4_000
            and len(found[1].claims) < found[1].jobs_max
            and found[1].expires_at > state.height
        ]
        if not mine:
            return None
        receipts = [self._receipt(found, miner) for found in mine[:4]]
        claims = [claim_of(one, final=self.dice.random() < 0.4) for one in receipts]
        return sign_batch(claims, key=key_of(miner), genesis_hash=GENESIS_HASH)

    def _claims(self, state: State, status: ClaimStatus) -> list[tuple[Found, ClaimRecord]]:
        return [
            (found, claim)
            for found in self._reservations(state)
            for claim in found[1].claims
            if claim.status is status
        ]

    def _accept(self, state: State) -> Transaction | None:
        picked = self._pick(self._claims(state, ClaimStatus.PENDING))
        if picked is None:
            return None
        (name, held), claim = picked
        payload = Accept(reservation_id=name, receipt_hash=claim.receipt_hash, amount=claim.amount)
        return self._send(state, payload, NAMES[held.client])

    def _dispute(self, state: State) -> Transaction | None:
        picked = self._pick(self._claims(state, ClaimStatus.PENDING))
        if picked is None:
            return None
        (name, held), claim = picked
        reason = sha256(claim.receipt_hash)
        payload = Dispute(reservation_id=name, receipt_hash=claim.receipt_hash, reason_hash=reason)
        return self._send(state, payload, NAMES[held.client])

    def _resolve(self, state: State) -> Transaction | None:
        picked = self._pick(self._claims(state, ClaimStatus.DISPUTED))
        if picked is None:
            return None
        (name, _), claim = picked
        record = state.find(dispute_key(name, claim.receipt_hash))
        assert isinstance(record, DisputeRecord)
        part = self.dice.choice((0, claim.amount // 2, claim.amount, claim.amount))
        decision = Resolution(
            reservation_id=name,
            receipt_hash=claim.receipt_hash,
            opened_at=record.opened_at,
            provider_amount=part,
        )
        return approve(decision, keys=self.chain.validators, genesis_hash=GENESIS_HASH)

    def _release(self, state: State) -> Transaction | None:
        found = self._pick(self._reservations(state))
        if found is None:
            return None
        who = NAMES.get(found[1].provider) or NAMES[found[1].client]
        return self._send(state, Release(reservation_id=found[0]), who)

    def _grant(self, state: State) -> Transaction:
        gate = self.dice.choice(GATES)
        payload = Grant(
            label=gate.replace(" ", "-"),
            public_key=key_of(gate).public_key,
            scopes=int(ALL_SCOPES),
            total_limit=200_000,
            transaction_limit=50_000,
            period_limit=90_000,
            period_heights=self.dice.choice((1, 5)),
            expires_at=state.height + self.dice.randrange(1, 20),
            models=self.dice.choice(((), ("llama3.2", "qwen3"))),
        )
        return self._send(state, payload, self.dice.choice(CLIENTS))

    def _revoke(self, state: State) -> Transaction:
        payload = Revoke(public_key=key_of(self.dice.choice(GATES)).public_key)
        return self._send(state, payload, self.dice.choice(CLIENTS))

    def _offer(self, state: State) -> Transaction:
        payload = Offer(
            model=self.dice.choice(("llama3.2", "qwen3", "gemma")),
            unit_type=self.dice.choice(("gpu_seconds", "tokens")),
            rate=self.dice.randrange(1, 900),
            capacity=self.dice.randrange(9),
            expires_at=self.dice.choice((0, 1, 5, 9, 9)) and state.height + 1 + self.serial % 9,
        )
        return self._send(state, payload, self.dice.choice(MINERS))

    def _parameters(self, state: State) -> Transaction:
        now = state.ledger.parameters
        after = replace(now, version=now.version + 1, fee_accept=now.fee_accept % 20 + 1)
        return approve(NewParameters(after), keys=self.chain.validators, genesis_hash=GENESIS_HASH)

    def _seats(self, state: State) -> Transaction:
        change = random_change(self.dice, state.ledger)
        return approve(change, keys=self.chain.validators, genesis_hash=GENESIS_HASH)


def stored_run(folder: Path, seed: int) -> tuple[StoredChain, MarketRun]:
    """Return a run that has not begun and the database that is to keep it."""
    run = MarketRun(seed)
    stored = StoredChain(folder, run.chain.genesis, segment_rows=50)
    stored.chain = run.chain
    return stored, run
