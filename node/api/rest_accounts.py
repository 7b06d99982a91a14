"""Accounts in REST: what a client has, what is held, and which keys may spend of it."""

from dataclasses import dataclass

from chain.address import format_hex_address
from chain.crypto import address_of
from chain.primitives import Address
from chain.store.account_views import AccountView
from chain.store.market_queries import MarketReader
from chain.store.market_views import GrantView
from chain.store.queries import ChainReader
from node.api.payload_shapes import scope_names
from node.api.reads import unnamed_account
from node.api.rest_forms import OfClient
from node.api.rest_words import (
    CURRENCY,
    AddressText,
    Count,
    Currency,
    HashHex,
    Height,
    Money,
    Seconds,
    address_text,
    hash_hex,
    money,
    seconds,
)
from node.api.services import Services


@dataclass(frozen=True, slots=True)
class BillingAccount:
    """A client's money.

    Attributes:
        address: of the account.
        address_0x: the same as contracts write it.
        currency: of all amounts.
        balance: all of it, held or not.
        available: what may be spent.
        reserved: what reservations, claims and bonds hold.
        pending: of that, what waits in claims.
        bonds: of that, what disputes lock.
        nonce: of the next transaction that the account's own key signs.
        keys: how many granted keys may act for it.
        at_height: of the chain when it was read.
        at: time of that block.
    """

    address: AddressText
    address_0x: str
    currency: Currency
    balance: Money
    available: Money
    reserved: Money
    pending: Money
    bonds: Money
    nonce: Count
    keys: Count
    at_height: Height
    at: Seconds


@dataclass(frozen=True, slots=True)
class BillingKey:
    """A key that an account has granted.

    Attributes:
        grant_id: of the transaction that granted it.
        label: its name.
        public_key: its Ed25519 key.
        scopes: what it may do.
        models: the only models it may reserve for; none for any.
        currency: of all amounts.
        limit: what it may commit in all.
        limit_per_transaction: what one transaction may commit.
        limit_per_period: what it may commit in a period.
        period_heights: heights of a period.
        spent: committed so far.
        remaining: of the limit in all.
        period_remaining: of the limit of this period.
        available: what its next transaction may commit; 0 once it has expired.
        expires_at_height: the first height at which it no longer holds.
        is_live: whether the next block lets it act.
        nonce: of the next transaction that it signs.
    """

    grant_id: HashHex
    label: str
    public_key: HashHex
    scopes: list[str]
    models: list[str]
    currency: Currency
    limit: Money
    limit_per_transaction: Money
    limit_per_period: Money
    period_heights: Count
    spent: Money
    remaining: Money
    period_remaining: Money
    available: Money
    expires_at_height: Height
    is_live: bool
    nonce: Count


@dataclass(frozen=True, slots=True)
class KeyList:
    """The keys of an account, at most 64.

    Attributes:
        data: in the order of the keys.
        has_more: false.
        next_cursor: null.
        at_height: of the chain when it was read.
    """

    data: list[BillingKey]
    has_more: bool
    next_cursor: None
    at_height: Height


async def get_account(services: Services, asked: OfClient) -> BillingAccount:
    """What an account has, what is held of it, and the nonce of its next transaction."""
    address = asked.account
    with services.reading() as reader:
        account = reader.find_account(address) or unnamed_account(address)
        keys = [one for one in MarketReader(reader).grants_of(address) if one.is_live]
        tip = reader.tip()
    held, available = account.reserved + account.pending + account.bonds, account.balance or 0
    return BillingAccount(
        address=address_text(address),
        address_0x=format_hex_address(address),
        currency=CURRENCY,
        balance=money(available + held),
        available=money(available),
        reserved=money(held),
        pending=money(account.pending),
        bonds=money(account.bonds),
        nonce=_own_nonce(account, address),
        keys=len(keys),
        at_height=tip.height,
        at=seconds(tip.time_ms),
    )


def _own_nonce(account: AccountView, address: Address) -> int:
    return next((nonce for key, nonce in account.nonces if address_of(key) == address), 0)


async def list_keys(services: Services, asked: OfClient) -> KeyList:
    """The keys that an account has granted: their limits, what they spent and what is left."""
    with services.reading() as reader:
        found = MarketReader(reader).grants_of(asked.account)
        keys = [_key(reader, asked.account, one) for one in found]
        height = reader.tip().height
    return KeyList(keys, has_more=False, next_cursor=None, at_height=height)


def _key(reader: ChainReader, account: Address, view: GrantView) -> BillingKey:
    grant = view.grant
    return BillingKey(
        grant_id=hash_hex(grant.id),
        label=grant.label,
        public_key=hash_hex(grant.public_key),
        scopes=scope_names(grant.scopes),
        models=list(grant.models),
        currency=CURRENCY,
        limit=money(grant.total_limit),
        limit_per_transaction=money(grant.transaction_limit),
        limit_per_period=money(grant.period_limit),
        period_heights=grant.period_heights,
        spent=money(grant.spent),
        remaining=money(view.total_left),
        period_remaining=money(view.period_left),
        available=money(view.left),
        expires_at_height=grant.expires_at,
        is_live=view.is_live,
        nonce=reader.nonce(account, grant.public_key),
    )
