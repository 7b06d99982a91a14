"""The vocabulary between the rules and the world is complete and never changes under one's feet."""

import dataclasses
from typing import get_args

import pytest

from chain import events


@pytest.mark.parametrize("kind", [*get_args(events.Event), *get_args(events.Effect)])
def test_every_event_and_effect_is_frozen_and_described(kind: type) -> None:
    assert dataclasses.is_dataclass(kind)
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert kind.__doc__


def test_no_event_is_an_effect() -> None:
    assert not set(get_args(events.Event)) & set(get_args(events.Effect))


def test_what_concerns_peers_is_part_of_the_effects() -> None:
    assert set(get_args(events.NetworkEffect)) < set(get_args(events.Effect))
