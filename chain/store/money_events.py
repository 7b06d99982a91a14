"""What moved money in final blocks, in the order in which it did, read back from the rows.

Transfers, and each step in the life of a reservation and of a claim. The transactions of a block
come first, in their order, then the work that fell due; a batch of claims is one event for each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chain.approval import ApprovedTransaction, Resolution
from chain.kind import Kind
from chain.outcome import Outcome, OutcomeKind
from chain.payloads import Accept, Dispute, Release
from chain.primitives import INDEX_BITS, ZERO_ADDRESS, ZERO_HASH, Address, Hash
from chain.store.book import row_id, rows_of_block
from chain.store.queries import ChainReader
from chain.store.view_rows import OUTCOME_BYTES, AnyRow, outcomes_of
from chain.transaction import SignedTransaction, decode_transaction

CLAIM_ENDINGS = frozenset(
    {OutcomeKind.CLAIMED, OutcomeKind.ACCEPTED, OutcomeKind.RESOLVED}
    | {OutcomeKind.MATURED, OutcomeKind.UNDECIDED}
)
"""What may end a claim."""

MONEY_KINDS = CLAIM_ENDINGS | {
    OutcomeKind.TRANSFERRED,
    OutcomeKind.RESERVED,
    OutcomeKind.RELEASED,
    OutcomeKind.DISPUTED,
    OutcomeKind.EXPIRED,
}
"""Every kind of event."""

DUE_KINDS = frozenset({OutcomeKind.EXPIRED, OutcomeKind.MATURED, OutcomeKind.UNDECIDED})
"""What no transaction does: work that fell due."""

_DUE_WORK = 10
"""How many transactions the work of looking up one due outcome's parties is worth."""

_PASSED_OVER = 8
"""Transactions that are not looked for, most of which are transfers, for the work of one."""

_TRANSACTIONS = (
    "SELECT one.id, one.hash, one.kind, one.amount, one.fee, one.paid, one.returned, one.pending, "
    "sender.address AS sender_address, recipient.address AS recipient_address, one.data "
    'FROM "transaction" AS one '
    "LEFT JOIN account AS sender ON sender.number = one.sender "
    "LEFT JOIN account AS recipient ON recipient.number = one.recipient "
    "WHERE one.id >= ? AND one.id < ? AND one.kind IN (SELECT value FROM json_each(?)) "
    "ORDER BY one.id"
)
_CLAIMS = (
    "SELECT one.id, one.claim, claim.hash, one.receipt_hash, one.price, "
    "client.address AS client_address, provider.address AS provider_address "
    'FROM receipt AS one JOIN "transaction" AS claim ON claim.id = one.claim '
    "JOIN account AS client ON client.number = one.client "
    "JOIN account AS provider ON provider.number = one.provider "
    "WHERE one.claim >= ? AND one.claim < ? ORDER BY one.claim, one.id"
)
_SIZES = (
    "SELECT height, transaction_count, receipt_count, length(due_outcomes) AS due_bytes "
    "FROM block WHERE height >= ? AND height <= ? ORDER BY height"
)
_OUTCOMES = (
    "SELECT height, transaction_count, claim_outcomes, due_outcomes FROM block "
    "WHERE height >= ? AND height <= ? AND (receipt_count > 0 OR length(due_outcomes) > 0) "
    "ORDER BY height"
)


@dataclass(frozen=True, slots=True)
class MoneyEvent:
    """One movement of money, or of a claim to it.

    Attributes:
        height: of the block.
        index: place of its transaction in the block; the count of transactions for due work.
        step: its place among the events of that transaction, or of the due work.
        transaction_id: 32 bytes; None for due work.
        kind: what happened; a claim of a batch is ``CLAIMED`` too.
        subject: the receipt hash of a claim, the reservation id of a reservation; zeros for a
            transfer.
        client: whose money it is, or who sends it.
        provider: who is paid, or receives; zeros for "any provider", and where nobody is.
        amount: base units moved, reserved, claimed, accepted, disputed or decided; else 0.
        fee: base units that came out of what was paid for the claim; else 0.
        paid: base units that reached the provider.
        returned: base units that went back to the client.
        pending: base units that wait, or a dispute's bond.
    """

    height: int
    index: int
    step: int
    transaction_id: Hash | None
    kind: OutcomeKind
    subject: Hash
    client: Address
    provider: Address
    amount: int
    fee: int
    paid: int
    returned: int
    pending: int

    @property
    def ends_claim(self) -> bool:
        """Whether a claim came to its end."""
        return self.kind in CLAIM_ENDINGS and not self.pending


