from dataclasses import replace

import pytest

from chain.errors import MalformedMessage
from chain.inclusion import PATH_MAX, Included, Sibling, include, read_hex, read_path
from chain.merkle import merkle_root
from chain.primitives import BLOCK_TRANSACTIONS_MAX, DUE_WORK_MAX, ZERO_HASH


def leaves(count: int) -> list[bytes]:
    return [bytes((number,)) for number in range(count)]


@pytest.mark.parametrize("count", range(1, 34))
def test_every_leaf_leads_to_the_root(count: int) -> None:
    tree = leaves(count)
    for index, leaf in enumerate(tree):
        found = include(tree, index)
        assert found.leaf == leaf
        assert found.root == merkle_root(tree)


def test_another_leaf_side_or_order_leads_elsewhere() -> None:
    tree = leaves(7)
    for index in range(7):
        found = include(tree, index)
        others = [replace(found, leaf=b"another"), replace(found, path=found.path[1:])]
        for step, sibling in enumerate(found.path):
            turned = Sibling(sibling.hash, is_left=not sibling.is_left)
            others.append(
                replace(found, path=(*found.path[:step], turned, *found.path[step + 1 :]))
            )
        assert all(other.root != merkle_root(tree) for other in others)


def test_path_reads_back() -> None:
    found = include(leaves(6), 4)
    assert read_path("leaf", found.path_content()) == found.path
    assert found.path_content()[0].startswith("right:")
    assert found.path_content()[1].startswith("left:")


def test_widest_block_has_a_path_of_fewer_hashes_than_the_limit() -> None:
    assert (BLOCK_TRANSACTIONS_MAX + DUE_WORK_MAX).bit_length() <= PATH_MAX


@pytest.mark.parametrize(
    "content",
    [
        "left:",
        {},
        [1],
        ["up:" + "0" * 64],
        ["left:" + "0" * 63],
        ["left:" + "A" * 64],
        ["left:" + "0" * 64 + "\n"],
        ["left:" + "0" * 64] * (PATH_MAX + 1),
    ],
    ids=str,
)
def test_rejects_what_is_no_path(content: object) -> None:
    with pytest.raises(MalformedMessage, match="leaf"):
        read_path("leaf", content)


def test_longest_path_is_read() -> None:
    path = (Sibling(ZERO_HASH, is_left=True),) * PATH_MAX
    assert read_path("leaf", Included(b"", path).path_content()) == path


def test_bytes_are_spelt_in_lower_digits() -> None:
    assert read_hex("leaf", "00ff", 2) == b"\x00\xff"


@pytest.mark.parametrize("text", [None, 1, "", "0", "0x00", "FF", "00 ", "000000", "00\n"])
def test_rejects_what_spells_no_bytes(text: object) -> None:
    with pytest.raises(MalformedMessage, match="leaf is not up to 2 bytes"):
        read_hex("leaf", text, 2)
