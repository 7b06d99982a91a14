"""The judge and the invariants catch each rule that is broken on purpose, within a few seeds."""

import sys

import pytest

from tests.judge.mutations import Mutation
from tests.judge.seat_mutations import MUTATIONS
from tests.judge.steps import RunFailed, play

SEEDS = range(100, 124)
STEPS = 400

BY_INVARIANT = "invariant"
BY_JUDGE = "judge"


def catcher_of(mutation: Mutation) -> tuple[str, int] | None:
    """Return who caught a mutation and with which seed; None if nobody did."""
    for seed in SEEDS:
        with pytest.MonkeyPatch.context() as patch:
            mutation.patch(patch)
            try:
                play(seed, steps=STEPS)
            except RunFailed as failed:
                judged = type(failed.__cause__).__name__ == "Disagreement"
                return BY_JUDGE if judged else BY_INVARIANT, seed
    return None


@pytest.mark.slow
def test_every_broken_rule_is_caught(capsys: pytest.CaptureFixture[str]) -> None:
    caught = {one.name: catcher_of(one) for one in MUTATIONS}
    lines = [
        f"  {name:52} {found[0]:9} seed {found[1]}" if found else f"  {name:52} nobody"
        for name, found in caught.items()
    ]
    lines.append(f"  killed {sum(map(bool, caught.values()))} of {len(caught)}")
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert [name for name, found in caught.items() if found is None] == []
    assert len(caught) >= 12
