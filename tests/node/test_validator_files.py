"""Files that come by mail: what they say is signed, or refused with a sentence."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from chain.address import format_address
from chain.approval import ApprovedTransaction, approve
from chain.codec import decode_whole
from chain.errors import ConfigError
from chain.new_validators import NewValidators
from chain.primitives import HEIGHT_MAX
from node.documents import CHANGE_BYTES_MAX
from node.validator_files import (
    encode_acceptance,
    encode_update,
    make_change,
    parse_acceptance,
    parse_update,
    sign_approval,
    with_approvals,
)
from tests.support.builders import GENESIS_HASH
from tests.support.consensus import OTHER_GENESIS_HASH
from tests.support.seats import a_validator, an_acceptance, new_validators, seat_key

ACCEPTED = an_acceptance(4, until=100)
UPDATE = approve(
    new_validators(1, join=[4], leave=[0, 1]),
    keys=[seat_key(0), seat_key(1)],
    genesis_hash=GENESIS_HASH,
)

Edit = Callable[[dict[str, Any]], object]


def acceptance(edit: Edit = lambda _: None) -> bytes:
    document = json.loads(encode_acceptance(ACCEPTED, genesis_hash=GENESIS_HASH))
    edit(document)
    return json.dumps(document).encode()


def update(edit: Edit = lambda _: None) -> bytes:
    document = json.loads(encode_update(UPDATE, genesis_hash=GENESIS_HASH))
    edit(document)
    return json.dumps(document).encode()


def setting(**fields: object) -> Edit:
    return lambda document: document.update(fields)


def test_acceptance_comes_back_and_is_plain_to_read() -> None:
    assert parse_acceptance(acceptance(), GENESIS_HASH) == ACCEPTED
    document = json.loads(acceptance())
    assert (document["name"], document["until"]) == ("validator-4", 100)
    assert document["payee"] == format_address(a_validator(4).payee)


def test_update_comes_back_with_its_approvals() -> None:
    assert parse_update(update(), GENESIS_HASH) == UPDATE


def test_update_is_read_in_whatever_order_it_was_written() -> None:
    def shuffle(document: dict[str, Any]) -> None:
        document["removed"].reverse()
        document["approvals"].reverse()

    assert parse_update(update(shuffle), GENESIS_HASH) == UPDATE


def test_change_and_approvals_have_their_order() -> None:
    joining = [an_acceptance(number, until=9) for number in (7, 5, 6)]
    leaving = [seat_key(number).public_key for number in (2, 0, 1)]
    change = make_change(3, joining, leaving)
    bare = with_approvals(change, [])
    approvals = [
        sign_approval(bare, seat_key(number), genesis_hash=GENESIS_HASH) for number in (3, 1, 2)
    ]
    whole = with_approvals(change, approvals)
    assert decode_whole(change.encode(), NewValidators.read) == change
    assert parse_update(encode_update(whole, genesis_hash=GENESIS_HASH), GENESIS_HASH) == whole


BOTH: list[tuple[str, Edit, str]] = [
    ("another form", setting(form="letter"), "form"),
    ("another chain", setting(genesis_hash="11" * 32), "for another chain"),
    ("unknown field", setting(secret="x"), "a field that no document has: secret"),
    ("hash in capitals", setting(genesis_hash="AA" * 32), "64 lower hexadecimal digits"),
]

BAD_ACCEPTANCES = [
    *BOTH,
    ("missing field", lambda it: it.pop("until"), "lacks the field until"),
    ("changed name", setting(name="mallory"), "signature of the new validator's acceptance"),
    ("changed height", setting(until=101), "signature of the new validator's acceptance"),
    ("another key", setting(public_key=seat_key(5).public_key.hex()), "does not verify"),
    ("weak key", setting(public_key="00" * 32), "not a canonical point"),
    ("no payee", setting(payee="somewhere"), "does not count"),
    ("empty name", setting(name=""), "1 to 64 characters"),
    ("name that moves the cursor", setting(name="a\x1b[2Jb"), "printable ASCII"),
    ("long name", setting(name="n" * 65), "name"),
    ("height as text", setting(until="100"), "until"),
    ("height 0", setting(until=0), "until"),
    ("short signature", setting(signature="00"), "128 lower hexadecimal digits"),
]

BAD_UPDATES = [
    *BOTH,
    ("changed version", setting(version=2), "signature of the approval does not verify"),
    ("one fewer leaves", lambda it: it["removed"].pop(), "signature of the approval"),
    ("version 0", setting(version=0), "version"),
    ("joins twice", lambda it: it.update(added=it["added"] * 2), "do not rise"),
    ("leaves twice", lambda it: it.update(removed=it["removed"] * 2), "do not rise"),
    ("approves twice", lambda it: it.update(approvals=it["approvals"] * 2), "do not rise"),
    ("too many approve", lambda it: it.update(approvals=it["approvals"] * 33), "approvals"),
    ("field in an approval", lambda it: it["approvals"][0].update(name="v"), "approvals.0.name"),
    ("forged approval", lambda it: it["approvals"][0].update(signature="00" * 64), "approval"),
    ("joins unasked", lambda it: it["added"][0].update(name="v9"), "does not verify"),
]


@pytest.mark.parametrize(
    ("edit", "said"), [one[1:] for one in BAD_ACCEPTANCES], ids=[one[0] for one in BAD_ACCEPTANCES]
)
def test_refuses_an_acceptance_with(edit: Edit, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_acceptance(acceptance(edit), GENESIS_HASH)
    check_sentence(str(refused.value), said)


@pytest.mark.parametrize(
    ("edit", "said"), [one[1:] for one in BAD_UPDATES], ids=[one[0] for one in BAD_UPDATES]
)
def test_refuses_an_update_with(edit: Edit, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_update(update(edit), GENESIS_HASH)
    check_sentence(str(refused.value), said)


def check_sentence(sentence: str, said: str) -> None:
    """Check that it says this, on one line that no terminal obeys."""
    assert said in sentence
    assert sentence.isascii()
    assert sentence.isprintable()


def test_signature_for_another_chain_is_none_for_this() -> None:
    foreign = json.loads(acceptance())
    foreign["genesis_hash"] = OTHER_GENESIS_HASH.hex()
    with pytest.raises(ConfigError, match="does not verify"):
        parse_acceptance(json.dumps(foreign).encode(), OTHER_GENESIS_HASH)


@pytest.mark.parametrize("parse", [parse_acceptance, parse_update])
@pytest.mark.parametrize(
    "data", [b"", b"[]", b"\xff", b'{"a":1,"a":1}', b" " * (CHANGE_BYTES_MAX + 1)]
)
def test_refuses_what_is_no_document(parse: Callable[..., object], data: bytes) -> None:
    with pytest.raises(ConfigError):
        parse(data, GENESIS_HASH)


def test_largest_update_there_can_be_fits_its_limit() -> None:
    change = NewValidators(
        version=HEIGHT_MAX,
        added=tuple(
            sorted(
                (an_acceptance(n, until=HEIGHT_MAX, name="n" * 64) for n in range(64)),
                key=lambda one: one.validator.public_key,
            )
        ),
        removed=tuple(sorted(seat_key(n).public_key for n in range(64))),
    )
    keys = [seat_key(n) for n in range(64)]
    whole: ApprovedTransaction = approve(change, keys=keys, genesis_hash=GENESIS_HASH)
    data = encode_update(whole, genesis_hash=GENESIS_HASH)
    assert len(data) < CHANGE_BYTES_MAX
    assert parse_update(data, GENESIS_HASH) == whole
