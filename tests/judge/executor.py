"""A second executor, written for clarity from PROTOCOL.md and from byte forms alone.

It keeps a whole state in plain dictionaries, copies it for each transaction and throws the copy
away when the transaction is refused. It knows no queue: at the end of each block it looks through
everything for what is due and what is stale.

Read from the code and taken as the rule, where PROTOCOL.md says nothing of it:

* Order of checks: who may act, too old, too far ahead, fee, nonce; of a dispute then the claim;
  then the granted key's limits (fee, and the cap or the bond), the sender's money for the fee, and
  the payload. The order decides only which code a refusal has.
* A key's limits count a transaction's fee, a reservation's cap and a dispute's bond. Nothing counts
  for a transfer, a grant, a revocation or an offer, which only the owner's key may send.
* The largest fee is 100 times the smallest, and 100 where the smallest is 0.
* A fee of one outcome is halved as one: of an acceptance, transaction and claim together.
* A sender without an account becomes one of 0 base units by a transaction that costs nothing,
  which is possible on a devnet alone.
* Due work: (height, id) with the id's bytes: reservation; reservation and receipt hash; the same
  and a byte 1 for a dispute. Work of one block is found before any of it is done.
* Stale after its height: job ids and keys after ``until``, grants and offers after ``expires_at``;
  dropped in the order (height, table, account, name), 4,096 a block.
* The proposer's and the treasury's fees of a block reach them after the due work.
* A payout period ends with a height that its length divides or with 4,096 rows at a block's end;
  rows of that block are among them. An empty period has the root of zeros.
* A change of the validators in block H is of the set of height H + 2. Whoever may approve, and who
  is paid the proposer's fees, is of the set of the block's own height.
"""

from dataclasses import dataclass, field, replace

from chain.approval import ApprovedTransaction
from chain.claim import ClaimTransaction
from chain.claim_batch import ClaimBatch
from chain.evidence import Evidence
from chain.outcome import Outcome, OutcomeKind
from chain.payloads import Accept, Dispute, Payload, Release, Reserve, Transfer
from chain.payout import PayoutRow
from chain.policy_payloads import Grant, Offer, Revoke
from chain.primitives import Address, Hash, PublicKey
from chain.records import ClaimStatus
from chain.transaction import SignedTransaction
from chain.validation import VerifiedTransaction
from tests.judge import decide, keys, money, seats
from tests.judge.refused import demand
from tests.judge.state import Holdings

ACCEPTANCE_BYTES = 32 + 64
VALID_HEIGHTS_MAX = 600
FEE_FACTOR = 100


@dataclass
class Judge:
    """One block being judged.

    Attributes:
        held: the state so far.
        payee: the proposer's account.
        proposer_fees: base units.
        treasury_fees: base units.
        claim_outcomes: of each claim, in the order of the receipt documents.
    """

    held: Holdings
    payee: Address
    proposer_fees: int = 0
    treasury_fees: int = 0
    claim_outcomes: list[Outcome] = field(default_factory=list)

    def apply(self, verified: VerifiedTransaction) -> Outcome:
        """Apply one transaction to a copy of the state and keep it; a refused one leaves none."""
        draft, noted = self.held.copy(), list(self.claim_outcomes)
        outcome = _apply(draft, verified, noted)
        self.held, self.claim_outcomes = draft, noted
        self._collect(outcome.fee)
        return outcome

    def punish(self, evidence: Evidence) -> None:
        """Apply one piece of evidence to a copy of the state and keep it."""
        draft = self.held.copy()
        seats.punish(draft, evidence)
        self.held = draft

    def _collect(self, fee: int) -> None:
        half = fee // 2
        self.proposer_fees += half
        self.treasury_fees += fee - half

    def finish(self) -> tuple[list[Outcome], tuple[PayoutRow, ...] | None]:
        """End the block: outcomes of what was due, and the rows of a period that ended."""
        held = self.held
        outcomes = [_end(held, subject) for subject in due_subjects(held)]
        for outcome in outcomes:
            self._collect(outcome.fee)
        forget(held)
        if self.proposer_fees:
            money.credit(held, self.payee, self.proposer_fees)
        held.treasury += self.treasury_fees
        rows = end_period(held)
        held.parameters = held.next_parameters
        held.seats = (held.seats[1], held.seats[2], held.seats[2])
        held.seats_changed = False
        return outcomes, rows


