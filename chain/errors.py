"""Everything that can be wrong, drawn as a tree; each leaf has a stable code and typed fields.

    AitbcError
    ├── ChainError                     the sender's fault: refuse it, answer 4xx, mark the peer
    │   ├── MalformedMessage
    │   ├── InvalidSignature
    │   ├── WrongChain
    │   ├── LimitExceeded
    │   ├── ReceiptMismatch
    │   ├── InvalidTransaction
    │   │   ├── WrongNonce
    │   │   ├── WrongSender
    │   │   ├── InsufficientBalance
    │   │   ├── FeeOutOfRange
    │   │   ├── TransactionExpired
    │   │   ├── ValidTooLong
    │   │   ├── InvalidPayload
    │   │   ├── DuplicateJob
    │   │   ├── UnknownReservation
    │   │   ├── ReservationExpired
    │   │   ├── ReservationClosing
    │   │   ├── ReservationStillOpen
    │   │   ├── ClaimNotAllowed
    │   │   ├── PriceAboveCeiling
    │   │   ├── CapExceeded
    │   │   ├── ReceiptAlreadyClaimed
    │   │   ├── AlreadyKnown
    │   │   ├── ReplacementFeeTooLow
    │   │   └── MempoolFull
    │   └── InvalidBlock
    │       ├── HeaderMismatch
    │       └── InvalidCertificate
    ├── PeerError                      a peer's or the network's: drop it, try elsewhere
    ├── ConfigError                    the operator's: one plain sentence, exit code 2
    └── StoreError                     the disk's or ours: stop the node at once

Errors build their own sentence from their fields, so a caller reads the same words from the RPC,
the command line and the log.
"""

import re
from dataclasses import dataclass
from typing import ClassVar, dataclass_transform


@dataclass_transform(kw_only_default=True, eq_default=False)
class AitbcError(Exception):
    """Root of the project's errors.

    Attributes:
        code: stable name for programs: the class's name in ``lower_snake_case`` unless it says
            otherwise. A class is never renamed, because programs know its code.
        sentence: what people read; fields are filled in.
    """

    code: ClassVar[str] = "error"
    sentence: ClassVar[str] = "something went wrong"

    def __init_subclass__(cls) -> None:
        """Give each error its code and an initialiser for its fields."""
        if "code" not in vars(cls):
            cls.code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()
        dataclass(eq=False, kw_only=True)(cls)

    def __str__(self) -> str:
        """Return the sentence with the fields filled in."""
        return self.sentence.format(**vars(self))


class ChainError(AitbcError):
    """The sender's fault."""

    code = "invalid"


class MalformedMessage(ChainError):
    """Bytes or JSON that do not decode, or that are not their own canonical form."""

    detail: str
    code = "malformed"
    sentence = "the message is malformed: {detail}"


class InvalidSignature(ChainError):
    """A signature that does not verify under the one rule of ``chain.crypto``."""

    what: str
    sentence = "the signature of the {what} does not verify"


class WrongChain(ChainError):
    """Made for another chain id or another genesis."""

    what: str
    sentence = "the {what} was made for another chain; check its chain id and genesis hash"


class LimitExceeded(ChainError):
    """More than a stated limit."""

    what: str
    got: int
    limit: int
    sentence = "{what} is {got}, above the limit of {limit}"


class ReceiptMismatch(ChainError):
    """A receipt that disagrees with its claim or with its reservation."""

    field: str
    sentence = "the receipt's {field} does not agree with its claim or reservation"


class InvalidTransaction(ChainError):
    """A transaction that cannot be applied to the state."""


class WrongNonce(InvalidTransaction):
    """A nonce that is not the next one of its key: a replay, or a gap."""

    expected: int
    got: int
    sentence = "the nonce is {got}; the next one of this key is {expected}"


class WrongSender(InvalidTransaction):
    """A key that the sender's account does not hold."""

    sentence = "the public key may not act for the sender's account"


class InsufficientBalance(InvalidTransaction):
    """Less money than the transaction and its fee need."""

    needed: int
    available: int
    sentence = "the transaction needs {needed} base units; the account has {available} available"


