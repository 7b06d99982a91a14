"""Who takes part in a random run, with what money, under which parameters."""

import random
from contextlib import suppress
from dataclasses import dataclass, field, replace

from chain.checked import checked_transaction
from chain.crypto import SecretKey
from chain.errors import InvalidPayload
from chain.genesis import Genesis
from chain.parameters import Parameters
from chain.payloads import Payload, Reserve
from chain.primitives import Address, Signature
from chain.transaction import SignedTransaction, Transaction
from chain.validation import VerifiedTransaction, verify_transaction
from tests.judge.duel import Duel
from tests.judge.executor import flat_fee
from tests.judge.keys import live_grant
from tests.judge.state import Holdings, Limits
from tests.support.builders import (
    FREE,
    GENESIS_HASH,
    PRICED,
    a_genesis,
    find_validator_key,
    key_of,
)

CLIENTS = tuple(f"client {number}" for number in range(6))
MINERS = tuple(f"miner {number}" for number in range(4))
NEWCOMERS = tuple(f"newcomer {number}" for number in range(8))
GATEWAYS = tuple(f"gateway {number}" for number in range(5))

NO_SIGNATURE = Signature(bytes(64))

TIGHT = Limits(
    due_work=1,
    forget=1,
    payout_rows=5,
    idempotency_heights=15,
    grants=2,
    offers=2,
    evidence_heights=9,
)
"""Limits that runs come to."""


@dataclass
class World:
    """A duel, its people and the dice.

    Attributes:
        dice: decides everything.
        duel: both sides.
        signed: whether signatures are made and checked.
        sent: transactions tried lately, to be tried again.
        serial: makes hashes that are new.
    """

    dice: random.Random
    duel: Duel
    signed: bool
    sent: list[VerifiedTransaction] = field(default_factory=list)
    serial: int = 0

    @classmethod
    def made(cls, seed: int, *, limits: Limits | None = None, signed: bool = False) -> "World":
        """Return a world that the seed alone decides, where ``limits`` do not."""
        dice = random.Random(seed)
        count = dice.choice((1, 3, 3, 4, 6))
        duel = Duel(_genesis(dice, count), limits or Limits())
        return cls(dice=dice, duel=duel, signed=signed)

    @property
    def now(self) -> Holdings:
        """The state inside the block under way."""
        return self.duel.now

    @property
    def validators(self) -> tuple[SecretKey, ...]:
        """The keys of the validators of the block under way."""
        return tuple(find_validator_key(key) for key in sorted(self.now.validators))

    def chance(self, probability: float) -> bool:
        """Roll the dice."""
        return self.dice.random() < probability

    def fresh_hash(self) -> bytes:
        """Return 32 bytes that nothing else has."""
        self.serial += 1
        return self.dice.randbytes(28) + self.serial.to_bytes(4, "big")

    def accounts(self) -> list[SecretKey]:
        """Return the keys of everybody with an account, validators' payees among them."""
        payees = (f"payee of {key.address.hex()}" for key in self.validators)
        names = (*CLIENTS, *MINERS, *NEWCOMERS, *payees)
        return [key_of(name) for name in names if key_of(name).address in self.now.balances]

    def verified(self, transaction: Transaction) -> VerifiedTransaction:
        """Return a transaction as it comes to execution."""
        data = transaction.encode()
        if self.signed:
            # What the door refuses for its labels must be refused by execution as well.
            with suppress(InvalidPayload):
                return verify_transaction(data, genesis_hash=GENESIS_HASH)
        return checked_transaction(data, genesis_hash=GENESIS_HASH)

    def send(self, payload: Payload, *, account: Address, key: SecretKey) -> VerifiedTransaction:
        """Return a payload in an envelope that is right nine times of ten."""
        now, dice = self.now, self.dice
        nonce = now.nonces.get((account, key.public_key), 0)
        if self.chance(0.03):
            nonce = max(0, nonce + dice.choice((-1, 1, 5)))
        valid_until = now.height + dice.choice((0, 1, 5, 600))
        if self.chance(0.02):
            valid_until = max(0, now.height + dice.choice((-1, 601)))
        bare = SignedTransaction(
            sender=account,
            public_key=key.public_key,
            nonce=nonce,
            fee=0,
            valid_until=valid_until,
            payload=payload,
            signature=NO_SIGNATURE,
        )
        least = flat_fee(now, payload) + now.parameters.fee_per_byte * len(bare.encode())
        fee = least + dice.choice((0, 0, 0, 1, 7))
        if self.chance(0.03):
            fee = dice.choice((max(0, least - 1), 100 * max(1, least), 100 * max(1, least) + 1))
        whole = replace(bare, fee=fee, payload=self._to_the_limit(payload, account, key, fee))
        if self.signed:
            signature = key.sign(whole.signing_bytes(GENESIS_HASH))
            whole = replace(whole, signature=signature)
        return self.verified(whole)

    def _to_the_limit(
        self, payload: Payload, account: Address, key: SecretKey, fee: int
    ) -> Payload:
        """Return a reservation that takes all a grant leaves, or one more; often enough."""
        grant = live_grant(self.now, account, key.public_key)
        if not isinstance(payload, Reserve) or grant is None or self.chance(0.5):
            return payload
        period = self.now.height // grant.period_heights
        gone = grant.period_spent if grant.period == period else 0
        left = min(
            grant.transaction_limit, grant.period_limit - gone, grant.total_limit - grant.spent
        )
        return replace(payload, cap=max(1, left - fee + self.dice.choice((0, 0, 1))))

    def key_for(self, account: SecretKey, *, granted: float) -> SecretKey:
        """Return the account's key, or with some chance one it granted, or perhaps did not."""
        if not self.chance(granted):
            return account
        held = {one.public_key for one in self.now.grants.get(account.address, ())}
        names = [name for name in GATEWAYS if key_of(name).public_key in held]
        if not names or self.chance(0.1):
            return key_of(self.dice.choice(GATEWAYS)) if self.chance(0.2) else account
        return key_of(self.dice.choice(names))


def _genesis(dice: random.Random, validators: int) -> Genesis:
    people = {name: dice.choice((0, 2_000, 60_000, 400_000, 400_000)) for name in CLIENTS}
    people |= {name: dice.choice((0, 5_000, 50_000)) for name in MINERS[:-1]}
    people[CLIENTS[0]] = 1_000_000
    return a_genesis(
        people,
        parameters=_parameters(dice),
        validators=validators,
        treasury=dice.choice((0, 1_000)),
    )


def _parameters(dice: random.Random) -> Parameters:
    return replace(
        dice.choice((FREE, PRICED, PRICED)),
        resolve_heights=dice.choice((1, 4, 12)),
        undecided_provider_percent=dice.choice((0, 33, 50, 100)),
        payout_period=dice.choice((1, 7, 40)),
        fee_accept=15,
        fee_dispute=dice.choice((1, 25)),
        fee_grant=12,
        fee_offer=7,
        new_account_fee=dice.choice((0, 900)),
    )
