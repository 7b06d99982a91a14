"""Inputs and effects are facts: they do not change, and equal ones are equal."""

from dataclasses import FrozenInstanceError, fields
from typing import get_args

import pytest

from chain.consensus import events
from chain.evidence import Evidence
from tests.support.subject import PREVOTE, Subject, a_vote


@pytest.mark.parametrize("kind", [*get_args(events.Input), *get_args(events.Effect)])
def test_no_field_of_an_input_or_effect_can_be_changed(kind: type) -> None:
    fact = object.__new__(kind)
    name = fields(kind)[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(fact, name, None)


def test_timer_is_its_name() -> None:
    one = events.Timer(events.TimerKind.PROPOSE, 4, 0)
    assert one == events.Timer(events.TimerKind.PROPOSE, 4, 0)
    assert {one: "set"}[events.Timer(events.TimerKind.PROPOSE, 4, 0)] == "set"


def test_evidence_is_an_effect() -> None:
    subject = Subject().start()
    subject.receive(a_vote(PREVOTE, 0, "A", 2), a_vote(PREVOTE, 0, "B", 2))
    assert isinstance(subject.effects[-1], Evidence)
