"""The ledger as a machine whose rules Hypothesis plays, the judge beside it.

Each rule attempts one thing; its amounts, people and heights are Hypothesis's choice, so that a
failure shrinks to the few rules that matter. Whatever a rule does, both executors must say the
same of it, and the duel checks every invariant at each block's end.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,  # codespell:ignore
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chain.approval import Approval, ApprovedTransaction, Resolution
from chain.checked import checked_transaction
from chain.claim import Acceptance, Claim, ClaimTransaction
from chain.payloads import Accept, Dispute, Payload, Release, Reserve, Transfer
from chain.policy_payloads import Grant, Revoke
from chain.primitives import ZERO_ADDRESS, ZERO_HASH, Hash
from chain.records import ClaimRecord, ClaimStatus
from chain.transaction import SignedTransaction, Transaction
from tests.judge.duel import Duel, limits_in_force
from tests.judge.executor import flat_fee
from tests.judge.state import Limits
from tests.judge.steps import Tally
from tests.judge.world import NO_SIGNATURE, TIGHT
from tests.support.builders import (
    GENESIS_HASH,
    PRICED,
    a_genesis,
    a_reserve_payload,
    key_of,
    validator_keys,
)

CLIENTS = ("ann", "bob")
MINERS = ("max", "mia")
NEWCOMER = "newcomer"
GATEWAY = "gateway"
VALIDATORS = 3
PARAMETERS = replace(
    PRICED, fee_accept=15, fee_dispute=25, fee_grant=12, resolve_heights=4, payout_period=7
)

clients = st.sampled_from(CLIENTS)
miners = st.sampled_from(MINERS)
amounts = st.one_of(st.sampled_from((600, 700, 900)), st.integers(min_value=0, max_value=6_000))
windows = st.sampled_from((5, 5, 2, 1, 0))
picks = st.integers(min_value=0, max_value=7)
rarely = st.sampled_from((False, False, False, True))

NAMES = {key_of(name).address: name for name in (*CLIENTS, *MINERS)}

T = TypeVar("T")


def chosen(some: Sequence[T], pick: int) -> T:
    """Return one of them, the last rather than the first."""
    return some[-1 - pick % len(some)]


def a_session(miner: str, *, window: int) -> Reserve:
    """Return the terms of a session that is open long enough for much to happen."""
    return a_reserve_payload(
        job_id="session",
        provider=key_of(miner).address,
        model="",
        unit_type="tokens",
        max_rate=1_000_001,
        cap=9_000,
        jobs_max=8,
        dispute_window=window,
    )


class LedgerMachine(RuleBasedStateMachine):
    """Two clients, two miners, a gateway key, three validators."""

    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self.tally = tally
        self.claimed = 0
        self.made: list[ClaimTransaction] = []
        self.contexts = ExitStack()

    @initialize(tight=st.booleans())  # codespell:ignore
    def begin(self, *, tight: bool) -> None:
        limits = TIGHT if tight else Limits()
        self.contexts.enter_context(limits_in_force(limits))
        people = dict.fromkeys(CLIENTS, 60_000) | dict.fromkeys(MINERS, 5_000)
        genesis = a_genesis(people, parameters=PARAMETERS, validators=VALIDATORS)
        self.duel = Duel(genesis, limits)
        for by, window in zip(CLIENTS, (5, 0), strict=True):
            self.send(a_session(MINERS[0], window=window), by=by)

    def teardown(self) -> None:
        self.contexts.close()
        if hasattr(self, "duel"):
            self.tally.add(self.duel)

    def attempt(self, transaction: Transaction) -> str:
        self.tally.rules += 1
        verified = checked_transaction(transaction.encode(), genesis_hash=GENESIS_HASH)
        return self.duel.attempt(verified)

    def send(self, payload: Payload, *, by: str, key: str | None = None) -> None:
        """Attempt a payload in a right envelope."""
        account, public_key = key_of(by).address, key_of(key or by).public_key
        now = self.duel.now
        bare = SignedTransaction(
            sender=account,
            public_key=public_key,
            nonce=now.nonces.get((account, public_key), 0),
            fee=0,
            valid_until=now.height + 1,
            payload=payload,
            signature=NO_SIGNATURE,
        )
        least = flat_fee(now, payload) + now.parameters.fee_per_byte * len(bare.encode())
        self.attempt(replace(bare, fee=least))

    @rule(by=clients, to=st.sampled_from((*CLIENTS, *MINERS, NEWCOMER)), amount=amounts)
    def fund(self, by: str, to: str, amount: int) -> None:
        self.send(Transfer(to=key_of(to).address, amount=amount), by=by)

    @rule(
        by=clients,
        miner=st.sampled_from((*MINERS, *MINERS, None)),
        cap=st.sampled_from((3_000, 9_000, 900)),
        jobs=st.sampled_from((1, 3)),
        window=windows,
        heights=st.sampled_from((40, 40, 12, 5, 0)),
        job=st.integers(min_value=0, max_value=64),
        granted=rarely,
    )
    def reserve(  # noqa: PLR0913 - every term of a reservation is Hypothesis's choice
        self,
        *,
        by: str,
        miner: str | None,
        cap: int,
        jobs: int,
        window: int,
        heights: int,
        job: int,
        granted: bool,
    ) -> None:
        payload = Reserve(
            job_id=f"job-{job}",
            provider=key_of(miner).address if miner else ZERO_ADDRESS,
            model="",
            unit_type="tokens",
            max_rate=1_000_001,
            cap=cap,
            expires_at=self.duel.now.height + heights,
            jobs_max=jobs,
            dispute_window=window,
        )
        self.send(payload, by=by, key=GATEWAY if granted else None)

    def open_reservations(self) -> list[Hash]:
        if not hasattr(self, "duel"):
            return []
        return [name for name, one in self.duel.now.reservations.items() if not one.closing]

    def claims_that_are(self, status: ClaimStatus) -> list[tuple[str, Hash, ClaimRecord]]:
        """Return client, reservation and claim of each that stands there."""
        if not hasattr(self, "duel"):
            return []
        return [
            (NAMES[held.client], name, one)
            for name, held in self.duel.now.reservations.items()
            for one in held.claims
            if one.status is status
        ]

    @precondition(lambda self: self.open_reservations())
    @rule(
        pick=picks,
        amount=amounts,
        dear=st.sampled_from((0, 0, 0, 0, 0, 1)),
        final=rarely,
        accepted=rarely,
        part=picks,
    )
    def claim(
        self, *, pick: int, amount: int, dear: int, final: bool, accepted: bool, part: int
    ) -> None:
        name = chosen(self.open_reservations(), pick)
        held = self.duel.now.reservations[name]
        provider = held.provider if held.provider != ZERO_ADDRESS else key_of(MINERS[0]).address
        self.claimed += 1
        wish = Claim(
            reservation_id=name,
            receipt_hash=Hash(self.claimed.to_bytes(32, "big")),
            sidecar_id=ZERO_HASH,
            job_id=f"part-{part}" if held.jobs_max > 1 else held.job_id,
            provider=provider,
            client=held.client,
            public_key=key_of(NAMES[provider]).public_key,
            model="llama",
            unit_type="tokens",
            units_micro=max(0, (amount - 1) * 1_000_000 // 1_000_001 + 1 - dear),
            amount=amount,
            final=final,
        )
        key = key_of(NAMES[held.client]).public_key
        acceptance = Acceptance(key, NO_SIGNATURE) if accepted else None
        transaction = ClaimTransaction(wish, NO_SIGNATURE, acceptance)
        if self.attempt(transaction) == "CLAIMED":
            self.made.append(transaction)

    @precondition(lambda self: self.made)
    @rule(pick=picks)
    def claim_again(self, pick: int) -> None:
        said = self.attempt(chosen(self.made, pick))
        assert said in {"receipt_already_claimed", "unknown_reservation"}

    @precondition(lambda self: self.claims_that_are(ClaimStatus.PENDING))
    @rule(pick=picks, more=st.sampled_from((0, 0, 0, 1)))
    def accept(self, pick: int, more: int) -> None:
        client, name, one = chosen(self.claims_that_are(ClaimStatus.PENDING), pick)
        self.send(Accept(name, one.receipt_hash, one.amount + more), by=client)

    @precondition(lambda self: self.claims_that_are(ClaimStatus.PENDING))
    @rule(pick=picks, granted=rarely)
    def dispute(self, *, pick: int, granted: bool) -> None:
        client, name, one = chosen(self.claims_that_are(ClaimStatus.PENDING), pick)
        payload = Dispute(name, one.receipt_hash, ZERO_HASH)
        self.send(payload, by=client, key=GATEWAY if granted else None)

    @precondition(lambda self: self.claims_that_are(ClaimStatus.DISPUTED))
    @rule(
        pick=picks,
        percent=st.sampled_from((50, 100, 0, 33, 101)),
        approvals=st.sampled_from((3, 3, 3, 2)),
    )
    def resolve(self, pick: int, percent: int, approvals: int) -> None:
        _, name, one = chosen(self.claims_that_are(ClaimStatus.DISPUTED), pick)
        decision = Resolution(
            reservation_id=name,
            receipt_hash=one.receipt_hash,
            opened_at=self.duel.now.disputes[name, one.receipt_hash].opened_at,
            provider_amount=-(-one.amount * percent // 100),
        )
        keys = validator_keys(VALIDATORS)[:approvals]
        words = tuple(Approval(key.public_key, NO_SIGNATURE) for key in keys)
        self.attempt(ApprovedTransaction(decision, words))

    @precondition(lambda self: self.open_reservations())
    @rule(pick=picks, by_provider=rarely)
    def release(self, *, pick: int, by_provider: bool) -> None:
        name = chosen(self.open_reservations(), pick)
        held = self.duel.now.reservations[name]
        provider = NAMES.get(held.provider, MINERS[0])
        self.send(Release(name), by=provider if by_provider else NAMES[held.client])

    @rule(
        by=clients,
        total=st.sampled_from((2_000, 8_000, 50_000)),
        once=st.sampled_from((1_500, 4_000)),
        period=st.sampled_from((1, 3)),
        heights=st.sampled_from((12, 30, 3, 0)),
    )
    def grant(self, by: str, total: int, once: int, period: int, heights: int) -> None:
        """Grant the gateway, or end its grant if there is one."""
        if self.duel.now.grants.get(key_of(by).address):
            self.send(Revoke(public_key=key_of(GATEWAY).public_key), by=by)
            return
        payload = Grant(
            label=GATEWAY,
            public_key=key_of(GATEWAY).public_key,
            scopes=3,
            total_limit=total,
            transaction_limit=once,
            period_limit=once + 500,
            period_heights=period,
            expires_at=self.duel.now.height + heights,
        )
        self.send(payload, by=by)

    @rule(blocks=st.sampled_from((1, 1, 1, 2, 4)))
    def block(self, blocks: int) -> None:
        self.tally.rules += 1
        for _ in range(blocks):
            self.duel.finish()

    @rule()
    def restart(self) -> None:
        self.tally.rules += 1
        self.duel.finish()
        self.duel.restart()

    @invariant()
    def money_is_neither_made_nor_lost(self) -> None:
        if hasattr(self, "duel"):
            fees = self.duel.judge.proposer_fees + self.duel.judge.treasury_fees
            assert self.duel.now.total() + fees == self.duel.ledger.supply


def run_machine(*, runs: int, steps: int) -> Tally:
    """Let Hypothesis play so many runs of at most so many rules; the same ones every time.

    Raises:
        AssertionError: the chain and the judge disagree, or an invariant does not hold; the
            shortest way there is printed.
    """
    tally = Tally()
    wanted = settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=runs,
        stateful_step_count=steps,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(partial(LedgerMachine, tally), settings=wanted)
    return tally
