"""Field commitments: private fields of which a receipt holds the root and nothing else.

Whoever made the receipt keeps its fields and can later disclose one of them: its name, value and
salt, and the hashes that lead from there to the root. The others stay hidden behind their salts,
so a salt is 32 random bytes, never used twice and told to nobody before its field is. The caller
makes the salts: the chain rolls no dice. A disclosure proves that its maker committed to this
value. It cannot prove that the maker did not commit to another value under the same name.

The tree is the one of ``chain.keccak_tree``, so that an EVM contract or the npm package
``@openzeppelin/merkle-tree`` can check a disclosure without this program.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from chain.codec import Reader, decode_whole, text8, u8
from chain.errors import MalformedMessage
from chain.keccak_tree import AbiType, KeccakTree, hex_of, root_of_proof, row_hash
from chain.primitives import HASH_BYTES, LABEL_MAX, Hash
from chain.receipt import LABEL

FIELD_TYPES: Final[tuple[AbiType, ...]] = ("string", "string", "bytes32")
"""Solidity types of name, value and salt."""

FIELDS_MAX = 64
"""Private fields of one receipt: three times what the public document has."""

VALUE_MAX = 128
"""Characters of a value: room for a SHA-512 in hex, none for a prompt or an output."""

SALT_BYTES = 32

PROOF_MAX = 16
"""Hashes of a disclosure's proof: a tree of 64 fields needs 6, and whoever hides how many fields
there are behind empty ones may have 65,536."""

_HEX = re.compile(r"0x[0-9a-f]{64}", re.ASCII)
_KEYS = frozenset({"name", "value", "salt", "proof"})


@dataclass(frozen=True, slots=True)
class PrivateField:
    """A fact about a job that its receipt commits to and does not show.

    Attributes:
        name: a label, unique in its receipt.
        value: at most ``VALUE_MAX`` printable ASCII characters: a hash, a number or a label.
        salt: 32 random bytes of its own.
    """

    name: str
    value: str
    salt: bytes


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One private field with the proof that a root commits to it.

    Attributes:
        name: the field's label.
        value: at most ``VALUE_MAX`` printable ASCII characters.
        salt: 32 bytes.
        proof: at most ``PROOF_MAX`` hashes, from the leaf's sibling up.
    """

    name: str
    value: str
    salt: bytes
    proof: tuple[Hash, ...]

    def encode(self) -> bytes:
        """Return the fields in a fixed order."""
        text = text8(self.name) + text8(self.value)
        return text + self.salt + u8(len(self.proof)) + b"".join(self.proof)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read the fields that :meth:`encode` wrote.

        Raises:
            MalformedMessage: it ends too early, the name is no label, or a part is above its limit.
        """
        disclosure = cls(
            name=reader.text8(LABEL_MAX),
            value=reader.text8(VALUE_MAX),
            salt=reader.take(SALT_BYTES),
            proof=_read_proof(reader),
        )
        _check_form(disclosure)
        return disclosure

    @property
    def document(self) -> dict[str, str | list[str]]:
        """The JSON form for people; hex is lower case after ``0x``, as the npm package wants it."""
        return {
            "name": self.name,
            "value": self.value,
            "salt": hex_of(self.salt),
            "proof": [hex_of(part) for part in self.proof],
        }


def _read_proof(reader: Reader) -> tuple[Hash, ...]:
    count = reader.u8()
    if count > PROOF_MAX:
        raise MalformedMessage(detail=f"a disclosure's proof has at most {PROOF_MAX} hashes")
    return tuple(reader.hash() for _ in range(count))


def _check_form(field: PrivateField | Disclosure) -> None:
    """Check the parts that both have; no sentence repeats a private value."""
    if not LABEL.fullmatch(field.name):
        raise MalformedMessage(detail="the name of a private field is no label")
    if len(field.value) > VALUE_MAX or not (field.value.isascii() and field.value.isprintable()):
        raise MalformedMessage(
            detail=f"a private field is not of at most {VALUE_MAX} printable ASCII characters"
        )
    if len(field.salt) != SALT_BYTES:
        raise MalformedMessage(detail=f"the salt of a private field is not of {SALT_BYTES} bytes")


def _tree_of(fields: Sequence[PrivateField]) -> KeccakTree:
    if not 1 <= len(fields) <= FIELDS_MAX:
        raise MalformedMessage(
            detail=f"there are {len(fields)} private fields, not 1 to {FIELDS_MAX}"
        )
    for field in fields:
        _check_form(field)
    if len({field.name for field in fields}) != len(fields):
        raise MalformedMessage(detail="two private fields have the same name")
    if len({field.salt for field in fields}) != len(fields):
        # Whoever learns one of them could guess the other's value and see that it fits.
        raise MalformedMessage(detail="two private fields have the same salt")
    rows = [(field.name, field.value, field.salt) for field in fields]
    return KeccakTree.of(FIELD_TYPES, rows)


def fields_root(fields: Sequence[PrivateField]) -> Hash:
    """Return the root that a receipt holds in hex; the order of the fields does not matter.

    Args:
        fields: 1 to ``FIELDS_MAX``.

    Raises:
        MalformedMessage: too few or too many fields, a name or a salt used twice, or a part that
            is not of its form.
    """
    return _tree_of(fields).root


def disclose(fields: Sequence[PrivateField], name: str) -> Disclosure:
    """Return one of the fields with its proof.

    Args:
        fields: all of those under the root.
        name: which one is shown.

    Raises:
        MalformedMessage: no field has this name, or the fields have no root.
    """
    tree = _tree_of(fields)
    for index, field in enumerate(fields):
        if field.name == name:
            proof = tree.proof(index)
            return Disclosure(name=name, value=field.value, salt=field.salt, proof=proof)
    raise MalformedMessage(detail="no private field has this name")


def check_disclosure(disclosure: Disclosure, root: Hash) -> None:
    """Check that a root commits to the disclosed field.

    Args:
        disclosure: from anybody.
        root: the ``fields_root`` of a claim or a receipt, 32 bytes; zeros commit to nothing.

    Raises:
        MalformedMessage: the proof leads elsewhere, or a part is not of its form.
    """
    _check_form(disclosure)
    if len(disclosure.proof) > PROOF_MAX:
        raise MalformedMessage(detail=f"a disclosure's proof has at most {PROOF_MAX} hashes")
    leaf = row_hash(FIELD_TYPES, (disclosure.name, disclosure.value, disclosure.salt))
    if root_of_proof(leaf=leaf, proof=disclosure.proof) != root:
        raise MalformedMessage(detail="the receipt does not commit to the disclosed field")


def decode_disclosure(data: bytes) -> Disclosure:
    """Decode a whole disclosure.

    Raises:
        MalformedMessage: the bytes do not decode, or some are left over.
    """
    return decode_whole(data, Disclosure.read)


def parse_disclosure(document: object) -> Disclosure:
    """Read the JSON form of a disclosure.

    Args:
        document: parsed JSON, as ``Disclosure.document`` has it; one spelling of each value.

    Raises:
        MalformedMessage: a key is unknown or missing, or a part is not of its form.
    """
    if not isinstance(document, dict) or document.keys() != _KEYS:
        raise MalformedMessage(detail="a disclosure has a name, a value, a salt and a proof")
    name, value, proof = document["name"], document["value"], document["proof"]
    if not (isinstance(name, str) and isinstance(value, str)):
        raise MalformedMessage(detail="the name and the value of a private field are text")
    if not isinstance(proof, list) or len(proof) > PROOF_MAX:
        raise MalformedMessage(detail=f"a disclosure's proof has at most {PROOF_MAX} hashes")
    disclosure = Disclosure(
        name=name,
        value=value,
        salt=_parse_hex(document["salt"]),
        proof=tuple(Hash(_parse_hex(part)) for part in proof),
    )
    _check_form(disclosure)
    return disclosure


def _parse_hex(text: object) -> bytes:
    if not (isinstance(text, str) and _HEX.fullmatch(text)):
        raise MalformedMessage(
            detail=f"a salt or a hash is 0x and {2 * HASH_BYTES} lower-case hex digits"
        )
    return bytes.fromhex(text[2:])


def fields_dump(fields: Sequence[PrivateField]) -> dict[str, object]:
    """Return the JSON document that the npm package loads; it shows every field and salt.

    Raises:
        MalformedMessage: as :func:`fields_root`.
    """
    return _tree_of(fields).dump()
