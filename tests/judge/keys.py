"""Which key may do what, what it may spend, and price lists.

Read from the code and taken as the rule, where PROTOCOL.md says nothing of it:

* A key that the account does not hold: ``wrong_sender``; one whose grant has not the scope, or
  names models and not this one (a reservation for any model is not among them): ``grant_forbids``.
* Period number = height // period_heights; what an earlier period spent does not count.
* A charge must fit the limits of a transaction, of the period and of the total; money returned
  lowers what was spent in all, to 0 at least, of the grant with that very id, and no other.
* An expired grant acts no more. It stays in the state until it is dropped as stale, or the account
  next grants or revokes with success; until then returned money still counts on it.
* A live grant is unique by key and by label; the limits may be 0; period_heights is 1 to 100,000;
  it holds at most 31,536,000 heights; a strong key only, and not the account's own.
* An offer with ``expires_at`` 0 takes a line away and is fine where there is none; every successful
  offer also drops the account's expired lines. The same line put again replaces the first.
"""

from dataclasses import replace
from typing import TypeVar

from chain.crypto import address_of, is_strong_key
from chain.payloads import Accept, Dispute, Payload, Release, Reserve
from chain.policy_payloads import Grant, Offer, Revoke
from chain.policy_records import GrantRecord, OfferRecord
from chain.primitives import Address, Hash, PublicKey
from tests.judge.refused import Refused, demand, is_label
from tests.judge.state import Holdings

AMOUNT_MAX = 2**53 - 1
T = TypeVar("T")
RESERVE, ACCEPT, RECEIPT = 1, 2, 4


def live_grant(held: Holdings, account: Address, key: PublicKey) -> GrantRecord | None:
    for grant in held.grants.get(account, ()):
        if grant.public_key == key and held.height < grant.expires_at:
            return grant
    return None


def may_sign(held: Holdings, account: Address, key: PublicKey, scope: int) -> bool:
    if address_of(key) == account:
        return True
    grant = live_grant(held, account, key)
    return grant is not None and grant.scopes & scope != 0


def authority(
    held: Holdings, account: Address, key: PublicKey, payload: Payload
) -> GrantRecord | None:
    """Return the grant a key acts under, None for the account's own key."""
    if address_of(key) == account:
        return None
    grant = live_grant(held, account, key)
    if grant is None:
        raise Refused("wrong_sender")
    allowed = 0
    if grant.scopes & RESERVE and isinstance(payload, Reserve | Release | Dispute):
        allowed = 1
    if grant.scopes & ACCEPT and isinstance(payload, Accept | Dispute):
        allowed = 1
    demand("grant_forbids", holds=allowed == 1)
    if isinstance(payload, Reserve) and grant.models:
        demand("grant_forbids", holds=payload.model in grant.models)
    return grant


def charge(held: Holdings, account: Address, grant: GrantRecord, amount: int) -> None:
    period = held.height // grant.period_heights
    already = grant.period_spent if grant.period == period else 0
    fits = (
        amount <= grant.transaction_limit
        and already + amount <= grant.period_limit
        and grant.spent + amount <= grant.total_limit
    )
    demand("grant_limit_exceeded", holds=fits)
    spent = grant.spent + amount
    changed = replace(grant, spent=spent, period=period, period_spent=already + amount)
    _swap(held, account, changed)


def restore(held: Holdings, account: Address, grant_id: Hash, amount: int) -> None:
    for grant in held.grants.get(account, ()):
        if grant.id == grant_id:
            _swap(held, account, replace(grant, spent=max(0, grant.spent - amount)))


def _swap(held: Holdings, account: Address, changed: GrantRecord) -> None:
    held.grants[account] = tuple(
        changed if one.id == changed.id else one for one in held.grants[account]
    )


def grant(held: Holdings, account: Address, wish: Grant, grant_id: Hash) -> None:
    in_bounds = (
        1 <= wish.scopes <= 7
        and wish.total_limit <= AMOUNT_MAX
        and wish.transaction_limit <= AMOUNT_MAX
        and wish.period_limit <= AMOUNT_MAX
        and 1 <= wish.period_heights <= 100_000
        and held.height < wish.expires_at <= held.height + 31_536_000
        and all(is_label(text) for text in (wish.label, *wish.models))
        and len(set(wish.models)) == len(wish.models)
        and is_strong_key(wish.public_key)
        and address_of(wish.public_key) != account
    )
    demand("invalid_payload", holds=in_bounds)
    live = [one for one in held.grants.get(account, ()) if held.height < one.expires_at]
    keys, labels = [one.public_key for one in live], [one.label for one in live]
    demand("invalid_payload", holds=wish.public_key not in keys and wish.label not in labels)
    demand("too_many_entries", holds=len(live) < held.limits.grants)
    record = GrantRecord(
        id=grant_id,
        label=wish.label,
        public_key=wish.public_key,
        scopes=wish.scopes,
        total_limit=wish.total_limit,
        transaction_limit=wish.transaction_limit,
        period_limit=wish.period_limit,
        period_heights=wish.period_heights,
        expires_at=wish.expires_at,
        models=wish.models,
    )
    held.grants[account] = (*live, record)


def revoke(held: Holdings, account: Address, wish: Revoke) -> None:
    demand("unknown_grant", holds=live_grant(held, account, wish.public_key) is not None)
    live = [one for one in held.grants[account] if held.height < one.expires_at]
    left = tuple(one for one in live if one.public_key != wish.public_key)
    set_or_drop(held.grants, account, left)


def offer(held: Holdings, account: Address, wish: Offer) -> None:
    line = (wish.model, wish.unit_type)
    demand("invalid_payload", holds=is_label(wish.model) and is_label(wish.unit_type))
    live = [one for one in held.offers.get(account, ()) if held.height < one.expires_at]
    others = [one for one in live if (one.model, one.unit_type) != line]
    if wish.expires_at != 0:
        in_bounds = (
            1 <= wish.rate <= AMOUNT_MAX and held.height < wish.expires_at <= held.height + 100_000
        )
        demand("invalid_payload", holds=in_bounds)
        demand("too_many_entries", holds=len(others) < held.limits.offers)
        others.append(OfferRecord(*line, wish.rate, wish.capacity, wish.expires_at))
    set_or_drop(held.offers, account, tuple(others))


def set_or_drop(table: dict[Address, tuple[T, ...]], account: Address, left: tuple[T, ...]) -> None:
    """Keep what is left of an account's entries; an account without any has no record."""
    if left:
        table[account] = left
    else:
        table.pop(account, None)