def _apply(held: Holdings, verified: VerifiedTransaction, noted: list[Outcome]) -> Outcome:
    transaction = verified.transaction
    match transaction:
        case ApprovedTransaction():
            return decide.decision(held, transaction, verified.id)
        case ClaimTransaction():
            acceptance = transaction.acceptance
            size = len(verified.data) - (0 if acceptance is None else ACCEPTANCE_BYTES)
            claim = transaction.claim
            noted.append(money.claim(held, claim, size_bytes=size, acceptance=acceptance))
            return replace(noted[-1], subject=verified.id)
        case ClaimBatch():
            return _apply_batch(held, transaction, verified.id, noted)
        case SignedTransaction():
            return _apply_signed(held, transaction, verified)


def _apply_batch(held: Holdings, batch: ClaimBatch, subject: Hash, noted: list[Outcome]) -> Outcome:
    each = [
        money.claim(held, claim, size_bytes=len(claim.encode()), acceptance=None)
        for claim in batch.claims
    ]
    noted += each
    return Outcome(
        OutcomeKind.BATCH_CLAIMED,
        subject,
        money.NONE,
        fee=sum(one.fee for one in each),
        paid=sum(one.paid for one in each),
        returned=sum(one.returned for one in each),
        pending=sum(one.pending for one in each),
    )


def _apply_signed(  # noqa: C901 - one arm a kind
    held: Holdings, transaction: SignedTransaction, verified: VerifiedTransaction
) -> Outcome:
    sender, fee, payload = transaction.sender, transaction.fee, transaction.payload
    grant = keys.authority(held, sender, transaction.public_key, payload)
    demand("transaction_expired", holds=held.height <= transaction.valid_until)
    soon = transaction.valid_until <= held.height + VALID_HEIGHTS_MAX
    demand("valid_too_long", holds=soon)
    least = flat_fee(held, payload) + held.parameters.fee_per_byte * len(verified.data)
    demand("fee_out_of_range", holds=least <= fee <= FEE_FACTOR * (least or 1))
    key = (sender, transaction.public_key)
    demand("wrong_nonce", holds=transaction.nonce == held.nonces.get(key, 0))
    held.nonces[key] = transaction.nonce + 1
    bond = 0
    if isinstance(payload, Dispute):
        bond = decide.bond_of(held, payload, client=sender, fee=fee)
    if grant is not None:
        keys.charge(held, sender, grant, fee + bond + getattr(payload, "cap", 0))
    grant_id = money.NONE if grant is None else grant.id
    if isinstance(payload, Transfer):
        return _transfer(held, payload, sender=sender, fee=fee, subject=verified.id)
    money.debit(held, sender, fee)
    outcome = Outcome(OutcomeKind(payload.kind), verified.id, money.NONE, fee=fee)
    match payload:
        case Reserve():
            money.reserve(
                held, payload, client=sender, reservation_id=verified.id, grant_id=grant_id
            )
        case Release():
            returned = money.release(held, payload.reservation_id, sender=sender)
            return replace(outcome, returned=returned)
        case Accept():
            ended = decide.accept(held, payload, client=sender)
            return replace(ended, subject=verified.id, fee=fee + ended.fee)
        case Dispute():
            decide.dispute(held, payload, client=sender, bond=bond, grant_id=grant_id)
            return replace(outcome, receipt_hash=payload.receipt_hash, pending=bond)
        case Grant():
            keys.grant(held, sender, payload, verified.id)
        case Revoke():
            keys.revoke(held, sender, payload)
        case Offer():
            keys.offer(held, sender, payload)
    return outcome


