"""Builders of the things tests talk about, each with defaults that make sense together.

People have names: ``key_of("client")`` is the same key in every test. ``Chain``, in
``tests.support.chain``, makes real blocks of what is built here.
"""

# ruff: noqa: ANN401 -- builders hand fields on by name, and mypy checks the constructors they reach

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from chain.address import format_address
from chain.claim import Claim, ClaimTransaction, accept_claim, claim_of, sign_claim
from chain.claim_batch import ClaimBatch, sign_batch
from chain.crypto import SecretKey, sha256
from chain.genesis import Genesis, genesis_ledger
from chain.parameters import Parameters
from chain.payloads import Payload, Release, Reserve, Transfer
from chain.primitives import ZERO_ADDRESS, Address, Hash, PublicKey
from chain.receipt import Receipt, ReceiptBody, sign_receipt
from chain.state import Ledger
from chain.transaction import SignedTransaction, sign_transaction
from chain.validators import Validator, ValidatorSet

CHAIN_ID = "aitbc-test"
GENESIS_HASH = sha256(b"genesis of the tests")
GENESIS_TIME_MS = 1_700_000_000_000

FREE = Parameters(
    devnet=True,
    block_interval_ms=1_000,
    fee_transfer=0,
    fee_reserve=0,
    fee_claim=0,
    fee_release=0,
    fee_per_byte=0,
    new_account_fee=0,
    resolve_heights=100,
    undecided_provider_percent=50,
    payout_period=100,
    base_rates=(),
)
"""A devnet's parameters without fees, so that a test's amounts add up in the reader's head."""

PRICED = replace(
    FREE,
    devnet=False,
    fee_transfer=10,
    fee_reserve=20,
    fee_claim=30,
    fee_release=5,
    fee_per_byte=1,
    new_account_fee=1_000,
)
"""The same with fees."""

BALANCES = {"client": 1_000_000, "miner": 0, "stranger": 1_000_000}
"""Whom a genesis knows unless a test says otherwise, with base units."""


@cache
def key_of(name: str) -> SecretKey:
    """Return the key of a person of the tests; the same name gives the same key."""
    return SecretKey(seed_of(name))


def seed_of(name: str) -> bytes:
    """Return the seed of :func:`key_of`, for key files."""
    return sha256(b"key of " + name.encode())


def address_of_name(name: str) -> Address:
    """Return a person's address; ``any`` is the address that stands for any provider."""
    return ZERO_ADDRESS if name == "any" else key_of(name).address


@cache
def validator_keys(count: int = 1) -> tuple[SecretKey, ...]:
    """Return the consensus keys of ``count`` validators in the order of their set."""
    keys = (key_of(f"validator {number}") for number in range(count))
    return tuple(sorted(keys, key=lambda key: key.public_key))


@cache
def find_validator_key(public_key: PublicKey) -> SecretKey:
    """Return the key of a validator of the tests, whichever set it is in."""
    return next(key for key in validator_keys(100) if key.public_key == public_key)


def payee_of(validator: SecretKey) -> Address:
    """Return where a validator's fees go: an account that is not its consensus key's."""
    return key_of(f"payee of {validator.address.hex()}").address


@cache
def a_validator_set(count: int = 1) -> ValidatorSet:
    """Return the set of :func:`validator_keys`."""
    return ValidatorSet(
        Validator(public_key=key.public_key, name=f"v{number}", payee=payee_of(key))
        for number, key in enumerate(validator_keys(count))
    )


def a_genesis(
    balances: Mapping[str, int] | None = None,
    *,
    parameters: Parameters = FREE,
    validators: int = 1,
    treasury: int = 0,
) -> Genesis:
    """Return a genesis that gives base units to people by name."""
    people = BALANCES if balances is None else balances
    return Genesis(
        chain_id=CHAIN_ID,
        hash=GENESIS_HASH,
        time_ms=GENESIS_TIME_MS,
        parameters=parameters,
        validators=a_validator_set(validators),
        balances=tuple((key_of(name).address, amount) for name, amount in people.items()),
        treasury=treasury,
    )


def a_ledger(balances: Mapping[str, int] | None = None, **genesis: Any) -> Ledger:
    """Return the state after :func:`a_genesis`, which takes the same arguments."""
    return genesis_ledger(a_genesis(balances, **genesis))


