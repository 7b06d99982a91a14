"""The table language of the rules: one line a step, each with what must come of it.

    scenario: a receipt is paid once
      account  client 1000        account  miner 0
      reserve  R by client for miner cap 300
      receipt  C in R price 300
      claim    C by miner         -> applied
      claim    C by miner         -> UnknownReservation
      transfer client miner 701   -> InsufficientBalance
      balance  client 700         balance  miner 300

Steps on one line stand two spaces or more apart; ``#`` begins a comment; without an arrow a step
must be applied. Steps between ``block`` and ``end`` share one block; every
other step that is applied is a block of its own, and one that is refused makes none.

    validators N · account WHO AMOUNT · treasury AMOUNT · rule NAME NUMBER       before all others
    transfer FROM TO AMOUNT
    reserve NAME by WHO for WHO|any cap N [rate N] [job J] [jobs N] [until H] [window N] [key K]
    receipt NAME in RESERVATION price N [units MICRO] [job J] [provider WHO] [client WHO] [model M]
    claim NAME by WHO [key WHO] [accepted WHO] [final yes]
    release RESERVATION by WHO
        any of these four: [fee N] [nonce N] [valid H]; without a fee they pay the least
    blocks N · until H                                                           empty blocks
    balance WHO N · holds treasury N · earned N · height N · nonce WHO N          what must hold
    state RESERVATION open|closing|gone · left RESERVATION N · pending RESERVATION N

A height is a number, or ``+N`` for so many above the chain's.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chain.claim import accept_claim
from chain.crypto import sha256
from chain.errors import ChainError
from chain.payloads import Payload, Release, Transfer
from chain.primitives import MICRO_UNITS, ZERO_HASH, Hash
from chain.receipt import Receipt
from chain.records import ReservationRecord
from chain.transaction import SignedTransaction, Transaction
from tests.support.builders import (
    FREE,
    a_claim,
    a_genesis,
    a_receipt,
    a_reserve_payload,
    a_signed,
    address_of_name,
    key_of,
    payee_of,
)
from tests.support.chain import Chain

VERBS = (
    *("validators", "account", "treasury", "rule", "block", "end", "blocks", "until"),
    *("transfer", "reserve", "receipt", "claim", "release"),
    *("balance", "holds", "earned", "height", "nonce", "state", "left", "pending"),
)
NEXT_STEP = re.compile(rf"\s{{2,}}(?=(?:{'|'.join(VERBS)})(?:\s|$))")


@dataclass(frozen=True)
class Step:
    """One step of a table.

    Attributes:
        line: its line inside the table, from 1.
        words: the verb and what follows it.
        expected: ``applied``, or the name of the error.
    """

    line: int
    words: tuple[str, ...]
    expected: str

    def options(self, start: int) -> dict[str, str]:
        """Return the words from ``start`` on as pairs of a name and its value."""
        rest = self.words[start:]
        assert len(rest) % 2 == 0, f"odd words in {self}"
        return dict(zip(rest[::2], rest[1::2], strict=True))

    def __str__(self) -> str:
        """Return the step as it was written."""
        return f"line {self.line}: {' '.join(self.words)} -> {self.expected}"


@dataclass(frozen=True)
class Scenario:
    """A named table of steps."""

    name: str
    steps: tuple[Step, ...]

    def run(self) -> None:
        """Play every step on a chain of its own."""
        stage = Stage()
        for step in self.steps:
            try:
                stage.play(step)
            except AssertionError as error:
                error.add_note(str(step))
                raise
        assert not stage.together, "a block has no end"


def read_scenarios(text: str) -> list[Scenario]:
    """Return the scenarios of a text, in order."""
    scenarios = []
    for part in re.split(r"^\s*scenario:", text, flags=re.MULTILINE)[1:]:
        name, _, body = part.partition("\n")
        scenarios.append(Scenario(name.strip(), tuple(_read_steps(body))))
    return scenarios


def _read_steps(body: str) -> Iterator[Step]:
    for number, line in enumerate(body.splitlines(), start=1):
        text, _, expected = line.partition("#")[0].partition("->")
        parts = [part.split() for part in NEXT_STEP.split(text.strip()) if part]
        for position, words in enumerate(parts, start=1):
            last = expected.strip() if position == len(parts) else ""
            yield Step(number, tuple(words), last or "applied")


def play_scenarios(text: str) -> pytest.MarkDecorator:
    """Return the decorator of a test that runs once for each scenario of ``text``."""
    return pytest.mark.parametrize(
        "scenario", [pytest.param(one, id=one.name) for one in read_scenarios(text)]
    )


@dataclass
class Stage:
    """What a scenario has made so far.

    Attributes:
        genesis: number of validators and base units of the treasury, where stated.
        people: base units by name.
        rules: parameters that differ from ``FREE``.
        reservations: ids by the names of the table.
        jobs: job ids by the names of their reservations.
        receipts: documents by name.
        together: transactions that wait for the end of their block; None outside one.
        made: the chain, once a step has needed it.
    """

    genesis: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    rules: dict[str, int] = field(default_factory=dict)
    reservations: dict[str, Hash] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    together: list[Transaction] | None = None
    made: Chain | None = None

    @property
    def chain(self) -> Chain:
        """The chain, made when the first step needs it."""
        if self.made is None:
            parameters = replace(FREE, **self.rules)  # type: ignore[arg-type]  # all are numbers
            self.made = Chain(a_genesis(self.people, parameters=parameters, **self.genesis))
        return self.made

    def play(self, step: Step) -> None:
        """Play one step."""
        verbs: dict[str, Callable[[Step], None]] = {
            "validators": self._prepare,
            "treasury": self._prepare,
            "account": self._prepare,
            "rule": self._prepare,
            "receipt": self._make_receipt,
            "block": self._begin_block,
            "end": self._end_block,
            "blocks": self._make_blocks,
            "until": self._make_blocks,
        }
        verb = step.words[0]
        if verb in verbs:
            verbs[verb](step)
        elif verb in ("transfer", "reserve", "claim", "release"):
            self._submit(step)
        else:
            self._check_fact(step)

    def _prepare(self, step: Step) -> None:
        assert self.made is None, "the chain has begun"
        match step.words:
            case ("account", who, amount):
                self.people[who] = int(amount)
            case ("rule", name, number):
                self.rules[name] = int(number)
            case (name, number):
                self.genesis[name] = int(number)

    def _begin_block(self, step: Step) -> None:
        assert self.together is None, f"{step} inside a block"
        self.together = []

    def _end_block(self, step: Step) -> None:
        assert self.together is not None, f"{step} without a block"
        transactions, self.together = self.together, None
        self.chain.block(*transactions)

    def _make_blocks(self, step: Step) -> None:
        number = int(step.words[1])
        self.chain.blocks_until(number if step.words[0] == "until" else self.chain.height + number)

    def _height(self, text: str) -> int:
        return self.chain.height + int(text) if text.startswith("+") else int(text)

    def _submit(self, step: Step) -> None:
        """Make the step's transaction and see what becomes of it."""
        if self.together is not None:
            self.together.append(self._transaction(step))
            return
        transaction = self._transaction(step)
        before = dict(self.chain.ledger.records)
        fault = self._find_fault(transaction)
        assert type(fault).__name__ == step.expected or fault is None, f"{step}: {fault}"
        assert self.chain.ledger.records == before, "a step on a draft changed the state"
        if fault is None:
            assert step.expected == "applied", f"{step}: it was applied"
            self.chain.block(transaction)

    def _find_fault(self, transaction: Transaction) -> ChainError | None:
        try:
            self.chain.try_transaction(transaction)
        except ChainError as error:
            return error
        return None

    def _transaction(self, step: Step) -> Transaction:
        match step.words:
            case ("transfer", sender, to, amount, *_):
                payload = Transfer(to=address_of_name(to), amount=int(amount))
                return self._sign(payload, by=sender, options=step.options(4))
            case ("reserve", name, "by", client, "for", provider, *_):
                return self._reserve(name, client, provider, step.options(6))
            case ("release", name, "by", who, *_):
                release = Release(reservation_id=self.reservations[name])
                return self._sign(release, by=who, options=step.options(4))
            case ("claim", name, "by", signer, *_):
                return self._claim(self.receipts[name], signer, step.options(4))
        pytest.fail(f"no such step: {step}")

    def _sign(self, payload: Payload, *, by: str, options: dict[str, str]) -> SignedTransaction:
        waiting = sum(_is_from(one, by) for one in self.together or ())
        signed = a_signed(payload, by=by)
        least = self.chain.genesis.parameters.minimum_fee(
            payload.kind, size_bytes=len(signed.encode())
        )
        return a_signed(
            payload,
            by=by,
            nonce=int(options.get("nonce", self.chain.nonce(by) + waiting)),
            fee=int(options.get("fee", least)),
            valid_until=self._height(options.get("valid", "+100")),
        )

    def _reserve(
        self, name: str, client: str, provider: str, options: dict[str, str]
    ) -> SignedTransaction:
        job = options.get("job", name)
        payload = a_reserve_payload(
            job_id=job,
            provider=address_of_name(provider),
            cap=int(options["cap"]),
            max_rate=int(options.get("rate", str(MICRO_UNITS))),
            jobs_max=int(options.get("jobs", "1")),
            expires_at=self._height(options.get("until", "+50")),
            dispute_window=int(options.get("window", "0")),
            idempotency_key_hash=sha256(options["key"].encode()) if "key" in options else ZERO_HASH,
            **{key: options[key] for key in ("model", "unit_type") if key in options},
        )
        transaction = self._sign(payload, by=client, options=options)
        self.reservations[name] = transaction.id(self.chain.genesis.hash)
        self.jobs[name] = job
        return transaction

    def _make_receipt(self, step: Step) -> None:
        """Sign a document; without units it asks for its ceiling at a rate of 1 a micro-unit."""
        name, reservation = step.words[1], step.words[3]
        options = step.options(4)
        fields: dict[str, Any] = {
            "receipt_id": name,
            "reservation_id": self.reservations[reservation],
            "job_id": options.get("job", self.jobs[reservation]),
            "price": int(options["price"]),
            "units": int(options.get("units", options["price"])),
        }
        texts = ("provider", "client", "model", "unit_type")
        fields |= {key: options[key] for key in texts if key in options}
        self.receipts[name] = self.chain.keep(a_receipt(**fields))

    def _claim(self, receipt: Receipt, signer: str, options: dict[str, str]) -> Transaction:
        changes: dict[str, Any] = {}
        if "key" in options:
            changes["public_key"] = key_of(options["key"]).public_key
        claim = a_claim(receipt, signer=signer, final="final" in options, **changes)
        if "accepted" not in options:
            return claim
        accepter = key_of(options["accepted"])
        return accept_claim(claim, key=accepter, genesis_hash=self.chain.genesis.hash)

    def _check_fact(self, step: Step) -> None:
        """Compare a fact about the chain with what the table says."""
        verb, subject, stated = (*step.words, "")[:3]
        facts: dict[str, Callable[[], object]] = {
            "balance": lambda: self.chain.balance(subject),
            "nonce": lambda: self.chain.nonce(subject),
            "holds": lambda: self.chain.treasury,
            "state": lambda: self._life_of(subject),
            "left": lambda: self._money(subject)[0],
            "pending": lambda: self._money(subject)[1],
            "height": lambda: self.chain.height,
            "earned": lambda: sum(map(self.chain.balance, map(payee_of, self.chain.validators))),
        }
        assert verb in facts, f"no such step: {step}"
        assert str(facts[verb]()) == (stated or subject), step

    def _record(self, name: str) -> ReservationRecord | None:
        return self.chain.find_reservation(self.reservations[name])

    def _money(self, name: str) -> tuple[int, int]:
        record = self._record(name)
        return (0, 0) if record is None else (record.left, record.pending)

    def _life_of(self, name: str) -> str:
        record = self._record(name)
        return "gone" if record is None else ("closing" if record.closing else "open")


def _is_from(transaction: Transaction, who: str) -> bool:
    return isinstance(transaction, SignedTransaction) and transaction.sender == key_of(who).address