def flat_fee(held: Holdings, payload: Payload) -> int:
    """Return the flat part of a signed transaction's fee; a revocation costs what a grant does."""
    numbers = held.parameters
    flat = {
        Transfer: numbers.fee_transfer,
        Reserve: numbers.fee_reserve,
        Release: numbers.fee_release,
        Accept: numbers.fee_accept,
        Dispute: numbers.fee_dispute,
        Grant: numbers.fee_grant,
        Revoke: numbers.fee_grant,
        Offer: numbers.fee_offer,
    }
    return flat[type(payload)]


def _transfer(
    held: Holdings, payload: Transfer, *, sender: Address, fee: int, subject: Hash
) -> Outcome:
    fits = 1 <= payload.amount <= keys.AMOUNT_MAX and payload.to != sender
    demand("invalid_payload", holds=fits)
    fee += money.account_fee(held, payload.to)
    money.debit(held, sender, payload.amount + fee)
    money.credit(held, payload.to, payload.amount)
    return Outcome(OutcomeKind.TRANSFERRED, subject, money.NONE, fee=fee, paid=payload.amount)


def due_subjects(held: Holdings) -> list[bytes]:
    """Return what ends with this block, by the bytes of its id, in order."""
    due = []
    for reservation_id, one in held.reservations.items():
        if not one.closing:
            due.append((one.expires_at, bytes(reservation_id)))
        due += [
            (claim.due_height, reservation_id + claim.receipt_hash)
            for claim in one.claims
            if claim.status is ClaimStatus.PENDING
        ]
    for (reservation_id, receipt_hash), dispute in held.disputes.items():
        due.append((dispute.due_height, reservation_id + receipt_hash + b"\x01"))
    ripe = sorted(one for one in due if one[0] <= held.height)
    return [subject for _, subject in ripe[: held.limits.due_work]]


def _end(held: Holdings, subject: bytes) -> Outcome:
    reservation_id, receipt_hash = Hash(subject[:32]), Hash(subject[32:64])
    if len(subject) == 32:
        returned = money.close(held, reservation_id)
        return Outcome(OutcomeKind.EXPIRED, reservation_id, money.NONE, returned=returned)
    if len(subject) == 65:
        return decide.undecided(held, reservation_id, receipt_hash)
    waiting = next(
        one for one in held.reservations[reservation_id].claims if one.receipt_hash == receipt_hash
    )
    return money.end_claim(
        held, OutcomeKind.MATURED, reservation_id, receipt_hash, part=waiting.amount
    )


def forget(held: Holdings) -> None:
    """Drop what stopped to count before this height, the oldest first."""
    stale: list[tuple[int, bytes, Address, bytes]] = []
    for (client, name), taken in held.taken.items():
        stale.append((taken.until, b"\x04", client, name))
    for account, grants in held.grants.items():
        stale += [(one.expires_at, b"\x06", account, bytes(one.public_key)) for one in grants]
    for account, offers in held.offers.items():
        for line in offers:
            name = f"{line.model} {line.unit_type}".encode()
            stale.append((line.expires_at, b"\x07", account, name))
    for key, last in held.last_votes.items():
        stale.append((last + held.limits.evidence_heights, b"\x0d", Address(b""), bytes(key)))
    old = sorted(one for one in stale if one[0] < held.height)
    for _, table, account, name in old[: held.limits.forget]:
        if table == b"\x0d":
            del held.last_votes[PublicKey(name)]
        elif table == b"\x04":
            del held.taken[account, name]
        elif table == b"\x06":
            grants = held.grants[account]
            left = tuple(one for one in grants if one.public_key != PublicKey(name))
            keys.set_or_drop(held.grants, account, left)
        else:
            lines = held.offers[account]
            kept = tuple(one for one in lines if f"{one.model} {one.unit_type}".encode() != name)
            keys.set_or_drop(held.offers, account, kept)


def end_period(held: Holdings) -> tuple[PayoutRow, ...] | None:
    """Return the rows of a payout period that ends here, or None while it goes on."""
    full = len(held.rows) >= held.limits.payout_rows
    if held.height % held.parameters.payout_period != 0 and not full:
        return None
    rows, held.rows = held.rows, ()
    held.period = (held.period or 0) + 1
    return rows
