"""Making a block: pick from what waits, execute, seal; and the compact form it travels in.

A proposal names its transactions by the hash of their bytes and peers fill it from their mempool;
what is missing is fetched. The receipt documents follow from the claims.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from chain.block import (
    EVIDENCE_BYTES_MAX,
    Block,
    Header,
    encode_last_commit,
    evidence_hash,
    last_commit_hash,
    read_last_commit,
)
from chain.certificate import Certificate
from chain.codec import Reader, bytes32, decode_whole, sequence
from chain.errors import InvalidTransaction
from chain.evidence import Evidence
from chain.execution import ExecutedBlock, finish_execution, start_execution
from chain.fetch import encode_hashes, read_hashes
from chain.merkle import merkle_root
from chain.primitives import (
    BLOCK_CLAIMS_MAX,
    BLOCK_EVIDENCE_MAX,
    BLOCK_SIDECAR_BYTES_MAX,
    BLOCK_TRANSACTION_BYTES_MAX,
    BLOCK_TRANSACTIONS_MAX,
    ZERO_HASH,
    Hash,
    PublicKey,
)
from chain.punishment import find_fault, punish
from chain.receipt import Receipt
from chain.state import Ledger
from chain.transaction import claims_in
from chain.transition import Execution, apply_transaction
from chain.validation import VerifiedBlock, VerifiedTransaction

COMPACT_BYTES_MAX = 1024 * 1024
"""The widest compact block: 20,000 + 1,024 names of 32 bytes, a certificate and evidence."""


class Waiting(Protocol):
    """What a proposer needs of the mempool."""

    def candidates(self) -> Iterable[VerifiedTransaction]:
        """Return what waits, best first and each sender's in nonce order."""
        ...

    def find_receipt(self, sidecar_id: Hash) -> Receipt | None:
        """Return the document of a claim, or None."""
        ...


@dataclass
class _Picked:
    evidence: list[Evidence]
    transactions: list[VerifiedTransaction]
    receipts: list[Receipt]
    transaction_bytes: int = 0
    sidecar_bytes: int = 0

    def has_room(self, candidate: VerifiedTransaction, receipts: Sequence[Receipt]) -> bool:
        sidecar = self.sidecar_bytes + sum(len(one.document) for one in receipts)
        return (
            len(self.transactions) < BLOCK_TRANSACTIONS_MAX
            and self.transaction_bytes + len(candidate.data) <= BLOCK_TRANSACTION_BYTES_MAX
            and len(self.receipts) + len(receipts) <= BLOCK_CLAIMS_MAX
            and sidecar <= BLOCK_SIDECAR_BYTES_MAX
        )

    def block(self, header: Header, last_commit: Certificate | None) -> VerifiedBlock:
        block = Block(
            header=header,
            last_commit=last_commit,
            evidence=tuple(one.encode() for one in self.evidence),
            transactions=tuple(one.data for one in self.transactions),
            receipts=tuple(one.document for one in self.receipts),
        )
        parts = (tuple(self.transactions), tuple(self.receipts), tuple(self.evidence))
        return VerifiedBlock(block, *parts)

    def add(self, candidate: VerifiedTransaction, receipts: Sequence[Receipt]) -> None:
        self.transactions.append(candidate)
        self.transaction_bytes += len(candidate.data)
        self.receipts += receipts
        self.sidecar_bytes += sum(len(one.document) for one in receipts)


def build_block(
    ledger: Ledger,
    waiting: Waiting,
    *,
    proposer: PublicKey,
    time_ms: int,
    last_commit: Certificate | None,
    evidence: Iterable[Evidence] = (),
) -> ExecutedBlock:
    """Make the next block from what waits; what cannot be applied is left out.

    Args:
        ledger: the final state.
        waiting: the mempool.
        proposer: a validator's key.
        time_ms: the proposer's clock; raised above the parent's time if it is not, for which
            :func:`chain.consensus.timing.is_timely` gives the reason.
        last_commit: the tip's certificate, None for the first block.
        evidence: what was checked and may count; ``BLOCK_EVIDENCE_MAX`` of it at most are taken.
    """
    execution = start_execution(ledger, proposer)
    picked = _Picked(evidence=_pick_evidence(execution, evidence), transactions=[], receipts=[])
    outcomes = []
    for candidate in waiting.candidates():
        receipts = _receipts_of(candidate, waiting)
        if receipts is None or not picked.has_room(candidate, receipts):
            continue
        try:
            outcomes.append(apply_transaction(execution, candidate))
        except InvalidTransaction:
            continue
        picked.add(candidate, receipts)
    header = _blank_header(
        ledger,
        picked,
        proposer=proposer,
        time_ms=max(time_ms, ledger.tip_time_ms + 1),
        last_commit=last_commit,
    )
    return finish_execution(execution, picked.block(header, last_commit), outcomes)


