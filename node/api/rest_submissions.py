"""What callers hand in over REST: reservations, releases, receipts and keys, each signed by them.

What is handed in is admitted to the mempool when the answer comes; final is later. A transaction is
itself however often it comes: one that waits already or is final is answered like the first time.
So the answer is made of what was signed alone.
"""

from dataclasses import dataclass
from typing import Annotated, Self, TypeVar

from pydantic import Field, model_validator

from chain.errors import AlreadyKnown
from chain.payloads import Release, Reserve
from chain.policy_payloads import Grant, Revoke
from chain.primitives import BATCH_CLAIMS_MAX, Hash
from chain.transaction import SignedTransaction
from chain.validation import VerifiedTransaction
from node.api import forms, problems, submissions
from node.api.core_link import Submission
from node.api.problems import RpcError
from node.api.rest_forms import Asked
from node.api.rest_words import (
    CURRENCY,
    AddressText,
    Currency,
    HashHex,
    Height,
    Money,
    address_or_none,
    address_text,
    hash_hex,
    money,
)
from node.api.services import Services

P = TypeVar("P", Reserve, Release, Grant, Revoke)


class Signed(Asked):
    """A signed transaction.

    Attributes:
        raw_hex: its stored form in hexadecimal.
    """

    raw_hex: forms.BytesText


class ReleaseAsked(Signed):
    """A signed release of what was reserved for a job.

    Attributes:
        job_id: the job.
        raw_hex: the transaction's stored form in hexadecimal.
    """

    job_id: forms.LabelText


class ReceiptsGiven(Asked):
    """Receipts with what claims them: one with its claim, or several with their batch.

    Attributes:
        document: a signed receipt, as an object or as JSON text.
        claim_hex: its signed claim's stored form in hexadecimal.
        documents: signed receipts in the order of the claims of a batch.
        batch_hex: the signed batch's stored form in hexadecimal.
    """

    document: forms.DocumentForm | None = None
    claim_hex: forms.BytesText | None = None
    documents: (
        Annotated[list[forms.DocumentForm], Field(min_length=1, max_length=BATCH_CLAIMS_MAX)] | None
    ) = None
    batch_hex: forms.BytesText | None = None

    @model_validator(mode="after")
    def _check_pair(self) -> Self:
        one = self.document is not None, self.claim_hex is not None
        several = self.documents is not None, self.batch_hex is not None
        if not (all(one) and not any(several)) and not (all(several) and not any(one)):
            message = "give document and claim_hex, or documents and batch_hex"
            raise ValueError(message)
        return self


@dataclass(frozen=True, slots=True)
class Reserved:
    """A reservation that was admitted.

    Attributes:
        reservation_id: the transaction's id.
        transaction_id: the same.
        job_id: the reserved job, or the session's name.
        client: whose money it is.
        provider: the only provider it pays; null for any.
        reserved: what it takes from the client.
        currency: of the amount.
        expires_at_height: the first height at which it takes no more.
    """

    reservation_id: HashHex
    transaction_id: HashHex
    job_id: str
    client: AddressText
    provider: AddressText | None
    reserved: Money
    currency: Currency
    expires_at_height: Height