class MoneyEvents:
    """Asks a reader's connection; use it inside one snapshot of the reader."""

    def __init__(self, reader: ChainReader) -> None:
        """Ask through an open reader."""
        self._reader = reader
        self._connection = reader.connection

    def covered(
        self,
        from_height: int,
        to_height: int,
        kinds: frozenset[OutcomeKind] = MONEY_KINDS,
        *,
        work_max: int,
    ) -> int:
        """Return the last height up to which so much work reaches; the first one always does.

        Args:
            from_height: the first block.
            to_height: the last block.
            kinds: of the events that are looked for.
            work_max: how many transactions and receipts are read; due work counts tenfold, and
                eight transactions that are passed over as one.
        """
        of_receipt, of_due = OutcomeKind.CLAIMED in kinds, _DUE_WORK * bool(kinds & DUE_KINDS)
        passed_over = 1 if OutcomeKind.TRANSFERRED in kinds else _PASSED_OVER
        work, last = 0, from_height
        for size in self._connection.exec_driver_sql(_SIZES, (from_height, to_height)):
            work += size.transaction_count // passed_over + size.receipt_count * of_receipt
            work += of_due * (size.due_bytes // OUTCOME_BYTES)
            if work > work_max and size.height > from_height:
                break
            last = size.height
        return last

    def of_blocks(
        self, from_height: int, to_height: int, kinds: frozenset[OutcomeKind] = MONEY_KINDS
    ) -> list[MoneyEvent]:
        """Return the events of these kinds in blocks from one height to another, both included."""
        blocks: Sequence[AnyRow] = ()
        if kinds & (DUE_KINDS | {OutcomeKind.CLAIMED}):
            blocks = self._connection.exec_driver_sql(_OUTCOMES, (from_height, to_height)).all()
        ends = (row_id(from_height, 0), row_id(to_height + 1, 0))
        events = [*self._of_transactions(*ends, kinds)]
        if OutcomeKind.CLAIMED in kinds:
            events += self._of_claims(*ends, blocks)
        return sorted([*events, *self._of_due_work(blocks, kinds)], key=_place)

    def of_places(self, height: int, first: int, end: int) -> list[MoneyEvent]:
        """Return the events of a block's transactions from one place up to another."""
        ends = (row_id(height, first), row_id(height, end))
        blocks = self._connection.exec_driver_sql(_OUTCOMES, (height, height)).all()
        events = [*self._of_transactions(*ends, MONEY_KINDS), *self._of_claims(*ends, blocks)]
        return sorted(events, key=_place)

    def of_due_work(self, height: int) -> list[MoneyEvent]:
        """Return the events of the work that fell due at a height."""
        blocks = self._connection.exec_driver_sql(_OUTCOMES, (height, height)).all()
        return list(self._of_due_work(blocks, DUE_KINDS))

    def fees(self, height: int) -> int:
        """Return the base units that the transactions of a block paid as fees."""
        query = 'SELECT coalesce(sum(fee), 0) FROM "transaction" WHERE id >= ? AND id < ?'
        found: int = self._connection.exec_driver_sql(query, rows_of_block(height)).scalar_one()
        return found

    def _of_transactions(
        self, first: int, end: int, kinds: frozenset[OutcomeKind]
    ) -> Iterator[MoneyEvent]:
        wanted = str([int(kind) for kind in sorted(kinds - DUE_KINDS - {OutcomeKind.CLAIMED})])
        for row in self._connection.exec_driver_sql(_TRANSACTIONS, (first, end, wanted)):
            subject, fee, client, provider = self._about(row)
            yield MoneyEvent(
                height=row.id >> INDEX_BITS,
                index=row.id & (1 << INDEX_BITS) - 1,
                step=0,
                transaction_id=Hash(row.hash),
                kind=OutcomeKind(row.kind),
                subject=subject,
                client=client,
                provider=provider or ZERO_ADDRESS,
                amount=row.amount,
                fee=fee,
                paid=row.paid,
                returned=row.returned,
                pending=row.pending,
            )

    def _about(self, row: AnyRow) -> tuple[Hash, int, Address, Address | None]:
        """Return subject, the claim's fee, client and provider of a transaction."""
        sender, recipient = row.sender_address, row.recipient_address
        match row.kind:
            case Kind.TRANSFER:
                return ZERO_HASH, 0, sender, recipient
            case Kind.RESERVE:
                return Hash(row.hash), 0, sender, recipient
        match decode_transaction(row.data):
            case SignedTransaction(payload=Release() as release):
                return release.reservation_id, 0, recipient, None
            case SignedTransaction(payload=Accept() as accept, fee=own_fee):
                return accept.receipt_hash, row.fee - own_fee, sender, recipient
            case SignedTransaction(payload=Dispute() as dispute):
                return dispute.receipt_hash, 0, sender, recipient
            case ApprovedTransaction(decision=Resolution() as resolution):
                client, _ = self._parties(resolution.receipt_hash)
                return resolution.receipt_hash, row.fee, client, recipient
        raise AssertionError(row.kind)

    def _parties(self, receipt_hash: Hash) -> tuple[Address, Address]:
        receipt = self._reader.find_receipt(receipt_hash)
        assert receipt is not None
        return receipt.client, receipt.provider

    def _of_claims(self, first: int, end: int, blocks: Sequence[AnyRow]) -> Iterator[MoneyEvent]:
        encoded = {block.height: block.claim_outcomes for block in blocks}
        last, step = -1, 0
        for row in self._connection.exec_driver_sql(_CLAIMS, (first, end)):
            height, place = row.id >> INDEX_BITS, row.id & (1 << INDEX_BITS) - 1
            at = place * OUTCOME_BYTES
            (outcome,) = outcomes_of(encoded[height][at : at + OUTCOME_BYTES])
            last, step = row.claim, step + 1 if row.claim == last else 0
            yield MoneyEvent(
                height=height,
                index=row.claim & (1 << INDEX_BITS) - 1,
                step=step,
                transaction_id=Hash(row.hash),
                kind=OutcomeKind.CLAIMED,
                subject=Hash(row.receipt_hash),
                client=Address(row.client_address),
                provider=Address(row.provider_address),
                amount=row.price,
                fee=outcome.fee,
                paid=outcome.paid,
                returned=outcome.returned,
                pending=outcome.pending,
            )

    def _of_due_work(
        self, blocks: Sequence[AnyRow], kinds: frozenset[OutcomeKind]
    ) -> Iterator[MoneyEvent]:
        for block in blocks:
            for step, outcome in enumerate(outcomes_of(block.due_outcomes)):
                if outcome.kind in kinds:
                    yield self._of_due(block.height, block.transaction_count, step, outcome)

    def _of_due(self, height: int, index: int, step: int, outcome: Outcome) -> MoneyEvent:
        expired = outcome.kind is OutcomeKind.EXPIRED
        if expired:
            reserve = self._reader.find_transaction(outcome.subject)
            assert reserve is not None
            assert reserve.sender is not None
            client, provider = reserve.sender, reserve.recipient or ZERO_ADDRESS
        else:
            client, provider = self._parties(outcome.receipt_hash)
        return MoneyEvent(
            height=height,
            index=index,
            step=step,
            transaction_id=None,
            kind=outcome.kind,
            subject=outcome.subject if expired else outcome.receipt_hash,
            client=client,
            provider=provider,
            amount=outcome.fee + outcome.paid,
            fee=outcome.fee,
            paid=outcome.paid,
            returned=outcome.returned,
            pending=outcome.pending,
        )


def _place(event: MoneyEvent) -> tuple[int, int, int]:
    return event.height, event.index, event.step
