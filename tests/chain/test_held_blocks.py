"""Blocks that wait for their turn."""

from chain.held_blocks import HeldBlock, HeldBlocks
from tests.support.final_blocks import final_blocks


def held_of(peer: str, height: int) -> HeldBlock:
    return HeldBlock(peer, *final_blocks(4)[height - 1])


def test_block_is_handed_over_once_and_what_is_below_goes() -> None:
    blocks = HeldBlocks()
    for height in (1, 2, 4):
        blocks.keep(held_of("p", height))
    assert [height in blocks for height in (1, 2, 3, 4)] == [True, True, False, True]
    assert blocks.take(2) == held_of("p", 2)
    assert blocks.take(2) is None
    assert (len(blocks), 4 in blocks) == (1, True)
    assert blocks.take(3) is None
    assert 4 in blocks


def test_first_of_two_blocks_of_a_height_is_kept() -> None:
    blocks = HeldBlocks()
    blocks.keep(held_of("first", 1))
    blocks.keep(held_of("second", 1))
    held = blocks.take(1)
    assert held is not None
    assert held.peer == "first"
    assert blocks.size_bytes == 0


def test_what_a_liar_gave_goes() -> None:
    blocks = HeldBlocks()
    for height, peer in ((1, "liar"), (2, "honest"), (3, "liar")):
        blocks.keep(held_of(peer, height))
    blocks.drop_from("liar")
    assert [height in blocks for height in (1, 2, 3)] == [False, True, False]
    assert blocks.size_bytes == held_of("honest", 2).size_bytes > 0
