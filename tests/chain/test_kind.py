"""The kinds of transaction."""

from chain.kind import Kind
from chain.outcome import OutcomeKind


def test_kinds_are_bytes_that_outcomes_of_due_work_leave_free() -> None:
    assert all(0 < kind < 128 for kind in Kind)
    assert {kind.value for kind in Kind} == {kind.value for kind in OutcomeKind if kind < 128}
