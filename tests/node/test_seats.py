from collections.abc import Iterator
from pathlib import Path

import pytest

from chain.errors import PeerError
from genesis.document import read_genesis
from node.seats import get_seats
from tests.support.answers import node_that_says
from tests.support.seats import a_change, numbers_of
from tests.support.served_chain import ServedChain, served_chain


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedChain]:
    with served_chain(tmp_path) as served:
        yield served


def test_sets_are_those_of_the_chain(served: ServedChain) -> None:
    served.do(
        lambda stored: stored.block(
            a_change(stored.chain.ledger, stored.chain.validators, join=[4], leave=[0])
        )
    )
    seats = get_seats(served.url)
    assert seats.genesis_hash == read_genesis(served.genesis).hash
    assert (seats.height, seats.version) == (2, 1)
    assert numbers_of(seats.voting) == [0, 1, 2, 3]
    assert numbers_of(seats.at(4)) == numbers_of(seats.coming.validators) == [1, 2, 3, 4]
    assert sorted(seats.since.values()) == [1, 1, 1, 1, 4]
    assert len(dict(seats.keys)) == 5


@pytest.mark.parametrize(
    ("status", "follows"),
    [
        ({}, True),
        ({"peers": 0}, False),
        ({"catching_up": True}, False),
    ],
)
def test_node_follows_with_peers_of_which_none_is_further(
    served: ServedChain, status: dict[str, object], *, follows: bool
) -> None:
    served.say(**status)
    assert get_seats(served.url).is_following is follows


@pytest.mark.parametrize("answer", [None, 1, [], {}, {"tipHeight": "x", "coming": []}])
def test_other_answers_are_one_sentence(answer: object) -> None:
    with (
        node_that_says(answer) as url,
        pytest.raises(PeerError, match="does not answer as a node of this program"),
    ):
        get_seats(url)