def a_signed(
    payload: Payload,
    *,
    by: str = "client",
    account: str | None = None,
    nonce: int = 0,
    fee: int = 0,
    valid_until: int = 100,
    genesis_hash: Hash = GENESIS_HASH,
) -> SignedTransaction:
    """Return a payload in an envelope that a person signed, for ``account`` or their own."""
    return sign_transaction(
        payload,
        key=key_of(by),
        genesis_hash=genesis_hash,
        nonce=nonce,
        fee=fee,
        valid_until=valid_until,
        sender=None if account is None else key_of(account).address,
    )


def a_transfer(
    amount: int = 100, *, to: str = "miner", memo: str = "", **envelope: Any
) -> SignedTransaction:
    """Return a signed transfer; ``envelope`` goes to :func:`a_signed`."""
    return a_signed(Transfer(to=address_of_name(to), amount=amount, memo=memo), **envelope)


def a_reserve_payload(**fields: Any) -> Reserve:
    """Return a reservation's terms: one job for the miner, 300 base units, until height 50."""
    defaults: dict[str, Any] = {
        "job_id": "job-1",
        "provider": key_of("miner").address,
        "model": "llama3.2",
        "unit_type": "gpu_seconds",
        "max_rate": 200,
        "cap": 300,
        "expires_at": 50,
    }
    return Reserve(**(defaults | fields))


def a_reserve(
    *,
    by: str = "client",
    account: str | None = None,
    nonce: int = 0,
    fee: int = 0,
    valid_until: int = 100,
    genesis_hash: Hash = GENESIS_HASH,
    **fields: Any,
) -> SignedTransaction:
    """Return a signed reservation; ``fields`` go to :func:`a_reserve_payload`."""
    return a_signed(
        a_reserve_payload(**fields),
        by=by,
        account=account,
        nonce=nonce,
        fee=fee,
        valid_until=valid_until,
        genesis_hash=genesis_hash,
    )


def a_release(reservation_id: Hash, **envelope: Any) -> SignedTransaction:
    """Return a signed release; ``envelope`` goes to :func:`a_signed`."""
    return a_signed(Release(reservation_id=reservation_id), **envelope)


def a_receipt_body(
    *,
    provider: str = "miner",
    client: str = "client",
    reservation_id: Hash | None = None,
    **fields: Any,
) -> ReceiptBody:
    """Return what a receipt says: 1.5 gpu_seconds for 300 base units, two seconds of work."""
    reservation = a_reserve().id(GENESIS_HASH) if reservation_id is None else reservation_id
    defaults: dict[str, Any] = {
        "version": "2",
        "chain_id": CHAIN_ID,
        "genesis_hash": GENESIS_HASH.hex(),
        "receipt_id": "receipt-1",
        "job_id": "job-1",
        "reservation_id": reservation.hex(),
        "provider": format_address(key_of(provider).address),
        "client": format_address(key_of(client).address),
        "units": 1_500_000,
        "unit_type": "gpu_seconds",
        "price": 300,
        "model": "llama3.2",
        "started_at": 1_700_000_000,
        "completed_at": 1_700_000_002,
    }
    return ReceiptBody.model_validate(defaults | fields)


def a_receipt(*, signer: str | None = None, provider: str = "miner", **fields: Any) -> Receipt:
    """Return a receipt signed by its provider, or by ``signer``."""
    key = key_of(provider if signer is None else signer)
    return sign_receipt(a_receipt_body(provider=provider, **fields), key=key, key_id="key-1")


def a_claim(
    receipt: Receipt | None = None,
    *,
    final: bool = False,
    signer: str = "miner",
    genesis_hash: Hash = GENESIS_HASH,
    **changes: Any,
) -> ClaimTransaction:
    """Return the signed claim of a receipt; ``changes`` make it disagree with its document."""
    claim: Claim = replace(claim_of(receipt or a_receipt(), final=final), **changes)
    return sign_claim(claim, key=key_of(signer), genesis_hash=genesis_hash)


def an_accepted_claim(
    receipt: Receipt | None = None, *, by: str = "client", **claim: Any
) -> ClaimTransaction:
    """Return a claim with an acceptance; ``claim`` goes to :func:`a_claim`."""
    return accept_claim(a_claim(receipt, **claim), key=key_of(by), genesis_hash=GENESIS_HASH)


def a_batch(*receipts: Receipt, signer: str = "miner", **changes: Any) -> ClaimBatch:
    """Return the signed batch of claims of receipts; ``changes`` are made to each claim."""
    claims = [replace(claim_of(one, final=False), **changes) for one in receipts]
    return sign_batch(claims, key=key_of(signer), genesis_hash=GENESIS_HASH)
