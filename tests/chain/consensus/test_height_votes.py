"""How votes are counted, and how many are kept."""

import pytest

from chain.certificate import VoteKind, check_certificate
from chain.consensus.height_votes import HeightVotes, certificate_votes, is_nil_quorum
from chain.primitives import ZERO_HASH
from tests.support.consensus import GENESIS_HASH, a_validator_set
from tests.support.subject import NIL, PRECOMMIT, PREVOTE, a_commit, a_polka, a_vote, block


@pytest.fixture
def votes() -> HeightVotes:
    return HeightVotes(4, a_validator_set(4))


def fill(
    votes: HeightVotes, kind: VoteKind, round_: int, letter: str, indices: tuple[int, ...]
) -> None:
    for index in indices:
        votes.add(a_vote(kind, round_, letter, index))


def test_quorum_needs_more_than_two_thirds(votes: HeightVotes) -> None:
    fill(votes, PREVOTE, 0, "A", (0, 1))
    assert not votes.has_quorum(PREVOTE, 0, block("A"))
    assert votes.polkas == []
    fill(votes, PREVOTE, 0, "A", (3,))
    assert votes.has_quorum(PREVOTE, 0, block("A"))
    assert votes.polkas == [(0, block("A"))]
    assert votes.is_named(block("A"))


def test_same_vote_twice_counts_once(votes: HeightVotes) -> None:
    fill(votes, PREVOTE, 0, "A", (0, 0, 0, 1, 1))
    assert not votes.has_quorum(PREVOTE, 0, block("A"))
    assert not votes.has_quorum_of_any(PREVOTE, 0)


def test_votes_of_other_rounds_and_kinds_do_not_add_up(votes: HeightVotes) -> None:
    fill(votes, PREVOTE, 0, "A", (0, 1))
    fill(votes, PREVOTE, 1, "A", (2,))
    fill(votes, PRECOMMIT, 0, "A", (3,))
    assert not votes.has_quorum(PREVOTE, 0, block("A"))
    assert not votes.has_quorum_of_any(PREVOTE, 0)
    assert votes.commits == []


def test_liar_counts_for_both_blocks_whichever_vote_came_first(votes: HeightVotes) -> None:
    fill(votes, PREVOTE, 0, NIL, (0,))
    fill(votes, PREVOTE, 0, "A", (0, 1, 2))
    assert votes.has_quorum(PREVOTE, 0, block("A"))
    fill(votes, PREVOTE, 0, NIL, (3,))
    assert not is_nil_quorum(votes, 0)


def test_liar_counts_once_towards_a_quorum_of_any(votes: HeightVotes) -> None:
    fill(votes, PREVOTE, 0, "A", (0,))
    fill(votes, PREVOTE, 0, "B", (0, 1))
    assert not votes.has_quorum_of_any(PREVOTE, 0)
    fill(votes, PREVOTE, 0, NIL, (2,))
    assert votes.has_quorum_of_any(PREVOTE, 0)


def test_second_vote_gives_the_first_back_once(votes: HeightVotes) -> None:
    first = a_vote(PREVOTE, 0, "A", 0)
    assert votes.add(first) is None
    assert votes.add(a_vote(PREVOTE, 0, "B", 0)) == first
    assert votes.add(a_vote(PREVOTE, 0, "B", 0)) is None


def test_third_vote_has_no_room(votes: HeightVotes) -> None:
    assert votes.has_room(a_vote(PREVOTE, 0, "A", 0))
    fill(votes, PREVOTE, 0, "A", (0,))
    assert not votes.has_room(a_vote(PREVOTE, 0, "A", 0))
    assert votes.has_room(a_vote(PREVOTE, 0, "B", 0))
    fill(votes, PREVOTE, 0, "B", (0,))
    assert not votes.has_room(a_vote(PREVOTE, 0, "C", 0))
    assert votes.has_room(a_vote(PRECOMMIT, 0, "C", 0))
    assert votes.has_room(a_vote(PREVOTE, 1, "C", 0))


