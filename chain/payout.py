"""The payout rows: what one claim paid to one provider, and the root over a period's rows.

The root stands in the header of the block where a payout period ends. It is a keccak tree, so that
an EVM contract or the npm package ``@openzeppelin/merkle-tree`` can check a row without this
program. A row shows no receipt: it names it by a commitment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from chain.codec import Reader, u32, u64
from chain.crypto import keccak256
from chain.keccak_tree import AbiType, AbiValue, KeccakTree, row_hash
from chain.primitives import ADDRESS_BYTES, AMOUNT_MAX, HEIGHT_MAX, ZERO_HASH, Address, Hash

PAYOUT_TYPES: Final[tuple[AbiType, ...]] = ("uint256", "uint256", "bytes32", "address", "uint256")
"""Solidity types of period, index, commitment, payee and amount."""


@dataclass(frozen=True, slots=True)
class PayoutRow:
    """One payment of a payout period.

    Attributes:
        period: number of the payout period, 0 to ``HEIGHT_MAX``.
        index: position in the period, from 0; a proof shows no position, so the row carries it.
        commitment: 32 bytes, of :func:`commitment_of`.
        payee: who was paid, 20 bytes.
        amount: base units, 0 to ``AMOUNT_MAX``.
    """

    period: int
    index: int
    commitment: Hash
    payee: Address
    amount: int

    def encode(self) -> bytes:
        """Return the fields in a fixed order."""
        place = u64(self.period) + u32(self.index)
        return place + self.commitment + self.payee + u64(self.amount)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read the fields that :meth:`encode` wrote.

        Raises:
            MalformedMessage: it ends too early, or a number is out of its range.
        """
        return cls(
            period=reader.bounded(0, HEIGHT_MAX),
            index=reader.u32(),
            commitment=reader.hash(),
            payee=Address(reader.take(ADDRESS_BYTES)),
            amount=reader.bounded(0, AMOUNT_MAX),
        )

    @property
    def abi_values(self) -> tuple[AbiValue, ...]:
        """The fields as values of ``PAYOUT_TYPES``."""
        return (self.period, self.index, self.commitment, self.payee, self.amount)

    @property
    def leaf(self) -> Hash:
        """The row's hash in the tree, where a proof of it begins."""
        return row_hash(PAYOUT_TYPES, self.abi_values)


def commitment_of(*, fields_root: Hash, receipt_hash: Hash) -> Hash:
    """Return what stands for a receipt in its payout row.

    Args:
        fields_root: the claim's root over private fields, or zeros for none.
        receipt_hash: hashed once more where there is none, so that the row does not name it.
    """
    return Hash(keccak256(receipt_hash)) if fields_root == ZERO_HASH else fields_root


def payout_tree(rows: Sequence[PayoutRow]) -> KeccakTree:
    """Return the tree over one row at least, for whoever needs more than one of its proofs.

    Raises:
        MalformedMessage: there are no rows, or a field of a row is not of its type.
    """
    return KeccakTree.of(PAYOUT_TYPES, [row.abi_values for row in rows])


def payouts_root(rows: Sequence[PayoutRow]) -> Hash:
    """Return the root over a period's rows; of no rows, zeros.

    Raises:
        MalformedMessage: a field of a row is not of its type.
    """
    return payout_tree(rows).root if rows else ZERO_HASH


def payout_proof(rows: Sequence[PayoutRow], index: int) -> tuple[Hash, ...]:
    """Return the proof of ``rows[index]``; ``root_of_proof`` leads it from the row's leaf up.

    Raises:
        MalformedMessage: there is no such row, or a field of a row is not of its type.
    """
    return payout_tree(rows).proof(index)


def payout_dump(rows: Sequence[PayoutRow]) -> dict[str, object]:
    """Return the JSON document that the npm package loads: addresses as EIP-55, numbers as text.

    Raises:
        MalformedMessage: there are no rows, or a field of a row is not of its type.
    """
    return payout_tree(rows).dump()
