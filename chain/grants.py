"""Grants: keys that act for an account within limits that the chain itself keeps.

What a granted key commits counts against its limits: the fee, and what it takes from the balance.
Money that comes back restores the total limit only, and only of the very grant it was committed
under. A key's nonce is never reset, so an old transaction cannot follow a new grant.
"""

from collections.abc import Callable
from dataclasses import replace
from enum import IntFlag

from chain.crypto import address_of, is_strong_key
from chain.due import due_key
from chain.errors import InvalidPayload, WrongSender
from chain.payloads import Accept, Dispute, Payload, Release, Reserve
from chain.policy_payloads import Grant, Revoke
from chain.policy_records import GrantRecord, GrantsRecord
from chain.primitives import (
    AMOUNT_MAX,
    EXPIRY_HEIGHTS_MAX,
    GRANT_HEIGHTS_MAX,
    GRANTS_MAX,
    ZERO_HASH,
    Address,
    Hash,
    PublicKey,
)
from chain.receipt import LABEL
from chain.records import grant_subject, grants_key
from chain.refusals import GrantForbids, GrantLimitExceeded, TooManyEntries, UnknownGrant
from chain.state import State


class Scope(IntFlag):
    """What a granted key may do; never transfer, grant, revoke or offer."""

    RESERVE = 1
    ACCEPT = 2
    RECEIPT = 4


ALL_SCOPES = Scope.RESERVE | Scope.ACCEPT | Scope.RECEIPT


def scope_for(payload: Payload) -> Scope:
    """Return the scopes of which a granted key needs one; none where only the owner may act."""
    match payload:
        case Reserve() | Release():
            return Scope.RESERVE
        case Accept():
            return Scope.ACCEPT
        case Dispute():
            return Scope.RESERVE | Scope.ACCEPT
        case _:
            return Scope(0)


def find_grant(state: State, account: Address, public_key: PublicKey) -> GrantRecord | None:
    """Return an account's live grant for a key, or None."""
    record = state.find_as(grants_key(account), GrantsRecord)
    for grant in record.grants if record else ():
        if grant.public_key == public_key and grant.expires_at > state.height:
            return grant
    return None


def may_act(state: State, account: Address, public_key: PublicKey, scope: Scope) -> bool:
    """Tell whether a key is the account's own or granted with one of these scopes."""
    if address_of(public_key) == account:
        return True
    grant = find_grant(state, account, public_key)
    return grant is not None and bool(grant.scopes & scope)


def check_authority(
    state: State, sender: Address, public_key: PublicKey, payload: Payload
) -> GrantRecord | None:
    """Check that a key may send a payload for an account.

    Returns:
        The grant it acts under; None for the account's own key.

    Raises:
        WrongSender: the account does not hold the key.
        GrantForbids: its grant does not cover this kind or model.
    """
    if address_of(public_key) == sender:
        return None
    grant = find_grant(state, sender, public_key)
    if grant is None:
        raise WrongSender
    if not grant.scopes & scope_for(payload):
        raise GrantForbids(what="kind of transaction")
    if grant.models and isinstance(payload, Reserve) and payload.model not in grant.models:
        raise GrantForbids(what="model")
    return grant


def charge(state: State, account: Address, grant: GrantRecord, amount: int) -> None:
    """Count base units against a grant's limits.

    Raises:
        GrantLimitExceeded: one of them leaves less.
    """
    period = state.height // grant.period_heights
    period_spent = grant.period_spent if grant.period == period else 0
    limits = (
        ("transaction", grant.transaction_limit),
        ("period", grant.period_limit - period_spent),
        ("total", grant.total_limit - grant.spent),
    )
    for limit, left in limits:
        if amount > left:
            raise GrantLimitExceeded(limit=limit, needed=amount, left=left)
    _change(
        state,
        account,
        lambda one: one.id == grant.id,
        lambda one: replace(
            one, spent=one.spent + amount, period=period, period_spent=period_spent + amount
        ),
    )


def restore(state: State, account: Address, grant_id: Hash, amount: int) -> None:
    """Give base units that came back to the total limit of the grant they were committed under."""
    if grant_id != ZERO_HASH and amount:
        _change(
            state,
            account,
            lambda one: one.id == grant_id,
            lambda one: replace(one, spent=max(0, one.spent - amount)),
        )


