"""The facts of a scenario's chain, and what a table says about them."""

from collections.abc import Callable, Mapping
from typing import Protocol

from chain.policy_records import DisputeRecord, GrantsRecord, OffersRecord, PeriodRecord
from chain.primitives import Hash
from chain.receipt import Receipt
from chain.records import (
    PERIOD_KEY,
    ReservationRecord,
    dispute_key,
    former_key,
    grants_key,
    offers_key,
)
from chain.state import Ledger
from tests.support.builders import key_of, payee_of
from tests.support.chain import Chain
from tests.support.seats import numbers_of, seat_key, tombs
from tests.support.steps import Step


class Scene(Protocol):
    """What a stage shows of itself."""

    reservations: dict[str, Hash]
    receipts: dict[str, Receipt]

    @property
    def chain(self) -> Chain:
        """The chain."""


def check_fact(scene: Scene, step: Step) -> None:
    """Compare a fact about the chain with what the table says."""
    verb, subject, stated = (*step.words, "")[:3]
    facts = {**_money(scene, subject), **_rules(scene, subject)}
    assert verb in facts, f"no such step: {step}"
    assert str(facts[verb]()) == (stated or subject), f"{step}: it is {facts[verb]()}"


def _money(scene: Scene, subject: str) -> Mapping[str, Callable[[], object]]:
    chain = scene.chain
    return {
        "balance": lambda: chain.balance(subject),
        "nonce": lambda: chain.nonce(subject),
        "holds": lambda: chain.treasury,
        "state": lambda: _life_of(_reservation(scene, subject)),
        "left": lambda: _amounts(_reservation(scene, subject))[0],
        "pending": lambda: _amounts(_reservation(scene, subject))[1],
        "height": lambda: chain.height,
        "earned": lambda: sum(map(chain.balance, map(payee_of, chain.validators))),
        "status": lambda: _status(scene, subject),
        "bond": lambda: _bond(scene, subject),
    }


def _rules(scene: Scene, subject: str) -> Mapping[str, Callable[[], object]]:
    ledger = scene.chain.ledger
    return {
        "used": lambda: _used(ledger, subject),
        "grants": lambda: _count(ledger, grants_key(key_of(subject).address)),
        "offers": lambda: _count(ledger, offers_key(key_of(subject).address)),
        "rows": lambda: _period(ledger).count,
        "period": lambda: _period(ledger).period,
        "version": lambda: ledger.parameters.version,
        "voting": lambda: ",".join(map(str, numbers_of(ledger.validators))),
        "tombs": lambda: ",".join(map(str, tombs(ledger))),
        "former": lambda: _has_left(ledger, subject),
        "coming": lambda: ",".join(map(str, numbers_of(ledger.next_validators))),
        "ruling": lambda: getattr(ledger.parameters, subject),
    }


def find_dispute(ledger: Ledger, receipt: Receipt) -> DisputeRecord | None:
    """Return the open dispute of a receipt's claim, or None."""
    reservation_id = Hash(bytes.fromhex(receipt.reservation_id))
    record = ledger.records.get(dispute_key(reservation_id, receipt.hash))
    assert record is None or isinstance(record, DisputeRecord)
    return record


def _reservation(scene: Scene, name: str) -> ReservationRecord | None:
    return scene.chain.find_reservation(scene.reservations[name])


def _amounts(record: ReservationRecord | None) -> tuple[int, int]:
    return (0, 0) if record is None else (record.left, record.pending)


def _life_of(record: ReservationRecord | None) -> str:
    return "gone" if record is None else ("closing" if record.closing else "open")


def _status(scene: Scene, name: str) -> str:
    receipt = scene.receipts[name]
    record = scene.chain.find_reservation(Hash(bytes.fromhex(receipt.reservation_id)))
    claim = record.find_claim(receipt.hash) if record else None
    return "gone" if claim is None else claim.status.name.lower()


def _bond(scene: Scene, name: str) -> int:
    dispute = find_dispute(scene.chain.ledger, scene.receipts[name])
    return 0 if dispute is None else dispute.bond


def _used(ledger: Ledger, name: str) -> int:
    """Return what a key has spent of its total limit, in whichever account granted it."""
    granted = [one for one in ledger.records.values() if isinstance(one, GrantsRecord)]
    key = key_of(name).public_key
    return sum(one.spent for record in granted for one in record.grants if one.public_key == key)


def _has_left(ledger: Ledger, number: str) -> str:
    return "yes" if former_key(seat_key(int(number)).public_key) in ledger.records else "no"


def _count(ledger: Ledger, key: bytes) -> int:
    record = ledger.records.get(key)
    if isinstance(record, GrantsRecord):
        return len(record.grants)
    return len(record.offers) if isinstance(record, OffersRecord) else 0


def _period(ledger: Ledger) -> PeriodRecord:
    record = ledger.records.get(PERIOD_KEY)
    assert record is None or isinstance(record, PeriodRecord)
    return record or PeriodRecord(period=0, count=0)
