"""Accounts, a genesis that gives them money, and transfers signed before anything is timed."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from chain.address import format_address
from chain.crypto import SecretKey
from chain.kind import Kind
from chain.parameters import Parameters
from chain.payloads import Transfer
from chain.primitives import Address, Hash
from chain.transaction import SignedTransaction, sign_transaction
from genesis.make import DEVNET_TREASURY, development_key, development_validators, make_document

BALANCE = 100_000_000
"""Base units of each account: enough for every fee of a run."""

SEED = 20_260_101
"""Of whom pays whom; the same numbers give the same blocks."""


@cache
def account_key(index: int) -> SecretKey:
    """Return the key of one of the accounts; everybody can derive it."""
    return development_key(f"bench-{index}")


def genesis_document(*, validators: int, accounts: int) -> dict[str, Any]:
    """Return a genesis document in which the accounts have money."""
    return make_document(
        chain_id="aitbc-bench",
        time_ms=0,
        validators=[
            (name, key.public_key.hex(), format_address(key.address))
            for name, key in development_validators(validators)
        ],
        accounts=[
            (format_address(account_key(index).address), BALANCE) for index in range(accounts)
        ],
        treasury=DEVNET_TREASURY,
        devnet=True,
    )


def transfer_fee(parameters: Parameters) -> int:
    """Return the least fee of a transfer without a memo, in base units."""
    envelope = 2 + 20 + 32 + 3 * 8 + 64
    size = envelope + len(Transfer(to=Address(bytes(20)), amount=1).encode())
    return parameters.minimum_fee(Kind.TRANSFER, size_bytes=size)


@dataclass
class Payers:
    """Signs transfers of many accounts, each with its nonces in order.

    Attributes:
        keys: whose accounts pay.
        genesis_hash: of their chain.
        fee: base units of each transfer.
        valid_until: last height of each transfer.
    """

    keys: Sequence[SecretKey]
    genesis_hash: Hash
    fee: int
    valid_until: int
    _nonces: dict[int, int] = field(default_factory=dict)
    _random: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - play

    def sign(self, payer: int, *, to: Address, amount: int = 1) -> SignedTransaction:
        """Return the next transfer of one account."""
        nonce = self._nonces.get(payer, 0)
        self._nonces[payer] = nonce + 1
        return sign_transaction(
            Transfer(to=to, amount=amount),
            key=self.keys[payer],
            genesis_hash=self.genesis_hash,
            nonce=nonce,
            fee=self.fee,
            valid_until=self.valid_until,
        )

    def between(self, payers: Sequence[int]) -> Iterator[SignedTransaction]:
        """Yield a transfer of each of these accounts to some other account."""
        for payer in payers:
            step = self._random.randrange(1, len(self.keys))
            yield self.sign(payer, to=self.keys[(payer + step) % len(self.keys)].address)


def signed_transfers(keys: Sequence[SecretKey], genesis_hash: Hash) -> list[SignedTransaction]:
    """Return one transfer of each account to another one, without a fee."""
    payers = Payers(keys=keys, genesis_hash=genesis_hash, fee=0, valid_until=1)
    return list(payers.between(range(len(keys))))