def _change(
    state: State,
    account: Address,
    is_meant: Callable[[GrantRecord], bool],
    change: Callable[[GrantRecord], GrantRecord],
) -> None:
    record = state.find_as(grants_key(account), GrantsRecord)
    if record is None or not any(is_meant(one) for one in record.grants):
        return
    grants = tuple(change(one) if is_meant(one) else one for one in record.grants)
    state.put(grants_key(account), GrantsRecord(grants))


def add_grant(state: State, account: Address, grant: Grant, *, grant_id: Hash) -> None:
    """Let a key act for an account; a live grant of the same key must be revoked first.

    Raises:
        InvalidPayload: a field is outside its bounds, or the key or label is granted already.
        TooManyEntries: the account has 64 live grants.
    """
    _check_grant(grant, account=account, height=state.height)
    kept = _live(state, account)
    if any(one.public_key == grant.public_key or one.label == grant.label for one in kept):
        raise InvalidPayload(detail="a live grant has this key or label; revoke it first")
    if len(kept) >= GRANTS_MAX:
        raise TooManyEntries(what="grants", limit=GRANTS_MAX)
    record = GrantRecord(
        id=grant_id,
        label=grant.label,
        public_key=grant.public_key,
        scopes=grant.scopes,
        total_limit=grant.total_limit,
        transaction_limit=grant.transaction_limit,
        period_limit=grant.period_limit,
        period_heights=grant.period_heights,
        expires_at=grant.expires_at,
        models=grant.models,
    )
    _keep(state, account, [*kept, record])
    state.schedule(state.forget, due_key(record.expires_at, grant_subject(account, record)))


def revoke_grant(state: State, account: Address, revoke: Revoke) -> None:
    """End a live grant.

    Raises:
        UnknownGrant: there is none for this key.
    """
    grant = find_grant(state, account, revoke.public_key)
    if grant is None:
        raise UnknownGrant
    state.unschedule(state.forget, due_key(grant.expires_at, grant_subject(account, grant)))
    _keep(state, account, [one for one in _live(state, account) if one.id != grant.id])


def _live(state: State, account: Address) -> list[GrantRecord]:
    """Return the live grants and drop the others, with their place in the queue."""
    record = state.find_as(grants_key(account), GrantsRecord)
    grants = record.grants if record else ()
    for one in grants:
        if one.expires_at <= state.height:
            state.unschedule(state.forget, due_key(one.expires_at, grant_subject(account, one)))
    return [one for one in grants if one.expires_at > state.height]


def _keep(state: State, account: Address, grants: list[GrantRecord]) -> None:
    ordered = tuple(sorted(grants, key=lambda one: one.public_key))
    state.put(grants_key(account), GrantsRecord(ordered) if ordered else None)


def drop_grant(state: State, account: Address, public_key: PublicKey) -> None:
    """Drop an expired grant whose turn has come."""
    record = state.find_as(grants_key(account), GrantsRecord)
    assert record is not None
    _keep(state, account, [one for one in record.grants if one.public_key != public_key])


def _check_grant(grant: Grant, *, account: Address, height: int) -> None:
    bounds = (
        ("scopes", grant.scopes, 1, int(ALL_SCOPES)),
        ("total_limit", grant.total_limit, 0, AMOUNT_MAX),
        ("transaction_limit", grant.transaction_limit, 0, AMOUNT_MAX),
        ("period_limit", grant.period_limit, 0, AMOUNT_MAX),
        ("period_heights", grant.period_heights, 1, EXPIRY_HEIGHTS_MAX),
        ("expires_at", grant.expires_at, height + 1, height + GRANT_HEIGHTS_MAX),
    )
    for name, value, low, high in bounds:
        if not low <= value <= high:
            raise InvalidPayload(detail=f"{name} is {value}; it must be {low} to {high}")
    labels = (grant.label, *grant.models)
    if not all(map(LABEL.fullmatch, labels)) or len(set(grant.models)) != len(grant.models):
        raise InvalidPayload(detail="a label or model is not of letters, digits and ._:-, or twice")
    if not is_strong_key(grant.public_key) or address_of(grant.public_key) == account:
        raise InvalidPayload(detail="the key is weak, or the account's own")
