"""The ledger as a machine whose rules Hypothesis plays, the judge beside it.

Each rule attempts one thing; its amounts, people and heights are Hypothesis's choice, so that a
failure shrinks to the few rules that matter. Whatever a rule does, both executors must say the
same of it, and the duel checks every invariant at each block's end.
"""

from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from chain.approval import Approval, ApprovedTransaction, Resolution
from chain.checked import checked_transaction
from chain.claim import Acceptance, Claim, ClaimTransaction
from chain.payloads import Accept, Dispute, Payload, Release, Reserve, Transfer
from chain.policy_payloads import Grant, Revoke
from chain.primitives import ZERO_ADDRESS, ZERO_HASH, Hash
from chain.transaction import SignedTransaction, Transaction
from tests.judge.duel import Duel, limits_in_force
from tests.judge.executor import flat_fee
from tests.judge.state import Limits
from tests.judge.steps import Tally
from tests.judge.world import NO_SIGNATURE, TIGHT
from tests.support.builders import GENESIS_HASH, PRICED, a_genesis, key_of, validator_keys

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
rarely = st.sampled_from((False, False, False, True))


class LedgerMachine(RuleBasedStateMachine):
    """Two clients, two miners, a gateway key, three validators."""

    reservations = Bundle("reservations")
    claims = Bundle("claims")

    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self.tally = tally
        self.claimed = 0
        self.contexts = ExitStack()

    @initialize(tight=st.booleans())
    def begin(self, *, tight: bool) -> None:
        limits = TIGHT if tight else Limits()
        self.contexts.enter_context(limits_in_force(limits))
        people = dict.fromkeys(CLIENTS, 60_000) | dict.fromkeys(MINERS, 5_000)
        genesis = a_genesis(people, parameters=PARAMETERS, validators=VALIDATORS)
        self.duel = Duel(genesis, limits)

    def teardown(self) -> None:
        self.contexts.close()
        if hasattr(self, "duel"):
            self.tally.add(self.duel)

    def attempt(self, transaction: Transaction) -> str:
        self.tally.rules += 1
        verified = checked_transaction(transaction.encode(), genesis_hash=GENESIS_HASH)
        return self.duel.attempt(verified)

    def send(self, payload: Payload, *, by: str, key: str | None = None) -> tuple[str, Hash]:
        """Attempt a payload in a right envelope; return what came of it, and its id."""
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
        whole = replace(bare, fee=least)
        return self.attempt(whole), whole.id(GENESIS_HASH)

    @rule(by=clients, to=st.sampled_from((*CLIENTS, *MINERS, NEWCOMER)), amount=amounts)
    def fund(self, by: str, to: str, amount: int) -> None:
        self.send(Transfer(to=key_of(to).address, amount=amount), by=by)

    @rule(
        target=reservations,
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
    ) -> object:
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
        said, name = self.send(payload, by=by, key=GATEWAY if granted else None)
        return (name, by, miner or MINERS[0], f"job-{job}") if said == "RESERVED" else multiple()

    @rule(
        target=claims,
        on=reservations,
        amount=amounts,
        dear=st.sampled_from((0, 0, 0, 0, 0, 1)),
        final=rarely,
        accepted=rarely,
        part=st.integers(min_value=0, max_value=3),
    )
    def claim(
        self,
        *,
        on: tuple[Hash, str, str, str],
        amount: int,
        dear: int,
        final: bool,
        accepted: bool,
        part: int,
    ) -> object:
        name, client, miner, job = on
        held = self.duel.now.reservations.get(name)
        session = held is not None and held.jobs_max > 1
        self.claimed += 1
        wish = Claim(
            reservation_id=name,
            receipt_hash=Hash(self.claimed.to_bytes(32, "big")),
            sidecar_id=ZERO_HASH,
            job_id=f"part-{part}" if session else job,
            provider=key_of(miner).address,
            client=key_of(client).address,
            public_key=key_of(miner).public_key,
            model="llama",
            unit_type="tokens",
            units_micro=max(0, (amount - 1) * 1_000_000 // 1_000_001 + 1 - dear),
            amount=amount,
            final=final,
        )
        acceptance = Acceptance(key_of(client).public_key, NO_SIGNATURE) if accepted else None
        transaction = ClaimTransaction(wish, NO_SIGNATURE, acceptance)
        said = self.attempt(transaction)
        return (client, transaction) if said == "CLAIMED" else multiple()

    claim_more = claim
    """Twice as often as the others: most rules need a claim."""

    @rule(made=claims)
    def claim_again(self, made: tuple[str, ClaimTransaction]) -> None:
        assert self.attempt(made[1]) in {"receipt_already_claimed", "unknown_reservation"}

    @rule(made=claims, more=st.sampled_from((0, 0, 0, 1)))
    def accept(self, made: tuple[str, ClaimTransaction], more: int) -> None:
        client, wish = made[0], made[1].claim
        self.send(Accept(wish.reservation_id, wish.receipt_hash, wish.amount + more), by=client)

    @rule(made=claims, granted=rarely)
    def dispute(self, *, made: tuple[str, ClaimTransaction], granted: bool) -> None:
        client, wish = made[0], made[1].claim
        payload = Dispute(wish.reservation_id, wish.receipt_hash, ZERO_HASH)
        self.send(payload, by=client, key=GATEWAY if granted else None)

    @rule(
        made=claims,
        percent=st.integers(min_value=0, max_value=101),
        approvals=st.sampled_from((2, 3, 3, 3)),
    )
    def resolve(self, made: tuple[str, ClaimTransaction], percent: int, approvals: int) -> None:
        wish = made[1].claim
        found = self.duel.now.disputes.get((wish.reservation_id, wish.receipt_hash))
        decision = Resolution(
            reservation_id=wish.reservation_id,
            receipt_hash=wish.receipt_hash,
            opened_at=found.opened_at if found else 0,
            provider_amount=-(-wish.amount * percent // 100),
        )
        keys = validator_keys(VALIDATORS)[:approvals]
        words = tuple(Approval(key.public_key, NO_SIGNATURE) for key in keys)
        self.attempt(ApprovedTransaction(decision, words))

    @rule(on=reservations, by_provider=st.booleans())
    def release(self, *, on: tuple[Hash, str, str, str], by_provider: bool) -> None:
        self.send(Release(on[0]), by=on[2] if by_provider else on[1])

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
