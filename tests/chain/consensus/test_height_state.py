"""Whose turn it is, and what a round that starts may forget."""

from chain.consensus.height_state import ROUNDS_KEPT, HeightState, Step
from chain.consensus.sign_state import Lock
from tests.support.consensus import a_validator_set
from tests.support.subject import PREVOTE, a_polka, a_proposal, a_vote, block


def a_state(index: int | None = 1) -> HeightState:
    return HeightState(4, a_validator_set(4), index)


def test_proposer_is_who_the_round_names() -> None:
    state = a_state(1)
    turns = []
    for state.round in range(5):
        turns.append(state.is_proposer)
    assert turns == [False, True, False, False, False]


def test_observer_never_proposes() -> None:
    state = a_state(None)
    for state.round in range(5):
        assert not state.is_proposer


def test_height_has_started_between_its_first_round_and_its_decision() -> None:
    state = a_state()
    started = {}
    for state.step in Step:
        started[state.step] = state.has_started
    assert [step for step, has_started in started.items() if has_started] == [
        Step.PROPOSE,
        Step.PREVOTE,
        Step.PRECOMMIT,
    ]


def test_new_round_keeps_locks_and_what_a_quorum_named() -> None:
    state = a_state()
    for round_, letter in enumerate("ABC"):
        state.blocks.add(a_proposal(round_, letter), timely=True)
    state.votes.add_certificate(a_polka(0, "A").certificate)
    state.locked = state.valid = Lock(0, block("A"))
    state.votes.add(a_vote(PREVOTE, 1, "B", 0))
    state.forget_before_round(ROUNDS_KEPT + 2)
    assert state.votes.has_quorum(PREVOTE, 0, block("A"))
    assert not state.votes.has(a_vote(PREVOTE, 1, "B", 0))
    assert state.blocks.find_content(block("A")) is not None
    assert state.blocks.find_content(block("B")) is None
