"""Rules about validators broken on purpose; they join the list of ``mutations``."""

# ruff: noqa: ANN401 -- a wrapper hands on what it is given, whatever that is

from dataclasses import replace
from typing import Any

import pytest

from chain import punishment, validator_change
from chain.records import VALIDATORS_KEY
from chain.state import Ledger, State
from tests.judge.mutations import MUTATIONS, mutation, nothing, wrap

__all__ = ["MUTATIONS"]


@mutation("one seat more may change in a block")
def _more_seats(patch: pytest.MonkeyPatch) -> None:
    wrap(patch, validator_change, "seats_max", lambda original, count: original(count) + 1)


@mutation("an acceptance holds a height too long")
def _old_acceptance(patch: pytest.MonkeyPatch) -> None:
    longer = validator_change.ACCEPTANCE_HEIGHTS_MAX + 1
    patch.setattr(validator_change, "ACCEPTANCE_HEIGHTS_MAX", longer)


@mutation("validators change twice a block")
def _changed_twice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(validator_change, "_check_first", nothing)


@mutation("new validators hold a height early")
def _early_seats(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, ledger: Ledger, state: State, update: Any, **place: Any) -> None:
        original(ledger, state, update, **place)
        ledger.validators = ledger.next_validators

    wrap(patch, Ledger, "advance", around)


@mutation("changed validators forgotten by a restart")
def _forgotten_seats(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, ledger: Ledger, records: Any) -> None:
        before = ledger.next_validators
        original(ledger, records)
        ledger.next_validators = before

    wrap(patch, Ledger, "load", around)


@mutation("who has left cannot be punished")
def _left_for_good(patch: pytest.MonkeyPatch) -> None:
    def put_coming(state: State, record: Any) -> None:
        state.put(VALIDATORS_KEY, record)

    for module in (validator_change, punishment):
        patch.setattr(module, "put_coming", put_coming)


@mutation("a punished validator keeps its seat")
def _seat_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(punishment, "put_coming", nothing)


@mutation("a punished validator joins again")
def _risen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(validator_change, "is_tombstoned", lambda _state, _key: False)


@mutation("a key is punished twice")
def _punished_twice(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, evidence: Any) -> Any:
        fault = original(state, evidence)
        return None if fault == "its key was punished already" else fault

    wrap(patch, punishment, "find_fault", around)


@mutation("evidence counts a height too long")
def _old_evidence(patch: pytest.MonkeyPatch) -> None:
    def around(original: Any, state: State, evidence: Any) -> Any:
        younger = min(evidence.height + 1, state.height)
        return original(state, replace(evidence, height=younger))

    wrap(patch, punishment, "find_fault", around)


@mutation("who comes back has still left")
def _left_and_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(validator_change, "forget_former", nothing)