class FeeOutOfRange(InvalidTransaction):
    """A fee below the minimum or above a hundred times it."""

    fee: int
    minimum: int
    maximum: int
    sentence = "the fee is {fee}; it must be from {minimum} to {maximum} base units"


class TransactionExpired(InvalidTransaction):
    """``valid_until`` is behind the chain."""

    valid_until: int
    height: int
    sentence = "the transaction was valid until height {valid_until}; the next block is {height}"


class ValidTooLong(InvalidTransaction):
    """``valid_until`` is too far ahead."""

    valid_until: int
    latest: int
    sentence = "valid_until is {valid_until}; the latest allowed now is {latest}"


class InvalidPayload(InvalidTransaction):
    """A field outside what its kind allows."""

    detail: str
    sentence = "the payload is not allowed: {detail}"


class DuplicateJob(InvalidTransaction):
    """The client has a reservation for this job id or idempotency key already."""

    reservation_id: str
    sentence = "this job id or idempotency key is taken by reservation {reservation_id}"


class UnknownReservation(InvalidTransaction):
    """No reservation of this id is in the state: it never was, or it has ended."""

    reservation_id: str
    sentence = "reservation {reservation_id} is not open: it does not exist or has ended"


class ReservationExpired(InvalidTransaction):
    """Claimed at or after the reservation's expiry."""

    expires_at: int
    height: int
    sentence = "the reservation expired at height {expires_at}; the block is {height}"


class ReservationClosing(InvalidTransaction):
    """The reservation takes no more claims and waits for pending ones."""

    sentence = "the reservation is closing and takes no more claims"


class ReservationStillOpen(InvalidTransaction):
    """Released by somebody else than the provider before its expiry."""

    expires_at: int
    sentence = "only the provider may release the reservation before height {expires_at}"


class ClaimNotAllowed(InvalidTransaction):
    """A claim whose field the reservation does not allow."""

    field: str
    sentence = "the reservation does not allow this {field}"


class PriceAboveCeiling(InvalidTransaction):
    """A price above units times rate, rounded up."""

    price: int
    ceiling: int
    sentence = "the price {price} is above units times rate, which is {ceiling} base units"


class CapExceeded(InvalidTransaction):
    """A claim for more than the reservation still holds."""

    amount: int
    left: int
    sentence = "the claim is for {amount} base units; the reservation has {left} left"


class ReceiptAlreadyClaimed(InvalidTransaction):
    """The receipt, or its job, was claimed before."""

    receipt_hash: str
    sentence = "receipt {receipt_hash} or its job was claimed already"


class AlreadyKnown(InvalidTransaction):
    """Waiting in the mempool, or final, already."""

    transaction_id: str
    sentence = "transaction {transaction_id} is known already"


class ReplacementFeeTooLow(InvalidTransaction):
    """A transaction with a waiting one's nonce and too little more fee."""

    fee: int
    needed: int
    sentence = "the fee is {fee}; replacing the waiting transaction of this nonce takes {needed}"


class MempoolFull(InvalidTransaction):
    """No room for more waiting transactions, in all or from this sender."""

    what: str
    limit: int
    sentence = "the mempool holds its limit of {limit} {what}; try again after the next block"


class InvalidBlock(ChainError):
    """A block that breaks a rule of validity."""

    detail: str
    sentence = "the block is invalid: {detail}"


class HeaderMismatch(InvalidBlock):
    """A header field that differs from what execution gives."""

    sentence = "the header's {detail} differs from what its block and parent give"


class InvalidCertificate(InvalidBlock):
    """A commit certificate without more than two thirds of the validators behind it."""

    sentence = "the commit certificate is invalid: {detail}"


class PeerError(AitbcError):
    """A peer or the network failed us."""

    detail: str
    sentence = "the peer failed: {detail}"


class ConfigError(AitbcError):
    """The operator's settings, files or flags cannot work; says what to do."""

    detail: str
    sentence = "{detail}"


class StoreError(AitbcError):
    """The database or the sign-state is damaged or cannot be written; the node stops."""

    detail: str
    sentence = "{detail}"
