"""Payloads about claims, keys and prices, from the words of a scenario's step or by default."""

# ruff: noqa: ANN401 -- builders hand fields on by name, and mypy checks the constructors they reach

from collections.abc import Callable, Mapping
from typing import Any

from chain.crypto import sha256
from chain.grants import ALL_SCOPES, Scope
from chain.payloads import Accept, Dispute, Payload
from chain.policy_payloads import Grant, Offer, Revoke
from chain.primitives import Hash
from chain.receipt import Receipt
from tests.support.builders import key_of

POLICY = ("grant", "revoke", "offer", "withdraw")
"""Verbs of what an account says about keys and prices."""

Options = Mapping[str, str]


def a_grant(key: str = "gate", **fields: Any) -> Grant:
    """Return a grant of every scope to a key by name: 1,000 base units in all, until height 50."""
    defaults: dict[str, Any] = {
        "label": key,
        "public_key": key_of(key).public_key,
        "scopes": int(ALL_SCOPES),
        "total_limit": 1_000,
        "transaction_limit": 1_000,
        "period_limit": 1_000,
        "period_heights": 10,
        "expires_at": 50,
    }
    return Grant(**(defaults | fields))


def an_offer(**fields: Any) -> Offer:
    """Return a line of a price list: 5 base units a gpu_second until height 50."""
    defaults: dict[str, Any] = {
        "model": "llama3.2",
        "unit_type": "gpu_seconds",
        "rate": 5,
        "capacity": 2,
        "expires_at": 50,
    }
    return Offer(**(defaults | fields))


def about_claim(verb: str, receipt: Receipt, options: Options) -> Payload:
    """Return an acceptance or dispute of a claim."""
    reservation_id = Hash(bytes.fromhex(receipt.reservation_id))
    if verb == "accept":
        amount = int(options.get("amount", receipt.price))
        return Accept(reservation_id=reservation_id, receipt_hash=receipt.hash, amount=amount)
    reason = sha256(b"the work is not what was asked for")
    return Dispute(reservation_id=reservation_id, receipt_hash=receipt.hash, reason_hash=reason)


def policy_payload(
    verb: str, name: str, options: Options, *, height: Callable[[str], int]
) -> Payload:
    """Return a payload about keys or prices; ``height`` reads a height of the table."""
    if verb == "revoke":
        return Revoke(public_key=key_of(name).public_key)
    numbers: dict[str, Any] = {}
    names = {"total": "total_limit", "each": "transaction_limit", "period": "period_limit"}
    names |= {"heights": "period_heights", "rate": "rate", "capacity": "capacity"}
    numbers |= {names[key]: int(text) for key, text in options.items() if key in names}
    expires_at = height(options.get("until", "+50"))
    if verb == "grant":
        texts = {key: options[key] for key in ("label",) if key in options}
        scopes = options.get("scopes", "reserve,accept,receipt").upper().split(",")
        models = tuple(filter(None, options.get("models", "").split(",")))
        return a_grant(
            name,
            scopes=sum(Scope[scope] for scope in scopes),
            models=models,
            expires_at=expires_at,
            **texts,
            **numbers,
        )
    unit_type = options.get("unit_type", "gpu_seconds")
    expires_at = 0 if verb == "withdraw" else expires_at
    return an_offer(model=name, unit_type=unit_type, expires_at=expires_at, **numbers)
