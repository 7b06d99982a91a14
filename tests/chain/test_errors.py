"""The tree of errors: as drawn, with stable codes, and with sentences made of their fields."""

import re
from typing import get_type_hints

import pytest

from chain import errors
from chain.errors import AitbcError, InsufficientBalance, MalformedMessage, WrongNonce

CODES = """
error invalid malformed invalid_signature wrong_chain limit_exceeded receipt_mismatch
invalid_transaction wrong_nonce wrong_sender insufficient_balance fee_out_of_range
transaction_expired valid_too_long invalid_payload duplicate_job unknown_reservation
reservation_expired reservation_closing reservation_still_open claim_not_allowed
price_above_ceiling cap_exceeded receipt_already_claimed already_known replacement_fee_too_low
mempool_full invalid_block header_mismatch invalid_certificate peer_error config_error store_error
"""
"""Programs know these; one may be added, none may change."""


def tree(error: type[AitbcError]) -> list[type[AitbcError]]:
    branches = (
        one
        for child in error.__subclasses__()
        if child.__module__ == "chain.errors"
        for one in tree(child)
    )
    return [error, *branches]


ERRORS = tree(AitbcError)


def drawn(error: type[AitbcError], indent: str = "") -> list[str]:
    children = [one for one in error.__subclasses__() if one.__module__ == "chain.errors"]
    lines = []
    for child in children:
        is_last = child is children[-1]
        lines.append(f"{indent}{'└── ' if is_last else '├── '}{child.__name__}")
        lines += drawn(child, indent + ("    " if is_last else "│   "))
    return lines


def test_drawing_is_the_tree() -> None:
    text = errors.__doc__ or ""
    lines = [line[4:] for line in text.splitlines() if re.match(r"    [A│├└ ]", line)]
    names = [re.sub(r"(\w)\s{2,}.*$", r"\1", line).rstrip() for line in lines]
    assert names == ["AitbcError", *drawn(AitbcError)]


def test_codes_are_stable_and_distinct() -> None:
    codes = [error.code for error in ERRORS]
    assert sorted(codes) == sorted(CODES.split())
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_sentence_is_made_of_the_fields(error: type[AitbcError]) -> None:
    hints = {name: kind for name, kind in get_type_hints(error).items() if kind in (int, str)}
    fields = {name: 4711 if kind is int else f"<{name}>" for name, kind in hints.items()}
    sentence = str(error(**fields))
    assert "{" not in sentence
    for value in fields.values():
        assert str(value) in sentence


def test_values_are_not_read_as_formats() -> None:
    assert str(MalformedMessage(detail="{0.__class__}")).endswith("{0.__class__}")


def test_errors_say_what_people_need() -> None:
    assert str(WrongNonce(expected=4, got=6)) == "the nonce is 6; the next one of this key is 4"
    sentence = str(InsufficientBalance(needed=5, available=3))
    assert sentence == "the transaction needs 5 base units; the account has 3 available"
