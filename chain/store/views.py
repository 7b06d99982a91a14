"""What the queries answer: plain frozen values, never objects that are tied to a session."""

from dataclasses import dataclass

from chain.approval import ApprovedTransaction, Resolution
from chain.block import Header
from chain.claim import ClaimTransaction
from chain.kind import Kind
from chain.outcome import Outcome, OutcomeKind
from chain.payloads import Accept, Dispute
from chain.primitives import INDEX_BITS, ZERO_HASH, Address, Hash, PublicKey
from chain.transaction import SignedTransaction, Transaction, decode_transaction


@dataclass(frozen=True, slots=True)
class BlockView:
    """A final block without its contents.

    Attributes:
        height: 0 for genesis.
        hash: 32 bytes; the genesis hash at height 0.
        time_ms: unix milliseconds.
        proposer: public key, 32 bytes; empty at height 0.
        transaction_count: how many transactions it holds.
        receipt_count: how many receipts it holds.
        header: None at height 0.
        due_outcomes: of the work that fell due, in order.
    """

    height: int
    hash: Hash
    time_ms: int
    proposer: PublicKey
    transaction_count: int
    receipt_count: int
    header: Header | None
    due_outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class TransactionView:
    """A final transaction with its outcome.

    Attributes:
        row: its row id, by which pages go on.
        id: the transaction id, 32 bytes.
        kind: what it did.
        time_ms: of its block, unix milliseconds.
        sender: who signed; None for claims and decisions, which prove themselves.
        recipient: the receiver, the named provider of a reservation, the provider of a claim that
            is made, accepted, disputed or decided, the client that a release returns money to;
            None for "any provider" and where it is for nobody.
        amount: base units moved, reserved, claimed, accepted, disputed or decided; else 0.
        fee: base units of the outcome.
        nonce: None where there is no sender.
        paid: base units that reached the receiver.
        returned: base units that went back to the client.
        pending: base units that wait for the dispute window, or a dispute's bond.
        data: the stored form.
    """

    row: int
    id: Hash
    kind: Kind
    time_ms: int
    sender: Address | None
    recipient: Address | None
    amount: int
    fee: int
    nonce: int | None
    paid: int
    returned: int
    pending: int
    data: bytes

    @property
    def height(self) -> int:
        """Height of its block."""
        return self.row >> INDEX_BITS

    @property
    def index(self) -> int:
        """Its place in the block, from 0."""
        return self.row & (1 << INDEX_BITS) - 1

    def decode(self) -> Transaction:
        """Return the transaction itself."""
        return decode_transaction(self.data)

    def outcome(self) -> Outcome:
        """Return the row that the header's ``outcomes_root`` commits to."""
        return Outcome(
            kind=OutcomeKind(self.kind),
            subject=self.id,
            receipt_hash=receipt_hash_of(self.decode()),
            fee=self.fee,
            paid=self.paid,
            returned=self.returned,
            pending=self.pending,
        )


def receipt_hash_of(transaction: Transaction) -> Hash:
    """Return the receipt that a transaction's outcome names; zeros for none."""
    match transaction:
        case ClaimTransaction():
            return transaction.claim.receipt_hash
        case SignedTransaction(payload=Accept(receipt_hash=receipt_hash)):
            return receipt_hash
        case SignedTransaction(payload=Dispute(receipt_hash=receipt_hash)):
            return receipt_hash
        case ApprovedTransaction(decision=Resolution(receipt_hash=receipt_hash)):
            return receipt_hash
        case _:
            return ZERO_HASH


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """A receipt on chain.

    Attributes:
        row: its row id, by which pages go on.
        claim_row: row id of the transaction that claimed it, alone or in a batch.
        receipt_hash: SHA-256 of the signed bytes, 32 bytes.
        sidecar_id: hash of the whole document, 32 bytes.
        claim_id: id of the transaction that claimed it, alone or in a batch, 32 bytes.
        time_ms: of the claim's block, unix milliseconds.
        receipt_id: the miner's own id for it.
        job_id: the job.
        reservation_id: 32 bytes.
        client: the buyer.
        provider: the miner.
        model: the model that ran.
        unit_type: what a unit is.
        units_micro: micro-units of computation.
        price: base units claimed, fee included.
        fee: base units that come out of what is paid, as far as that goes.
        spent: base units paid for it, fee included: the price, a part of it or none; 0 before.
        status: ``pending`` or ``disputed``, then ``paid``, ``split`` or ``refunded``.
        due_height: the height whose end pays it; 0 when it is not pending.
        settled_height: the height that ended it; None before.
        started_at: unix seconds.
        completed_at: unix seconds.
        document: the canonical bytes.
    """

    row: int
    claim_row: int
    receipt_hash: Hash
    sidecar_id: Hash
    claim_id: Hash
    time_ms: int
    receipt_id: str
    job_id: str
    reservation_id: Hash
    client: Address
    provider: Address
    model: str
    unit_type: str
    units_micro: int
    price: int
    fee: int
    spent: int
    status: str
    due_height: int
    settled_height: int | None
    started_at: int
    completed_at: int
    document: bytes

    @property
    def height(self) -> int:
        """Height of its block."""
        return self.row >> INDEX_BITS

    @property
    def index(self) -> int:
        """Its place among the block's receipts, from 0."""
        return self.row & (1 << INDEX_BITS) - 1

    @property
    def claim_index(self) -> int:
        """Place of that transaction in the block, from 0."""
        return self.claim_row & (1 << INDEX_BITS) - 1

    @property
    def paid(self) -> int:
        """Base units that reached the provider."""
        return self.spent - min(self.fee, self.spent)


@dataclass(frozen=True, slots=True)
class ReceiptFilter:
    """Which receipts a page shows; what is None does not matter.

    Attributes:
        client: the buyer.
        provider: the miner.
        model: the model that ran.
        status: as in a receipt's view.
        account: the buyer or the miner.
        from_ms: unix milliseconds; claimed in a block of this time or later.
        to_ms: unix milliseconds; claimed in a block of an earlier time.
    """

    client: Address | None = None
    provider: Address | None = None
    model: str | None = None
    status: str | None = None
    account: Address | None = None
    from_ms: int | None = None
    to_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """A page of receipts, newest first.

    Attributes:
        receipts: may be few or none although more follow, where a filter lets few through.
        before: where the next page begins; None after the last.
    """

    receipts: tuple[ReceiptView, ...]
    before: int | None
