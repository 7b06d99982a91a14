"""A market at work: accounts that pay each other, clients that reserve, miners that claim.

The same height gives the same transactions on the same chain, so a chain that was left half made
is gone on with. What a block holds is signed anew and goes through the node's own executor and
writer; only signatures of our own making are not checked again.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from chain.address import format_address
from chain.certificate import Certificate, VoteKind, vote_signing_bytes
from chain.checked import checked_transaction
from chain.claim import claim_of, sign_claim
from chain.crypto import SecretKey
from chain.execution import ExecutedBlock
from chain.genesis import Genesis
from chain.kind import Kind
from chain.payloads import Payload, Reserve, Transfer
from chain.primitives import Hash
from chain.proposal import build_block
from chain.receipt import Receipt, ReceiptBody, sign_receipt
from chain.records import nonce_key
from chain.state import Ledger
from chain.store.writer import ChainWriter
from chain.transaction import SignedTransaction, sign_transaction
from chain.validation import VerifiedTransaction
from genesis.make import DEVNET_TREASURY, development_key, development_validators, make_document
from scripts.benchmarks.workload import account_key

START_MS = 1_767_225_600_000
BLOCK_MS = 60_000
"""Of the chain's clock, so that two thousand blocks are more than a day."""

VALIDATORS = 4
CLIENTS, MINERS = 4, 4
MODELS = ("llama3.2", "codellama", "qwen3", "stable-diffusion")
UNIT_TYPE = "gpu_seconds"
CLAIMS = 4
"""Claims of each reservation; the last one ends it."""

PRICE, RATE, UNITS_MICRO = 300_000, 2_000_000, 1_500_000
BALANCE, WEALTH = 1_000_000_000, 1_000_000_000_000
"""Base units of those who pay each other, and of clients."""

WINDOWS = (0, 0, 0, 20)
"""Dispute windows, by turns: every fourth reservation makes its claims wait."""

PAYOUT_PERIOD = 2
VALID_FOR, EXPIRES_AFTER = 100, 500


def client_key(index: int) -> SecretKey:
    """Return the key of a client."""
    return development_key(f"bench-client-{index}")


def miner_key(index: int) -> SecretKey:
    """Return the key of a miner."""
    return development_key(f"bench-miner-{index}")


def trade_genesis(*, accounts: int) -> dict[str, Any]:
    """Return the genesis document of a market with so many accounts beside clients and miners."""
    rich = [(client_key(index), WEALTH) for index in range(CLIENTS)]
    rich += [(miner_key(index), BALANCE) for index in range(MINERS)]
    rich += [(account_key(index), BALANCE) for index in range(accounts)]
    document = make_document(
        chain_id="aitbc-bench",
        time_ms=START_MS,
        validators=[
            (name, key.public_key.hex(), format_address(key.address))
            for name, key in development_validators(VALIDATORS)
        ],
        accounts=[(format_address(key.address), balance) for key, balance in rich],
        treasury=DEVNET_TREASURY,
        devnet=True,
    )
    document["parameters"]["payout_period"] = PAYOUT_PERIOD
    return document


@dataclass(frozen=True)
class Deal:
    """A reservation that waits for its claims.

    Attributes:
        reservation_id: 32 bytes.
        number: counts the reservations of a block.
        height: of that block.
    """

    reservation_id: Hash
    number: int
    height: int


@dataclass
class _Waiting:
    """What the next block is made of: all a proposer asks of a mempool."""

    transactions: list[VerifiedTransaction]
    receipts: dict[Hash, Receipt]

    def candidates(self) -> list[VerifiedTransaction]:
        """Return what waits."""
        return self.transactions

    def find_receipt(self, sidecar_id: Hash) -> Receipt | None:
        """Return a document, or None."""
        return self.receipts.get(sidecar_id)


