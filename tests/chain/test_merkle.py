"""RFC 6962 trees: known roots, every path of small trees, and the published proofs."""

import base64
from pathlib import Path

import pytest

from chain.crypto import sha256
from chain.errors import MalformedMessage
from chain.merkle import (
    EMPTY_ROOT,
    check_consistency,
    leaf_hash,
    merkle_path,
    merkle_root,
    node_hash,
    root_of_path,
)
from chain.primitives import Hash
from tests.support.vectors import each_vector, read_vector

LEAVES = [bytes([number]) * number for number in range(20)]


def test_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert merkle_root([]) == EMPTY_ROOT == sha256(b"")


def test_leaf_and_node_are_told_apart() -> None:
    assert leaf_hash(b"x") == sha256(b"\x00x")
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert node_hash(left=left, right=right) == sha256(b"\x01" + left + right)
    assert merkle_root([left + right]) != merkle_root([b"a", b"b"])


def test_lone_last_leaf_moves_up_as_it_is() -> None:
    a, b, c = (leaf_hash(leaf) for leaf in (b"a", b"b", b"c"))
    assert merkle_root([b"a", b"b", b"c"]) == node_hash(left=node_hash(left=a, right=b), right=c)


@pytest.mark.parametrize("size", range(1, 18))
def test_every_path_leads_to_the_root(size: int) -> None:
    leaves = LEAVES[:size]
    for index, leaf in enumerate(leaves):
        path = merkle_path(leaves, index)
        root = root_of_path(leaf=leaf_hash(leaf), index=index, size=size, path=path)
        assert root == merkle_root(leaves)


@pytest.mark.parametrize(("index", "size"), [(-1, 4), (4, 4), (0, 0), (2**70, 2**70)])
def test_rejects_index_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(MalformedMessage):
        root_of_path(leaf=leaf_hash(b""), index=index, size=size, path=[])


def test_rejects_path_of_the_wrong_length() -> None:
    path = merkle_path(LEAVES[:8], 3)
    for wrong in (path[:-1], [*path, path[0]]):
        with pytest.raises(MalformedMessage):
            root_of_path(leaf=leaf_hash(LEAVES[3]), index=3, size=8, path=wrong)


def consistency_path(leaves: list[bytes], first: int, *, whole: bool = True) -> list[Hash]:
    """Return the proof of RFC 6962, section 2.1.2, straight from its recursive definition."""
    size = len(leaves)
    if first == size:
        return [] if whole else [merkle_root(leaves)]
    split = 1 << (size - 1).bit_length() - 1
    if first <= split:
        below = consistency_path(leaves[:split], first, whole=whole)
        return [*below, merkle_root(leaves[split:])]
    return [
        *consistency_path(leaves[split:], first - split, whole=False),
        merkle_root(leaves[:split]),
    ]


@pytest.mark.parametrize("size", range(1, 18))
def test_every_beginning_of_a_tree_is_consistent_with_it(size: int) -> None:
    for first in range(1, size + 1):
        proof = consistency_path(LEAVES[:size], first)
        facts = {
            "first_size": first,
            "second_root": merkle_root(LEAVES[:size]),
            "second_size": size,
        }
        check_consistency(first_root=merkle_root(LEAVES[:first]), path=proof, **facts)
        for wrong in ([*proof, EMPTY_ROOT], proof[:-1]):
            if wrong != proof:
                with pytest.raises(MalformedMessage):
                    check_consistency(first_root=merkle_root(LEAVES[:first]), path=wrong, **facts)
        with pytest.raises(MalformedMessage):
            check_consistency(first_root=merkle_root(LEAVES[1 : first + 1]), path=proof, **facts)


def hash_of(text: str | None) -> Hash:
    return Hash(base64.b64decode(text or ""))


@each_vector("rfc6962/inclusion/**/*.json")
def test_published_inclusion_proof(path: Path) -> None:
    case = read_vector(path)
    try:
        root = root_of_path(
            leaf=hash_of(case["leafHash"]),
            index=case["leafIdx"],
            size=case["treeSize"],
            path=[hash_of(text) for text in case["proof"] or []],
        )
    except MalformedMessage:
        root = Hash(b"refused")
    assert (root == hash_of(case["root"])) is not case["wantErr"]


@each_vector("rfc6962/consistency/**/*.json")
def test_published_consistency_proof(path: Path) -> None:
    case = read_vector(path)
    refused = False
    try:
        check_consistency(
            first_root=hash_of(case["root1"]),
            first_size=case["size1"],
            second_root=hash_of(case["root2"]),
            second_size=case["size2"],
            path=[hash_of(text) for text in case["proof"] or []],
        )
    except MalformedMessage:
        refused = True
    assert refused is case["wantErr"]


@pytest.mark.parametrize("kind", ["subtreeinclusion", "subtreeconsistency"])
def test_published_subtree_proofs(kind: str) -> None:
    pytest.skip(f"{kind} belongs to a later draft; no tree here has subtrees of its own")
