"""Keccak trees: the published roots, the ABI's published encoding, every proof of small trees."""

import random

import pytest

from chain.crypto import keccak256
from chain.errors import MalformedMessage
from chain.keccak_tree import (
    KeccakTree,
    abi_encode,
    hex_of,
    pair_hash,
    root_of_proof,
    row_hash,
    text_of,
)
from chain.primitives import Hash

# The example of the README of @openzeppelin/merkle-tree; the root and the proof of its first row
# are what the package prints, and what the contract tests of many projects hold.
README_TYPES = ("address", "uint256")
README_ROWS = (
    (bytes.fromhex("11" * 20), 5_000_000_000_000_000_000),
    (bytes.fromhex("22" * 20), 2_500_000_000_000_000_000),
)
README_ROOT = "d4dee0beab2d53f2cc83e567171bd2820e49898130a22622b10ead383e90bd77"
README_PROOF = "b92c48e9d7abe27fd8dfd6b5dfdbfb1c9a463f80c712b66f3a5180a090cccafc"

# The package's own file test/dumps/standard-v1.sorted.1_0_6.json.
LETTERS_DUMP = {
    "format": "standard-v1",
    "leafEncoding": ["string"],
    "tree": [
        "0x6deb52b5da8fd108f79fab00341f38d2587896634c646ee52e49f845680a70c8",
        "0x52426e0f1f65ff7e209a13b8c29cffe82e3acaf3dad0a9b9088f3b9a61a929c3",
        "0xfd3cf45654e88d1cc5d663578c82c76f4b5e3826bacaa1216441443504538f51",
        "0x8076923e76cf01a7c048400a2304c9a9c23bbbdac3a98ea3946340fdafbba34f",
        "0x965b92c6cf08303cc4feb7f3e0819c436c2cec17c6f0688a6af139c9a368707c",
        "0xeba909cf4bb90c6922771d7f126ad0fd11dfde93f3937a196274e1ac20fd2f5b",
        "0xc62a8cfa41edc0ef6f6ae27a2985b7d39c7fea770787d7e104696c6e81f64848",
        "0x9cf5a63718145ba968a01c1d557020181c5b252f665cf7386d370eddb176517b",
        "0x9c15a6a0eaeed500fd9eed4cbeab71f797cefcc67bfd46683e4d2e6ff7f06d1c",
        "0x9a4f64e953595df82d1b4f570d34c4f4f0cfaf729a61e9d60e83e579e1aa283e",
        "0x19ba6c6333e0e9a15bf67523e0676e2f23eb8e574092552d5e888c64a4bb3681",
    ],
    "values": [
        {"value": [letter], "treeIndex": place}
        for letter, place in zip("abcdef", (8, 10, 7, 5, 9, 6), strict=True)
    ],
}


def a_tree(size: int) -> KeccakTree:
    return KeccakTree.of(
        ("uint256", "string"), [(number, f"row {number}") for number in range(size)]
    )


def test_example_of_the_package_has_its_published_root_and_proof() -> None:
    tree = KeccakTree.of(README_TYPES, README_ROWS)
    assert tree.root.hex() == README_ROOT
    assert [sibling.hex() for sibling in tree.proof(0)] == [README_PROOF]


def test_dump_is_the_published_one() -> None:
    assert KeccakTree.of(("string",), list("abcdef")).dump() == LETTERS_DUMP


def test_dump_writes_numbers_as_text_and_addresses_with_capitals() -> None:
    # The first address is an example of EIP-55.
    row = (bytes.fromhex("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"), 2**256 - 1, bytes(31) + b"\1")
    types = ("address", "uint256", "bytes32")
    (value,) = KeccakTree.of(types, [row]).dump()["values"]
    assert value["value"] == [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        str(2**256 - 1),
        "0x" + "00" * 31 + "01",
    ]
    assert text_of("uint256", 0) == "0"
    assert hex_of(b"\xab") == "0xab"


def test_static_values_are_words_in_a_row() -> None:
    encoded = abi_encode(("uint256", "bytes32", "address"), (69, b"\xcc" * 32, b"\xdd" * 20))
    assert encoded.hex() == "00" * 31 + "45" + "cc" * 32 + "00" * 12 + "dd" * 20


def test_string_stands_behind_the_heads_with_its_length() -> None:
    # The Solidity documentation's "Use of Dynamic Types" lays out "Hello, world!" this way.
    encoded = abi_encode(("uint256", "string", "string"), (0x123, "Hello, world!", ""))
    words = [encoded[start : start + 32].hex() for start in range(0, len(encoded), 32)]
    assert words == [
        "123".rjust(64, "0"),
        "60".rjust(64, "0"),
        "a0".rjust(64, "0"),
        "d".rjust(64, "0"),
        "48656c6c6f2c20776f726c6421".ljust(64, "0"),
        "0" * 64,
    ]