def test_certificate_is_taken_whole_however_its_signers_voted_before(votes: HeightVotes) -> None:
    fill(votes, PREVOTE, 0, "B", (0,))
    fill(votes, PREVOTE, 0, NIL, (0,))
    assert votes.add_certificate(a_polka(0, "A", (0, 1, 2)).certificate) == []
    assert votes.has_quorum(PREVOTE, 0, block("A"))


def test_certificate_shows_who_voted_twice(votes: HeightVotes) -> None:
    fill(votes, PRECOMMIT, 0, "B", (0,))
    pairs = votes.add_certificate(a_commit(0, "A", (0, 1, 2)).certificate)
    assert pairs == [(a_vote(PRECOMMIT, 0, "B", 0), a_vote(PRECOMMIT, 0, "A", 0))]
    assert votes.commits == [(0, block("A"))]


def test_certificate_of_counted_votes_verifies_and_holds_every_signature(
    votes: HeightVotes,
) -> None:
    fill(votes, PRECOMMIT, 3, "A", (3, 0, 2, 1))
    certificate = votes.certificate(PRECOMMIT, 3, block("A"))
    assert [index for index, _ in certificate.signatures] == [0, 1, 2, 3]
    check_certificate(certificate, validators=a_validator_set(4), genesis_hash=GENESIS_HASH)
    assert certificate_votes(certificate)[1] == a_vote(PRECOMMIT, 3, "A", 1)


def test_nil_quorum_is_no_polka(votes: HeightVotes) -> None:
    fill(votes, PREVOTE, 0, NIL, (0, 1, 2))
    assert is_nil_quorum(votes, 0)
    assert votes.polkas == []
    assert not votes.is_named(ZERO_HASH)


def test_skip_round_is_the_highest_with_an_honest_voter(votes: HeightVotes) -> None:
    fill(votes, PREVOTE, 7, "A", (0,))
    fill(votes, PRECOMMIT, 7, NIL, (0,))
    assert votes.skip_round == -1
    fill(votes, PREVOTE, 5, "A", (0, 1))
    assert votes.skip_round == 5
    fill(votes, PRECOMMIT, 7, "A", (1,))
    assert votes.skip_round == 7
    fill(votes, PREVOTE, 6, "A", (0, 1))
    assert votes.skip_round == 7


def test_votes_of_a_round_are_one_of_each_validator_and_kind(votes: HeightVotes) -> None:
    fill(votes, PREVOTE, 0, "A", (2, 0))
    fill(votes, PREVOTE, 0, "B", (2,))
    fill(votes, PRECOMMIT, 0, NIL, (1,))
    chosen = votes.votes(0)
    assert [(vote.kind, vote.index) for vote in chosen] == [
        (PREVOTE, 0),
        (PREVOTE, 2),
        (PRECOMMIT, 1),
    ]
    assert [vote.index for vote in votes.votes(0, (PRECOMMIT,))] == [1]


def test_voters_of_a_block_are_those_of_all_rounds(votes: HeightVotes) -> None:
    fill(votes, PREVOTE, 0, "A", (3,))
    fill(votes, PRECOMMIT, 2, "A", (1,))
    assert votes.voters(block("A")) == (1, 3)
    assert votes.voters(block("B")) == ()


def test_old_rounds_are_forgotten_but_for_commits_and_named_rounds(votes: HeightVotes) -> None:
    for round_ in range(4):
        fill(votes, PREVOTE, round_, "A", (0, 1, 2))
    fill(votes, PRECOMMIT, 0, "A", (0, 1, 2))
    votes.forget_before(3, but=frozenset({1}))
    assert votes.polkas == [(0, block("A")), (1, block("A")), (3, block("A"))]
    assert not votes.has_quorum_of_any(PREVOTE, 2)
    assert votes.has_quorum(PREVOTE, 1, block("A"))
    assert votes.has(a_vote(PRECOMMIT, 0, "A", 1))
    assert not votes.has(a_vote(PREVOTE, 2, "A", 1))
