from typing import Any

import pytest
from jsonschema import Draft7Validator

from node.api.live_results import CONSENSUS

VALIDATOR = {"name": "a", "publicKey": "0x" + "0" * 64, "isProposer": True}


@pytest.mark.parametrize(
    ("votes", "fits"),
    [
        ({"prevote": "nil", "precommit": None}, True),
        ({"prevote": "0x" + "1" * 64, "precommit": "nil"}, True),
        ({"prevote": "yes", "precommit": None}, False),
        ({"prevote": None}, False),
    ],
)
def test_vote_is_a_block_or_nil_or_not_seen(votes: dict[str, Any], *, fits: bool) -> None:
    state = {"height": 1, "round": None, "step": "prevote", "quorum": 1}
    judge = Draft7Validator(CONSENSUS)
    assert judge.is_valid(state | {"validators": [VALIDATOR | votes]}) is fits