@dataclass
class Market:
    """The chain's only maker: proposer, validators and everybody who trades on it.

    Attributes:
        genesis: what it began with.
        writer: where its blocks go.
        ledger: the final state.
        last_commit: the tip's certificate; None before the first block.
        accounts: how many pay each other.
        open: reservations of the last block.
    """

    genesis: Genesis
    writer: ChainWriter
    ledger: Ledger
    last_commit: Certificate | None
    accounts: int
    open: list[Deal] = field(default_factory=list)
    _nonces: dict[bytes, int] = field(default_factory=dict)

    @classmethod
    def on(cls, writer: ChainWriter, genesis: Genesis, *, accounts: int) -> "Market":
        """Go on with what a database holds."""
        last_commit = writer.last_certificate()
        return cls(genesis, writer, writer.load_ledger(), last_commit, accounts)

    def make_block(self, *, transfers: int, deals: int) -> ExecutedBlock:
        """Make and store a block: transfers, reservations, and the claims of those before."""
        self._nonces.clear()
        height = self.ledger.height + 1
        dice = random.Random(height)  # noqa: S311 - a repeatable workload, no secret
        waiting = _Waiting([], {})
        for claim, receipt in self._claims():
            waiting.transactions.append(claim)
            waiting.receipts[receipt.sidecar_id] = receipt
        for payer in dice.sample(range(self.accounts), transfers):
            to = account_key(dice.randrange(self.accounts)).address
            key = account_key(payer)
            if to != key.address:
                payload = Transfer(to=to, amount=1)
                waiting.transactions.append(self._check(self._sign(payload, key)))
        self.open = []
        for number in range(deals):
            reserve = self._check(self._reserve(number, height))
            waiting.transactions.append(reserve)
            self.open.append(Deal(reserve.id, number, height))
        return self._store(waiting)

    def _sign(self, payload: Payload, key: SecretKey) -> SignedTransaction:
        """Sign the next transaction of an account, with the least fee."""
        place = nonce_key(key.address, key.public_key)
        known = self.ledger.records.get(place, 0)
        assert isinstance(known, int)
        nonce = self._nonces.get(place, known)
        self._nonces[place] = nonce + 1
        size_bytes = 2 + 20 + 32 + 3 * 8 + 64 + len(payload.encode())
        kind = Kind.TRANSFER if isinstance(payload, Transfer) else Kind.RESERVE
        return sign_transaction(
            payload,
            key=key,
            genesis_hash=self.genesis.hash,
            nonce=nonce,
            fee=self.genesis.parameters.minimum_fee(kind, size_bytes=size_bytes),
            valid_until=self.ledger.height + VALID_FOR,
        )

    def _check(self, transaction: SignedTransaction) -> VerifiedTransaction:
        return checked_transaction(transaction.encode(), genesis_hash=self.genesis.hash)

    def _reserve(self, number: int, height: int) -> SignedTransaction:
        payload = Reserve(
            job_id=f"session-{height}-{number}",
            provider=_miner(number).address,
            model="",
            unit_type=UNIT_TYPE,
            max_rate=RATE,
            cap=CLAIMS * PRICE,
            jobs_max=CLAIMS,
            expires_at=height + EXPIRES_AFTER,
            dispute_window=WINDOWS[number // MINERS % len(WINDOWS)],
        )
        return self._sign(payload, _client(number))

    def _claims(self) -> Iterator[tuple[VerifiedTransaction, Receipt]]:
        """Yield the claims of the last block's reservations, with their documents."""
        for deal in self.open:
            for job in range(CLAIMS):
                key, receipt = _miner(deal.number), self._receipt(deal, job)
                claim = claim_of(receipt, final=job == CLAIMS - 1)
                signed = sign_claim(claim, key=key, genesis_hash=self.genesis.hash)
                data = signed.encode()
                yield checked_transaction(data, genesis_hash=self.genesis.hash), receipt

    def _receipt(self, deal: Deal, job: int) -> Receipt:
        name, second = f"{deal.height}-{deal.number}-{job}", self.ledger.tip_time_ms // 1_000
        body = ReceiptBody.model_validate(
            {
                "version": "2",
                "chain_id": self.genesis.chain_id,
                "genesis_hash": self.genesis.hash.hex(),
                "receipt_id": f"receipt-{name}",
                "job_id": f"job-{name}",
                "reservation_id": deal.reservation_id.hex(),
                "provider": format_address(_miner(deal.number).address),
                "client": format_address(_client(deal.number).address),
                "units": UNITS_MICRO,
                "unit_type": UNIT_TYPE,
                "price": PRICE,
                "model": MODELS[(deal.number + job) % len(MODELS)],
                "started_at": second,
                "completed_at": second + 2,
            }
        )
        return sign_receipt(body, key=_miner(deal.number), key_id="bench-1")

    def _store(self, waiting: _Waiting) -> ExecutedBlock:
        ledger = self.ledger
        validators = _validator_keys(self.genesis)
        turn = ledger.validators.proposer_index(height=ledger.height + 1, round_=0)
        executed = build_block(
            ledger,
            waiting,
            proposer=validators[turn].public_key,
            time_ms=ledger.tip_time_ms + BLOCK_MS,
            last_commit=self.last_commit,
        )
        assert len(executed.outcomes) == len(waiting.transactions), "something was left out"
        certificate = _certify(ledger, executed.hash, validators)
        self.writer.commit(executed, certificate)
        header = executed.block.header
        ledger.advance(
            executed.state,
            executed.update,
            height=header.height,
            tip_hash=executed.hash,
            tip_time_ms=header.time_ms,
        )
        self.last_commit = certificate
        return executed


def _client(number: int) -> SecretKey:
    return client_key(number % CLIENTS)


def _miner(number: int) -> SecretKey:
    return miner_key(number // CLIENTS % MINERS)


def _validator_keys(genesis: Genesis) -> list[SecretKey]:
    keys = {key.public_key: key for _, key in development_validators(VALIDATORS)}
    return [keys[one.public_key] for one in genesis.validators]


def _certify(ledger: Ledger, block_hash: Hash, keys: list[SecretKey]) -> Certificate:
    height = ledger.height + 1
    message = vote_signing_bytes(
        VoteKind.PRECOMMIT, ledger.genesis_hash, height=height, round_=0, block_hash=block_hash
    )
    return Certificate(
        kind=VoteKind.PRECOMMIT,
        height=height,
        round=0,
        block_hash=block_hash,
        validators_hash=ledger.validators.hash,
        signatures=tuple((index, key.sign(message)) for index, key in enumerate(keys)),
    )
