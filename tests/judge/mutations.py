"""Rules of the chain broken on purpose, each by replacing one small function of ``chain``."""

# ruff: noqa: ANN401 -- a wrapper hands on what it is given, whatever that is

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest

from chain import (
    block_end,
    decisions,
    dispute,
    grants,
    reservation,
    settlement,
    transition,
)
from chain.due import DueDraft, due_subject
from chain.errors import CapExceeded, TransactionExpired
from chain.records import ClaimStatus, ReservationRecord, Table
from chain.refusals import ClaimNotPending
from chain.state import Ledger, State
from chain.validators import ValidatorSet

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Mutation:
    """One broken rule.

    Attributes:
        name: what is broken.
        patch: breaks it for as long as the context lasts.
    """

    name: str
    patch: Patch


MUTATIONS: list[Mutation] = []


def mutation(name: str) -> Callable[[Patch], Patch]:
    """Add a mutation to the list."""

    def add(patch: Patch) -> Patch:
        MUTATIONS.append(Mutation(name, patch))
        return patch

    return add


def wrap(patch: pytest.MonkeyPatch, owner: Any, name: str, around: Callable[..., Any]) -> None:
    """Replace a function by ``around``, which takes the original first."""
    original = getattr(owner, name)

    def replaced(*args: Any, **kwargs: Any) -> Any:
        return around(original, *args, **kwargs)

    patch.setattr(owner, name, replaced)


def nothing(*_args: object, **_kwargs: object) -> None:
    """Do nothing in place of what a rule does."""
    return


@mutation("no cap check")
def _no_cap(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, claim: Any) -> ReservationRecord | None:
        try:
            return original(state, claim)
        except CapExceeded:
            return state.find_reservation(claim.reservation_id)

    wrap(patch, transition, "check_claim", around)


@mutation("a claim used twice")
def _twice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reservation, "_check_claim_unused", nothing)


@mutation("claimed at the height of the expiry")
def _late_claim(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, claim: Any) -> Any:
        earlier = SimpleNamespace(height=state.height - 1, find_reservation=state.find_reservation)
        return original(earlier, claim)

    wrap(patch, transition, "check_claim", around)


@mutation("due work done a height late")
def _late_due(patch: pytest.MonkeyPatch) -> None:
    wrap(patch, DueDraft, "until", lambda original, draft, height: original(draft, height - 1))


@mutation("fee lost")
def _fee_lost(patch: pytest.MonkeyPatch) -> None:
    wrap(
        patch,
        transition.Execution,
        "collect",
        lambda original, execution, fee: original(execution, fee - fee % 2),
    )


@mutation("the odd unit of a fee goes to the proposer")
def _treasury_share(patch: pytest.MonkeyPatch) -> None:
    def collect(execution: transition.Execution, fee: int) -> None:
        execution.treasury_fees += fee // 2
        execution.proposer_fees += fee - fee // 2

    patch.setattr(transition.Execution, "collect", collect)