@dataclass(frozen=True, slots=True)
class Released:
    """A release that was admitted.

    Attributes:
        reservation_id: what it ends.
        transaction_id: of the release.
        job_id: the job.
    """

    reservation_id: HashHex
    transaction_id: HashHex
    job_id: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """Claims that were admitted.

    Attributes:
        receipt_hashes: of the receipts, in their order.
        transaction_id: of the claim, or of the batch.
    """

    receipt_hashes: list[HashHex]
    transaction_id: HashHex


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A grant, or the end of one, that was admitted.

    Attributes:
        transaction_id: of it.
        client: whose account it is about.
        public_key: the key that may act for it, or may no more.
    """

    transaction_id: HashHex
    client: AddressText
    public_key: HashHex


async def reserve(services: Services, asked: Signed) -> Reserved:
    """Hand in a signed reservation; answers once it is admitted."""
    verified, signed, payload = _read(services, asked, Reserve)
    await hand_in(services, verified)
    return Reserved(
        reservation_id=hash_hex(verified.id),
        transaction_id=hash_hex(verified.id),
        job_id=payload.job_id,
        client=address_text(signed.sender),
        provider=address_or_none(payload.provider),
        reserved=money(payload.cap),
        currency=CURRENCY,
        expires_at_height=payload.expires_at,
    )


async def release(services: Services, asked: ReleaseAsked) -> Released:
    """Hand in a signed release of a job's reservation; answers once it is admitted."""
    verified, _, payload = _read(services, asked, Release)
    with services.reading() as reader:
        found = reader.find_reservation(payload.reservation_id)
    if found is not None and found.job_id != asked.job_id:
        raise problems.invalid_param(path="raw_hex", msg="it releases another job's reservation")
    await hand_in(services, verified)
    return Released(hash_hex(payload.reservation_id), hash_hex(verified.id), asked.job_id)


async def submit_receipts(services: Services, given: ReceiptsGiven) -> Claimed:
    """Hand in signed receipts with what claims them; all are admitted or none."""
    if given.claim_hex is not None and given.document is not None:
        one = submissions.read_claim(services, given.document, given.claim_hex, path="claim_hex")
        verified, receipts = one
    else:
        assert given.documents is not None
        assert given.batch_hex is not None
        verified, receipts = submissions.read_batch(
            services, given.documents, given.batch_hex, path="batch_hex"
        )
    await hand_in(services, verified, tuple(one.document for one in receipts))
    return Claimed([hash_hex(one.hash) for one in receipts], hash_hex(verified.id))


async def grant_key(services: Services, asked: Signed) -> KeyChange:
    """Hand in a signed grant that lets a key act for an account within limits."""
    verified, signed, payload = _read(services, asked, Grant)
    await hand_in(services, verified)
    return _key_change(verified, signed, payload)


async def revoke_key(services: Services, asked: Signed) -> KeyChange:
    """Hand in a signed revocation of a granted key."""
    verified, signed, payload = _read(services, asked, Revoke)
    await hand_in(services, verified)
    return _key_change(verified, signed, payload)


def _key_change(
    verified: VerifiedTransaction, signed: SignedTransaction, payload: Grant | Revoke
) -> KeyChange:
    return KeyChange(
        transaction_id=hash_hex(verified.id),
        client=address_text(signed.sender),
        public_key=hash_hex(payload.public_key),
    )


def _read(
    services: Services, asked: Signed, kind: type[P]
) -> tuple[VerifiedTransaction, SignedTransaction, P]:
    """Return a transaction that does one thing, itself and what it does.

    Raises:
        ChainError: it is no transaction, or its signature does not verify.
        RpcError: it does something else.
    """
    verified = submissions.verify(services, asked.raw_hex)
    match verified.transaction:
        case SignedTransaction(payload=payload) as signed if isinstance(payload, kind):
            return verified, signed, payload
        case _:
            message = f"it is a transaction of another kind than {kind.__name__.lower()}"
            raise problems.invalid_param(path="raw_hex", msg=message)


async def hand_in(
    services: Services, verified: VerifiedTransaction, documents: tuple[bytes, ...] = ()
) -> None:
    """Hand to the core what it may have already.

    Raises:
        RpcError: the core refuses, or is away.
    """
    if _is_final(services, verified.id):
        return
    try:
        await submissions.submit(services, Submission(verified.data, documents))
    except RpcError as error:
        if error.reason != AlreadyKnown.code and not _is_final(services, verified.id):
            raise


def _is_final(services: Services, transaction_id: Hash) -> bool:
    with services.reading() as reader:
        return reader.find_transaction(transaction_id) is not None
