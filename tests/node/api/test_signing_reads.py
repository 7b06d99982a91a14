from collections.abc import Iterator
from pathlib import Path

import pytest

from node.api.services import Services
from tests.support.asking import ask, refusal
from tests.support.seats import a_change
from tests.support.small_chain import services_of, stored_chain


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Open an edge on a chain of four in which 4 takes the seat of 0 from height 4 on."""
    with stored_chain(tmp_path, validators=4) as stored:
        stored.block()
        chain = stored.chain
        stored.block(a_change(chain.ledger, chain.validators, join=[4], leave=[0]))
        stored.block()
        stored.block()
        with services_of(tmp_path) as opened:
            yield opened


def test_places_name_all_who_voted_in_the_window(services: Services) -> None:
    found = ask(services, "ait_getSigning")
    assert {one["name"] for one in found["validators"]} == {"v0", "v1", "v2", "v3", "validator-4"}
    names = [one["name"] for one in found["validators"]]
    newest, *_, oldest = found["items"]
    assert (newest["height"], oldest["height"]) == (4, 1)
    assert {names[place] for place in newest["members"]} == {"v1", "v2", "v3", "validator-4"}
    assert {names[place] for place in oldest["members"]} == {"v0", "v1", "v2", "v3"}
    for one in found["items"]:
        assert set(one["signed"]) <= set(one["members"])
        assert len(one["signed"]) >= 3
        assert one["proposer"] in one["members"]


def test_window_ends_where_it_is_told_to(services: Services) -> None:
    found = ask(services, "ait_getSigning", height=2, limit=1)
    assert [one["height"] for one in found["items"]] == [2]
    assert refusal(services, "ait_getSigning", limit=101) == (-32602, "invalid_params")
