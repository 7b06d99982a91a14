"""A change of the validators in a proof: its closed form, and that its parts are read strictly."""

# ruff: noqa: ANN401 -- a proof's content is JSON

from dataclasses import replace
from typing import Any

import pytest

from chain.errors import MalformedMessage
from chain.primitives import VALIDATORS_MAX
from chain.set_change import (
    CHANGES_MAX,
    SET_BYTES_MAX,
    SetChange,
    open_change,
    read_changes,
)
from chain.validators import Validator, ValidatorSet
from tests.support.proofs import proven_chain
from tests.support.seats import a_validator

WORLD = proven_chain()
CHANGE = SetChange(
    header=WORLD.parts.header,
    certificate=WORLD.parts.certificate,
    validators=WORLD.genesis.validators.encode(),
)


def changed(**fields: Any) -> dict[str, Any]:
    """Return the content with fields set; None takes one away."""
    content = CHANGE.content() | fields
    return {name: value for name, value in content.items() if value is not None}


def test_change_reads_back() -> None:
    assert read_changes([CHANGE.content()]) == (CHANGE,)
    parts = open_change(CHANGE)
    assert parts.header == WORLD.block.block.header
    assert parts.certificate.block_hash == WORLD.block.hash
    assert parts.validators == WORLD.genesis.validators


@pytest.mark.parametrize(
    "content",
    [
        *(None, {}, "", 1, []),
        [1],
        [changed(header=None)],
        [changed(certificate=None)],
        [changed(validators=None)],
        [changed(more=1)],
        [changed(header="")],
        [changed(validators="AB")],
        [changed(validators="00" * (SET_BYTES_MAX + 1))],
        [CHANGE.content()] * (CHANGES_MAX + 1),
    ],
    ids=lambda content: str(content)[:30],
)
def test_rejects_what_is_outside_the_closed_form(content: Any) -> None:
    with pytest.raises(MalformedMessage):
        read_changes(content)


@pytest.mark.parametrize("name", ["header", "certificate", "validators"])
def test_each_part_is_read_strictly(name: str) -> None:
    for data in (b"\0", getattr(CHANGE, name) + b"\0"):
        with pytest.raises(MalformedMessage):
            open_change(replace(CHANGE, **{name: data}))


def test_widest_set_fits() -> None:
    names = (f"{number:064}" for number in range(VALIDATORS_MAX))
    members = [a_validator(number, name=name) for number, name in enumerate(names)]
    widest = ValidatorSet(Validator(one.public_key, one.name, one.payee) for one in members)
    assert len(widest.encode()) == SET_BYTES_MAX
