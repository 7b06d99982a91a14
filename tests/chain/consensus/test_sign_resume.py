"""The record that a program starts with is gone on from only where the validators signed it."""

from dataclasses import replace

import pytest

from chain.certificate import Certificate
from chain.consensus.events import Broadcast, Persist, Restore
from chain.consensus.messages import SignedMessage
from chain.consensus.sign_resume import read_record
from chain.consensus.sign_state import SignRecord
from chain.errors import StoreError
from chain.primitives import Signature
from tests.support.consensus import a_certificate
from tests.support.subject import HEIGHT, PRECOMMIT, PREVOTE, Subject, block


def a_record() -> SignRecord:
    """Return the record of validator 1, which is locked on A at height 4."""
    subject = Subject(1).start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 2)
    persist = subject.of(Persist)[-1]
    assert isinstance(persist, Persist)
    return read_record(persist.record)


def resumed(record: SignRecord) -> Subject:
    """Return validator 1 after it has begun height 4 from a record."""
    subject = Subject(1)
    subject.give(Restore(record.encode()))
    return subject.start()


def a_polka(**changes: object) -> Certificate:
    """Return the polka of A, or one that is not what it should be."""
    fields = {"kind": PREVOTE, "height": HEIGHT, "block_hash": block("A")} | changes
    return a_certificate(**fields)  # type: ignore[arg-type]  # named by the tests


def test_record_that_the_validators_signed_is_gone_on_from() -> None:
    record = a_record()
    assert record.locked is not None
    assert resumed(record).said() == ["polka 0 A", "prevote 0 A", "precommit 0 A"]
    assert resumed(replace(record, polkas=(a_polka(),))).said() != []


@pytest.mark.parametrize(
    "polka",
    [
        a_polka(signers=(0, 1)),
        a_polka(kind=PRECOMMIT),
        a_polka(count=5, signers=(0, 1, 2, 3)),
        a_polka(height=HEIGHT - 1),
        replace(a_polka(), signatures=tuple((each, Signature(bytes(64))) for each in (0, 1, 2))),
    ],
    ids=["too few", "another kind", "another set", "another height", "forged"],
)
def test_polka_that_is_none_stops_the_node(polka: Certificate) -> None:
    with pytest.raises(StoreError, match=r"never signed .*without its record"):
        resumed(replace(a_record(), polkas=(polka,)))


def test_own_messages_in_the_seat_of_another_stop_the_node() -> None:
    def moved(message: SignedMessage) -> SignedMessage:
        return replace(message, index=2)

    record = a_record()
    record = replace(record, messages=tuple(map(moved, record.messages)))
    with pytest.raises(StoreError, match="another validator's seat"):
        resumed(record)


def test_forged_record_of_an_earlier_height_only_guards() -> None:
    record = replace(a_record(), polkas=(a_polka(signers=(0, 1)),))
    subject = Subject(1)
    subject.give(Restore(record.encode()))
    subject.start(height=HEIGHT + 1)
    assert subject.of(Broadcast) == []


def test_damaged_record_cannot_be_read() -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        read_record(b"damaged")
