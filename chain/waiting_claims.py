"""Claims that wait for a block, with their documents: what replaces what, and what a block ends.

A claim is found by its reservation and receipt, and so is each claim of a batch. A claim waits
with its receipt document or not at all.
"""

from collections.abc import Iterable, Iterator, Sequence

from chain.claim import ClaimTransaction
from chain.errors import InvalidTransaction, ReceiptAlreadyClaimed
from chain.primitives import Hash
from chain.receipt import Receipt
from chain.records import Table
from chain.state import Ledger, State
from chain.transaction import claims_in
from chain.transition import Execution, apply_transaction
from chain.validation import VerifiedTransaction


class WaitingClaims:
    """The claims and batches of a mempool.

    Attributes:
        receipts: their documents by sidecar id.
    """

    def __init__(self, ledger: Ledger) -> None:
        """Start empty, on top of a ledger that is read and never changed."""
        self._ledger = ledger
        self._by_receipt: dict[Hash, dict[Hash, VerifiedTransaction]] = {}
        self.receipts: dict[Hash, Receipt] = {}

    def __iter__(self) -> Iterator[VerifiedTransaction]:
        """Yield each claim and batch once."""
        waiting = (one for claims in self._by_receipt.values() for one in claims.values())
        yield from {one.full_id: one for one in waiting}.values()

    def put(self, verified: VerifiedTransaction, receipts: Sequence[Receipt]) -> None:
        """Hold a claim or batch with its documents, in the order of the claims."""
        for claim, receipt in zip(claims_in(verified.transaction), receipts, strict=True):
            self._by_receipt.setdefault(claim.reservation_id, {})[claim.receipt_hash] = verified
            self.receipts[receipt.sidecar_id] = receipt

    def drop(self, verified: VerifiedTransaction) -> None:
        """Let go of a claim or batch and of its documents."""
        for claim in claims_in(verified.transaction):
            del self.receipts[claim.sidecar_id]
            del self._by_receipt[claim.reservation_id][claim.receipt_hash]
            if not self._by_receipt[claim.reservation_id]:
                del self._by_receipt[claim.reservation_id]

    def size_bytes(self, verified: VerifiedTransaction) -> int:
        """Return the bytes of the documents that a transaction holds; 0 where it brings none."""
        claims = claims_in(verified.transaction)
        return sum(len(self.receipts[one.sidecar_id].document) for one in claims)

    def find_replaced(self, verified: VerifiedTransaction) -> VerifiedTransaction | None:
        """Return the waiting claim that this one replaces, or None.

        Raises:
            ReceiptAlreadyClaimed: one of the receipts waits already, and no acceptance is new.
        """
        for claim in claims_in(verified.transaction):
            earlier = self._by_receipt.get(claim.reservation_id, {}).get(claim.receipt_hash)
            if earlier is None:
                continue
            is_single = isinstance(earlier.transaction, ClaimTransaction)
            if is_single and _is_accepted(verified) and not _is_accepted(earlier):
                return earlier
            raise ReceiptAlreadyClaimed(receipt_hash=claim.receipt_hash.hex())
        return None

    def check_applies(self, verified: VerifiedTransaction) -> int:
        """Apply a claim or batch to a draft; return the last height that can include it.

        Raises:
            InvalidTransaction: a reservation does not allow one of the claims.
        """
        state = State(self._ledger)
        ends = []
        for claim in claims_in(verified.transaction):
            reservation = state.find_reservation(claim.reservation_id)
            ends.append(0 if reservation is None else reservation.expires_at)
        payee = self._ledger.validators[0].payee
        apply_transaction(Execution(state=state, payee=payee), verified)
        return min(ends) - 1

    def made_impossible(self, changed: Iterable[bytes]) -> list[VerifiedTransaction]:
        """Return what can no longer be applied; each that a change touches is tried once.

        Args:
            changed: keys of the records that the newest block changed.
        """
        touched: dict[Hash, VerifiedTransaction] = {}
        for key in changed:
            if key[0] == Table.GRANTS:
                touched |= {one.full_id: one for one in self if _is_of(one, key[1:])}
                continue
            claims = self._by_receipt.get(Hash(key[1:]), {})
            touched |= {one.full_id: one for one in claims.values()}
        return [one for one in touched.values() if not self._still_applies(one)]

    def _still_applies(self, verified: VerifiedTransaction) -> bool:
        try:
            self.check_applies(verified)
        except InvalidTransaction:
            return False
        return True


def _is_of(verified: VerifiedTransaction, account: bytes) -> bool:
    """Tell whether an account is a party of a claim, so that its grants matter to it."""
    claims = claims_in(verified.transaction)
    return any(account in (claim.provider, claim.client) for claim in claims)


def _is_accepted(verified: VerifiedTransaction) -> bool:
    transaction = verified.transaction
    return isinstance(transaction, ClaimTransaction) and transaction.acceptance is not None