@mutation("grant limits not charged")
def _not_charged(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(transition, "charge", nothing)


@mutation("a granted key's fee not charged")
def _fee_free(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, account: Any, grant: Any, amount: int) -> None:
        original(state, account, grant, max(0, amount - 1))

    wrap(patch, transition, "charge", around)


@mutation("returned money not restored to its grant")
def _not_restored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(settlement, "restore", nothing)


@mutation("returned money restored twice")
def _over_restored(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, client: Any, grant_id: Any, amount: int) -> None:
        original(state, client, grant_id, 2 * amount)

    wrap(patch, settlement, "restore", around)


@mutation("dispute bond lost")
def _bond_lost(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, *args: Any, winner: Any) -> None:
        ended = replace(args[2], bond=0)
        original(state, *args[:2], ended, winner=winner)

    wrap(patch, dispute, "_end_dispute", around)


@mutation("the client keeps the bond of a lost dispute")
def _bond_kept(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, *args: Any, winner: Any) -> None:
        held = state.find_reservation(args[0])
        assert held is not None
        original(state, *args, winner=held.client or winner)

    wrap(patch, dispute, "_end_dispute", around)


@mutation("bond rounded down")
def _small_bond(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, wish: Any, *, client: Any, fee: int) -> int:
        original(state, wish, client=client, fee=fee)
        _, claim = dispute.find_pending(
            state, wish.reservation_id, wish.receipt_hash, client=client
        )
        return max(fee, claim.amount // 10)

    wrap(patch, transition, "bond_for", around)


@mutation("window a height short")
def _short_window(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, *args: Any, client: Any) -> Any:
        held, claim = original(state, *args, client=client)
        if claim.due_height == state.height:
            raise ClaimNotPending(receipt_hash=claim.receipt_hash.hex())
        return held, claim

    wrap(patch, dispute, "find_pending", around)


@mutation("price ceiling rounded down")
def _ceiling(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        reservation,
        "price_ceiling",
        lambda *, units_micro, rate: units_micro * rate // 1_000_000,
    )


@mutation("nonce reused")
def _nonce(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(transition, "_use_nonce", nothing)


@mutation("payout row missing")
def _no_row(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(settlement, "add_payout", nothing)


@mutation("payout period ends only when full")
def _long_period(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State) -> Any:
        return None if state.height % 5 == 0 else original(state)

    wrap(patch, block_end, "end_period", around)


@mutation("forget entry of a job id missing")
def _no_forget(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, queue: DueDraft, key: bytes) -> None:
        if queue is not state.forget or due_subject(key)[0] != Table.TAKEN:
            original(state, queue, key)

    wrap(patch, State, "schedule", around)


@mutation("forget entry of a revoked grant kept")
def _forget_kept(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, queue: DueDraft, key: bytes) -> None:
        if queue is not state.forget or due_subject(key)[0] != Table.GRANTS:
            original(state, queue, key)

    wrap(patch, State, "unschedule", around)


@mutation("two thirds of the validators are enough")
def _quorum(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ValidatorSet, "quorum", property(lambda one: -(-2 * len(one) // 3)))


@mutation("approvals not looked at")
def _approvals(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decisions, "check_approvals", nothing)


@mutation("an expired grant still acts")
def _old_grant(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, account: Any, public_key: Any) -> Any:
        earlier = SimpleNamespace(height=state.height - 1, find_as=state.find_as)
        return original(earlier, account, public_key)

    wrap(patch, grants, "find_grant", around)


@mutation("a transaction valid one height too long")
def _valid_too_long(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, transaction: Any, *, size_bytes: int) -> Any:
        try:
            return original(state, transaction, size_bytes=size_bytes)
        except TransactionExpired:
            late = replace(transaction, valid_until=transaction.valid_until + 1)
            return original(state, late, size_bytes=size_bytes)

    wrap(patch, transition, "check_envelope", around)


@mutation("new account for nothing")
def _free_account(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(transition, "new_account_fee", lambda _state, _address: 0)


@mutation("a refused transaction leaves its nonce used")
def _no_rollback(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, mark: int) -> None:
        original(state, min(mark + 1, len(state._undo)))

    wrap(patch, State, "rollback", around)


@mutation("changed parameters forgotten by a restart")
def _forgotten_parameters(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, ledger: Ledger, records: Any) -> None:
        before = ledger.parameters
        original(ledger, records)
        ledger.parameters = before

    wrap(patch, Ledger, "load", around)


@mutation("a closed reservation keeps its expiry in the queue")
def _expiry_kept(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, queue: DueDraft, key: bytes) -> None:
        if queue is not state.due or len(due_subject(key)) != 32 or queue is state.forget:
            original(state, queue, key)

    wrap(patch, State, "unschedule", around)


@mutation("any provider is paid without acceptance")
def _any_provider(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReservationRecord, "is_open_to_any_provider", property(lambda _one: False))


@mutation("what a split leaves does not go back when closing")
def _split_kept(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, held: Any, amount: int) -> None:
        original(state, held, 0 if held.closing else amount)

    wrap(patch, settlement, "return_money", around)


@mutation("an overdue claim can still be accepted")
def _overdue_accepted(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, *args: Any, client: Any) -> Any:
        try:
            return original(state, *args, client=client)
        except ClaimNotPending:
            held = state.find_reservation(args[0])
            claim = held.find_claim(args[1]) if held else None
            if claim is None or claim.status is not ClaimStatus.PENDING:
                raise
            return held, claim

    wrap(patch, dispute, "find_pending", around)


@mutation("an overdue dispute can still be resolved")
def _overdue_resolved(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, *args: Any, provider_amount: int) -> Any:
        height = state.height
        found = dispute.find_dispute(state, *args)
        state.height = min(height, found.due_height)
        try:
            return original(state, *args, provider_amount=provider_amount)
        finally:
            state.height = height

    wrap(patch, decisions, "resolve_dispute", around)
