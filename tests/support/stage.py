"""Playing a scenario's steps: what they make, submit and find on a chain of their own."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chain.approval import ApprovedTransaction, Decision, NewParameters, Resolution, approve
from chain.claim import accept_claim
from chain.crypto import sha256
from chain.errors import ChainError
from chain.payloads import Payload, Release, Transfer
from chain.primitives import MICRO_UNITS, ZERO_HASH, Hash
from chain.receipt import Receipt
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
)
from tests.support.chain import Chain
from tests.support.evidence import an_evidence
from tests.support.facts import check_fact, find_dispute
from tests.support.policy import POLICY, about_claim, policy_payload
from tests.support.seats import coming, new_validators
from tests.support.steps import Step

SUBMITTED = (
    *("transfer", "reserve", "claim", "release", "accept", "dispute", "resolve", "change", "seats"),
    *POLICY,
)
"""Verbs whose steps are transactions."""


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
            "caught": self._catch,
            "until": self._make_blocks,
        }
        verb = step.words[0]
        if verb in verbs:
            verbs[verb](step)
        elif verb in SUBMITTED:
            self._submit(step)
        else:
            check_fact(self, step)

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

    def _catch(self, step: Step) -> None:
        """Make a block with evidence against a validator, or see why it would be invalid."""
        options = {name: int(text) for name, text in step.options(2).items()}
        evidence = an_evidence(
            int(step.words[1]), height=options["height"], round_=options.get("round", 0)
        )
        said = "applied"
        try:
            self.chain.block(evidence=[evidence])
        except ChainError as error:
            said = type(error).__name__
        assert said == step.expected, f"{step}: {said}"

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
                transfer = Transfer(to=address_of_name(to), amount=int(amount))
                return self._sign(transfer, by=sender, options=step.options(4))
            case ("reserve", name, "by", client, "for", provider, *_):
                return self._reserve(name, client, provider, step.options(6))
            case ("release", name, "by", who, *_):
                release = Release(reservation_id=self.reservations[name])
                return self._sign(release, by=who, options=step.options(4))
            case ("resolve" | "change" | "seats", *_):
                return self._decide(step)
            case ("accept" | "dispute" as verb, name, "by", who, *_):
                payload = about_claim(verb, self.receipts[name], step.options(4))
                return self._sign(payload, by=who, options=step.options(4))
            case (verb, name, "by", who, *_) if verb in POLICY:
                payload = policy_payload(verb, name, step.options(4), height=self._height)
                return self._sign(payload, by=who, options=step.options(4))
            case ("claim", name, "by", signer, *_):
                return self._claim(self.receipts[name], signer, step.options(4))
        pytest.fail(f"no such step: {step}")

    def _sign(self, payload: Payload, *, by: str, options: dict[str, str]) -> SignedTransaction:
        account = options.get("account", by)
        waiting = sum(_is_from(one, by, account) for one in self.together or ())
        signed = a_signed(payload, by=by)
        least = self.chain.ledger.parameters.minimum_fee(
            payload.kind, size_bytes=len(signed.encode())
        )
        return a_signed(
            payload,
            by=by,
            account=account,
            nonce=int(options.get("nonce", self.chain.nonce(by, account) + waiting)),
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
        texts = ("provider", "client", "model", "unit_type", "signer")
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

    def _decide(self, step: Step) -> ApprovedTransaction:
        """Let the first validators of the set approve, all of them unless the step says."""
        options = step.options({"resolve": 4, "change": 3, "seats": 1}[step.words[0]])
        decision: Decision | None = None
        match step.words:
            case ("resolve", name, "to", amount, *_):
                receipt = self.receipts[name]
                found = find_dispute(self.chain.ledger, receipt)
                decision = Resolution(
                    reservation_id=Hash(bytes.fromhex(receipt.reservation_id)),
                    receipt_hash=receipt.hash,
                    opened_at=int(options.get("opened", found.opened_at if found else 0)),
                    provider_amount=int(amount),
                )
            case ("change", name, number, *_):
                now = self.chain.ledger.parameters
                version = int(options.get("version", now.version + 1))
                changes: dict[str, Any] = {name: int(number), "version": version}
                decision = NewParameters(replace(now, **changes))
            case ("seats", *_):
                decision = new_validators(
                    int(options.get("version", coming(self.chain.ledger).version + 1)),
                    join=map(int, options["join"].split(",")) if "join" in options else (),
                    leave=map(int, options["leave"].split(",")) if "leave" in options else (),
                    until=self._height(options.get("until", "+100")),
                )
        assert decision is not None, step
        count = int(options.get("approvals", len(self.chain.validators)))
        keys = self.chain.validators[:count]
        return approve(decision, keys=keys, genesis_hash=self.chain.genesis.hash)


def _is_from(transaction: Transaction, who: str, account: str) -> bool:
    return isinstance(transaction, SignedTransaction) and (
        (transaction.sender, transaction.public_key)
        == (key_of(account).address, key_of(who).public_key)
    )