def _pick_evidence(execution: Execution, evidence: Iterable[Evidence]) -> list[Evidence]:
    picked: list[Evidence] = []
    for one in evidence:
        if len(picked) < BLOCK_EVIDENCE_MAX and find_fault(execution.state, one) is None:
            punish(execution.state, one)
            picked.append(one)
    return picked


def _receipts_of(candidate: VerifiedTransaction, waiting: Waiting) -> list[Receipt] | None:
    """Return the documents of a candidate's claims, or None when one is not at hand."""
    found = [waiting.find_receipt(one.sidecar_id) for one in claims_in(candidate.transaction)]
    receipts = [one for one in found if one is not None]
    return receipts if len(receipts) == len(found) else None


def _blank_header(
    ledger: Ledger,
    picked: _Picked,
    *,
    proposer: PublicKey,
    time_ms: int,
    last_commit: Certificate | None,
) -> Header:
    """Return the header with what the parts give; execution fills in the rest."""
    return Header(
        chain_id=ledger.chain_id,
        genesis_hash=ledger.genesis_hash,
        height=ledger.height + 1,
        time_ms=time_ms,
        parent_hash=ledger.tip_hash,
        last_commit_hash=last_commit_hash(last_commit),
        transactions_root=merkle_root([one.data for one in picked.transactions]),
        outcomes_root=ZERO_HASH,
        receipts_root=merkle_root([one.document for one in picked.receipts]),
        state_root=ZERO_HASH,
        validators_hash=ZERO_HASH,
        next_validators_hash=ZERO_HASH,
        params_hash=ZERO_HASH,
        evidence_hash=evidence_hash(tuple(one.encode() for one in picked.evidence)),
        payouts_root=ZERO_HASH,
        proposer=proposer,
    )


@dataclass(frozen=True)
class CompactBlock:
    """A block by the names of its parts.

    Attributes:
        header: the whole header.
        last_commit: the parent's certificate.
        evidence: encoded, whole.
        transactions: full ids, in order.
        receipts: sidecar ids, in order.
    """

    header: Header
    last_commit: Certificate | None
    evidence: tuple[bytes, ...]
    transactions: tuple[Hash, ...]
    receipts: tuple[Hash, ...]

    def encode(self) -> bytes:
        """Return the parts in a fixed order."""
        start = bytes32(self.header.encode()) + encode_last_commit(self.last_commit)
        names = encode_hashes(self.transactions) + encode_hashes(self.receipts)
        return start + sequence(self.evidence) + names

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Decode what :meth:`encode` wrote.

        Raises:
            MalformedMessage: a part does not decode or is above its limit.
        """
        return decode_whole(data, cls._read)

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(
            header=Header.decode(reader.bytes32(limit=1_024)),
            last_commit=read_last_commit(reader),
            evidence=tuple(
                reader.sequence(count_max=BLOCK_EVIDENCE_MAX, item_max=EVIDENCE_BYTES_MAX)
            ),
            transactions=read_hashes(reader, BLOCK_TRANSACTIONS_MAX),
            receipts=read_hashes(reader, BLOCK_CLAIMS_MAX),
        )


def compact_block(verified: VerifiedBlock) -> CompactBlock:
    """Return the compact form of a block."""
    return CompactBlock(
        header=verified.block.header,
        last_commit=verified.block.last_commit,
        evidence=verified.block.evidence,
        transactions=tuple(one.full_id for one in verified.transactions),
        receipts=tuple(one.sidecar_id for one in verified.receipts),
    )


def missing_parts(
    compact: CompactBlock,
    transactions: Mapping[Hash, VerifiedTransaction],
    receipts: Mapping[Hash, Receipt],
) -> tuple[list[Hash], list[Hash]]:
    """Return the full ids and sidecar ids that are not at hand."""
    return (
        [name for name in compact.transactions if name not in transactions],
        [name for name in compact.receipts if name not in receipts],
    )


def fill_block(
    compact: CompactBlock,
    transactions: Mapping[Hash, VerifiedTransaction],
    receipts: Mapping[Hash, Receipt],
) -> Block:
    """Return the whole block; every part must be at hand."""
    return Block(
        header=compact.header,
        last_commit=compact.last_commit,
        evidence=compact.evidence,
        transactions=tuple(transactions[name].data for name in compact.transactions),
        receipts=tuple(receipts[name].document for name in compact.receipts),
    )
