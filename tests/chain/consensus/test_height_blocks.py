"""Which proposals and contents are kept, and when the engine must be asked."""

from dataclasses import replace

import pytest

from chain.consensus.height_blocks import HeightBlocks
from tests.support.subject import a_proposal, block, content_of


@pytest.fixture
def blocks() -> HeightBlocks:
    return HeightBlocks()


def test_proposals_come_back_in_order_without_contents(blocks: HeightBlocks) -> None:
    blocks.add(a_proposal(0, "A"), timely=True)
    blocks.add(a_proposal(0, "B"), timely=None)
    kept = [(each.proposal, each.timely) for each in blocks.proposals(0)]
    assert kept == [
        (a_proposal(0, "A").without_content(), True),
        (a_proposal(0, "B").without_content(), None),
    ]
    assert blocks.proposals(1) == []


def test_second_proposal_of_a_round_gives_the_first_back(blocks: HeightBlocks) -> None:
    assert blocks.add(a_proposal(0, "A"), timely=True) is None
    assert blocks.add(a_proposal(0, "B"), timely=True) == a_proposal(0, "A").without_content()
    assert not blocks.has_room(0)
    assert blocks.has_room(1)
    assert blocks.add(a_proposal(0, "C"), timely=True) is None


def test_same_proposal_is_found_whatever_its_content(blocks: HeightBlocks) -> None:
    blocks.add(a_proposal(1, "A"), timely=True)
    same = blocks.find_same(replace(a_proposal(1, "A"), content=b"other"))
    assert same is blocks.proposals(1)[0]
    assert blocks.find_same(a_proposal(1, "A", 0)) is None
    assert blocks.find_same(a_proposal(2, "A")) is None


def test_first_content_stays_until_the_engine_gives_the_right_one(blocks: HeightBlocks) -> None:
    blocks.add(replace(a_proposal(0, "A"), content=b"forged"), timely=True)
    blocks.add(a_proposal(1, "A"), timely=True)
    assert blocks.find_content(block("A")) == b"forged"
    blocks.keep_content(block("A"), content_of("A"))
    assert blocks.with_content(a_proposal(0, "A").without_content()) == a_proposal(0, "A")


def test_proposal_is_found_by_block_only_with_its_content(blocks: HeightBlocks) -> None:
    blocks.add(a_proposal(0, "A").without_content(), timely=True)
    assert blocks.find_proposal(block("A")) is None
    blocks.keep_content(block("A"), content_of("A"))
    blocks.keep_content(block("B"), content_of("B"))
    assert blocks.find_proposal(block("A")) == a_proposal(0, "A")
    assert blocks.find_proposal(block("B")) is None


def test_engine_is_asked_once_and_told_when_a_content_arrives(blocks: HeightBlocks) -> None:
    assert blocks.must_ask(block("A"))
    blocks.note_asked(block("A"), with_content=False)
    assert blocks.was_asked(block("A"))
    assert not blocks.must_ask(block("A"))
    blocks.add(a_proposal(0, "A"), timely=True)
    assert blocks.must_ask(block("A"))
    blocks.note_asked(block("A"), with_content=True)
    assert not blocks.must_ask(block("A"))


@pytest.mark.parametrize("valid", [True, False])
def test_judgement_ends_the_asking(blocks: HeightBlocks, *, valid: bool) -> None:
    assert blocks.find_judgement(block("A")) is None
    blocks.judge(block("A"), valid=valid)
    assert blocks.find_judgement(block("A")) is valid
    assert not blocks.must_ask(block("A"))


def test_old_proposals_and_contents_are_forgotten_but_for_named_blocks(
    blocks: HeightBlocks,
) -> None:
    for round_, letter in enumerate("ABC"):
        blocks.add(a_proposal(round_, letter), timely=True)
    blocks.keep_content(block("D"), content_of("D"))
    blocks.forget_before(2, but=frozenset({block("B")}))
    assert blocks.proposals(0) == []
    assert [seen.proposal.round for seen in blocks.proposals(1)] == [1]
    kept = [letter for letter in "ABCD" if blocks.find_content(block(letter))]
    assert kept == ["B", "C"]
