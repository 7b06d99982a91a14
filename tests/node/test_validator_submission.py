"""Changes of the validators handed to a node that puts them into blocks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chain.approval import ApprovedTransaction
from chain.errors import ConfigError, PeerError
from node.rpc_client import RpcRefused
from node.seats import get_seats
from node.validator_change import Member, approve, propose
from node.validator_submission import find_final, merge, submit, wait_final
from tests.support.answers import node_that_says
from tests.support.seats import an_acceptance, numbers_of, seat_key
from tests.support.served_chain import ServedChain, served_chain


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedChain]:
    with served_chain(tmp_path) as served:
        yield served


def a_change(served: ServedChain, *approving: int, join: int = 4) -> ApprovedTransaction:
    """Return a change by which one joins, approved by these."""
    seats = get_seats(served.url)
    accepted = an_acceptance(join, until=100, genesis_hash=seats.genesis_hash)
    change = propose(seats, add=[accepted], remove=[])
    for number in approving:
        change = approve(change, Member(seat_key(number), seats.genesis_hash), seats)
    return change


def test_submitted_change_becomes_final_and_its_set_votes(served: ServedChain) -> None:
    change, seats = a_change(served, 0, 1, 2), get_seats(served.url)
    transaction_id = submit(change, seats, served.url)
    assert wait_final(transaction_id, served.url) == 2
    served.blocks(2)
    after = get_seats(served.url)
    assert (numbers_of(after.voting), after.version) == ([0, 1, 2, 3, 4], 1)


def test_submitting_again_comes_to_the_same(served: ServedChain) -> None:
    change = a_change(served, 0, 1, 2)
    first = submit(change, get_seats(served.url), served.url)
    served.blocks(3)
    assert submit(change, get_seats(served.url), served.url) == first
    assert find_final(first, served.url) == 2


def test_files_are_put_together(served: ServedChain) -> None:
    parts = [a_change(served, *numbers) for numbers in ((0, 1), (1, 2), ())]
    assert merge(parts) == merge(parts[::-1]) == a_change(served, 0, 1, 2)
    submit(merge(parts), get_seats(served.url), served.url)
    other = a_change(served, 3, join=5)
    with pytest.raises(ConfigError, match="hold different changes"):
        merge([parts[0], other])


def test_too_few_approvals_are_not_handed_in(served: ServedChain) -> None:
    change = a_change(served, 0, 1)
    with pytest.raises(ConfigError, match="it takes 3; ask the others") as refused:
        submit(change, get_seats(served.url), served.url)
    assert str(refused.value).startswith("the change is approved by 2 of 4 (v")
    assert find_final(change.id(get_seats(served.url).genesis_hash), served.url) is None


def test_approval_of_one_who_has_left_is_left_out(served: ServedChain) -> None:
    """A block may not hold it, so one who left must not be able to keep the others from it."""
    seats = get_seats(served.url)
    leave = propose(seats, add=[], remove=[seat_key(0).public_key.hex()])
    for number in (1, 2, 3):
        leave = approve(leave, Member(seat_key(number), seats.genesis_hash), seats)
    submit(leave, seats, served.url)
    joining = a_change(served, 0, 1, 2, 3)
    served.blocks(2)
    transaction_id = submit(joining, get_seats(served.url), served.url)
    assert find_final(transaction_id, served.url) == 5


def test_change_that_was_overtaken_is_refused(served: ServedChain) -> None:
    first, second = a_change(served, 0, 1, 2), a_change(served, 0, 1, 2, join=5)
    submit(first, get_seats(served.url), served.url)
    with pytest.raises(ConfigError, match="change 1 is done; propose it anew"):
        submit(second, get_seats(served.url), served.url)


def test_what_the_node_refuses_is_said(served: ServedChain) -> None:
    seats = get_seats(served.url)
    first, second = a_change(served, 0, 1, 2), a_change(served, 0, 1, 2, join=5)
    submit(first, seats, served.url)
    with pytest.raises(RpcRefused, match="the version must be 2"):
        submit(second, seats, served.url)  # as it looked before


def test_waiting_has_an_end(served: ServedChain) -> None:
    change = a_change(served, 0)
    transaction_id = change.id(get_seats(served.url).genesis_hash)
    with pytest.raises(PeerError, match="is not final within 0 s; the same command waits again"):
        wait_final(transaction_id, served.url, within_ms=0)


@pytest.mark.parametrize("answer", [None, [], {"height": "2"}, 7])
def test_other_answers_are_one_sentence(served: ServedChain, answer: object) -> None:
    transaction_id = a_change(served, 0).id(get_seats(served.url).genesis_hash)
    with node_that_says(answer) as url, pytest.raises(PeerError, match="does not answer as"):
        find_final(transaction_id, url)