@pytest.mark.parametrize("length", [0, 1, 31, 32, 33, 64])
def test_string_fills_whole_words(length: int) -> None:
    encoded = abi_encode(("string",), ("x" * length,))
    assert len(encoded) == 64 + (length + 31) // 32 * 32
    assert encoded.rstrip(b"\0").endswith(b"x" * length)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint256", -1),
        ("uint256", 2**256),
        ("uint256", "1"),
        ("bytes32", bytes(31)),
        ("bytes32", bytes(33)),
        ("bytes32", "0" * 32),
        ("address", bytes(19)),
        ("address", bytes(32)),
        ("string", "é"),
        ("string", b"text"),
        ("uint8", 1),
    ],
)
def test_rejects_value_of_another_type(kind: str, value: object) -> None:
    with pytest.raises(MalformedMessage, match=kind):
        abi_encode((kind,), (value,))


@pytest.mark.parametrize("values", [(), (1, 2)])
def test_rejects_row_of_another_width(values: tuple[int, ...]) -> None:
    with pytest.raises(MalformedMessage, match="values, not 1"):
        row_hash(("uint256",), values)


def test_row_is_hashed_twice_and_a_pair_in_ascending_order() -> None:
    assert row_hash(("uint256",), (7,)) == keccak256(keccak256(bytes(31) + b"\7"))
    low, high = bytes(32), b"\xff" * 32
    assert pair_hash(low, high) == pair_hash(high, low) == keccak256(low + high)


def test_tree_of_one_row_is_its_leaf() -> None:
    tree = a_tree(1)
    assert tree.root == row_hash(("uint256", "string"), (0, "row 0"))
    assert tree.proof(0) == ()


def test_tree_has_at_least_one_row() -> None:
    with pytest.raises(MalformedMessage):
        KeccakTree.of(("uint256",), [])


@pytest.mark.parametrize("size", [*range(1, 34), 100])
def test_every_proof_leads_to_the_root(size: int) -> None:
    tree = a_tree(size)
    assert len(tree.nodes) == 2 * size - 1
    leaves = tree.nodes[size - 1 :]
    assert list(leaves) == sorted(leaves, reverse=True)
    for index, row in enumerate(tree.rows):
        leaf = row_hash(tree.types, row)
        assert tree.nodes[tree.places[index]] == leaf
        proof = tree.proof(index)
        assert root_of_proof(leaf=leaf, proof=proof) == tree.root
        for wrong in (proof[:-1], (*proof, leaf)):
            assert not proof or root_of_proof(leaf=leaf, proof=wrong) != tree.root


def test_order_of_the_rows_does_not_matter() -> None:
    rows = list(a_tree(37).rows)
    root = a_tree(37).root
    shuffler = random.Random(37)
    for _ in range(5):
        shuffler.shuffle(rows)
        assert KeccakTree.of(("uint256", "string"), rows).root == root


def test_equal_rows_have_a_proof_each() -> None:
    tree = KeccakTree.of(("string",), ["a", "b", "a"])
    leaf = row_hash(("string",), "a")
    assert tree.places[0] != tree.places[2]
    assert {root_of_proof(leaf=leaf, proof=tree.proof(index)) for index in (0, 2)} == {tree.root}


def test_any_changed_byte_of_a_proof_leads_elsewhere() -> None:
    tree = a_tree(13)
    leaf, proof = row_hash(tree.types, tree.rows[5]), tree.proof(5)
    parts = [leaf, *proof]
    for number, part in enumerate(parts):
        for place in range(len(part)):
            changed = bytearray(part)
            changed[place] ^= 1
            first, *rest = [*parts[:number], Hash(bytes(changed)), *parts[number + 1 :]]
            assert root_of_proof(leaf=first, proof=rest) != tree.root


@pytest.mark.parametrize("index", [-1, 13, 2**64])
def test_rejects_row_that_is_not_there(index: int) -> None:
    with pytest.raises(MalformedMessage, match="13 rows"):
        a_tree(13).proof(index)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_rejects_part_that_is_no_hash(size: int) -> None:
    for leaf, proof in ((bytes(size), []), (bytes(32), [bytes(32), bytes(size)])):
        with pytest.raises(MalformedMessage, match="32 bytes"):
            root_of_proof(leaf=Hash(leaf), proof=[Hash(part) for part in proof])
