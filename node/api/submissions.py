"""The methods that hand something in: checked here, so that the core only looks at the state.

Size, form, signatures and the agreement of a claim with its document are checked in this process;
what fails never reaches the core. Both answer once the core has admitted it: final is later.
"""

from collections.abc import Sequence

import msgspec

from chain.claim import ClaimTransaction
from chain.claim_batch import ClaimBatch
from chain.errors import ChainError
from chain.primitives import RECEIPT_BYTES_MAX
from chain.receipt import Receipt, decode_receipt
from chain.transaction import claims_in
from chain.validation import (
    VerifiedTransaction,
    check_claim_agrees,
    verify_receipt_document,
    verify_transaction,
)
from node.api import forms, problems
from node.api.core_link import Submission
from node.api.problems import RpcError
from node.api.services import Services
from node.api.words import Json, hex_of

_encode = msgspec.json.Encoder(decimal_format="number").encode


async def send_transaction(services: Services, params: forms.SendParams) -> Json:
    """Hand in a signed transaction; answers once it is admitted to the mempool."""
    verified = read_transaction(services, params.raw_hex)
    await submit(services, Submission(verified.data))
    return {"transactionId": hex_of(verified.id)}


async def submit_receipt(services: Services, params: forms.SubmitReceiptParams) -> Json:
    """Hand in a signed receipt with its claim; answers once both are admitted."""
    verified, (receipt,) = read_claim(services, params.document, params.claim_hex, path="claimHex")
    await submit(services, Submission(verified.data, (receipt.document,)))
    return {"receiptHash": hex_of(receipt.hash), "transactionId": hex_of(verified.id)}


async def submit_receipts(services: Services, params: forms.SubmitReceiptsParams) -> Json:
    """Hand in signed receipts with the batch that claims them; all are admitted or none."""
    batch, receipts = read_batch(services, params.documents, params.batch_hex, path="batchHex")
    await submit(services, Submission(batch.data, tuple(one.document for one in receipts)))
    hashes = [hex_of(one.hash) for one in receipts]
    return {"receiptHashes": hashes, "transactionId": hex_of(batch.id)}


def read_claim(
    services: Services, document: forms.DocumentForm, claim_hex: str, *, path: str
) -> tuple[VerifiedTransaction, tuple[Receipt, ...]]:
    """Return a claim and the receipt that it claims.

    Args:
        services: of the edge.
        document: the receipt.
        claim_hex: the claim.
        path: the caller's name for the claim.

    Raises:
        ChainError: one of them is none, a signature does not verify, or they do not agree.
        RpcError: the transaction is no claim.
    """
    receipt = _read_document(services, document, path="document")
    verified = verify(services, claim_hex)
    claim = verified.transaction
    if not isinstance(claim, ClaimTransaction):
        raise problems.invalid_param(path=path, msg="it is a transaction but no claim")
    check_claim_agrees(claim.claim, receipt)
    return verified, (receipt,)


def read_batch(
    services: Services, documents: Sequence[forms.DocumentForm], batch_hex: str, *, path: str
) -> tuple[VerifiedTransaction, tuple[Receipt, ...]]:
    """Return a batch of claims and the receipts that it claims.

    Args:
        services: of the edge.
        documents: the receipts, in the order of the claims.
        batch_hex: the batch.
        path: the caller's name for the batch.

    Raises:
        ChainError: the batch is none, or a signature of it does not verify.
        RpcError: the transaction is no batch, or a receipt is refused; ``index`` says which.
    """
    batch = verify(services, batch_hex)
    if not isinstance(batch.transaction, ClaimBatch):
        raise problems.invalid_param(path=path, msg="it is a transaction but no batch")
    claims = batch.transaction.claims
    if len(claims) != len(documents):
        message = f"there are {len(documents)} for {len(claims)} claims"
        raise problems.invalid_param(path="documents", msg=message)
    receipts = []
    for index, (claim, document) in enumerate(zip(claims, documents, strict=True)):
        try:
            receipt = _read_document(services, document, path=f"documents.{index}")
            check_claim_agrees(claim, receipt)
        except ChainError as error:
            raise problems.rejected(error, index=index) from None
        receipts.append(receipt)
    return batch, tuple(receipts)


def read_transaction(services: Services, raw_hex: str) -> VerifiedTransaction:
    """Return a signed transaction that needs no receipt.

    Raises:
        ChainError: it is none, or a signature does not verify.
        RpcError: it needs one.
    """
    verified = verify(services, raw_hex)
    if claims_in(verified.transaction):
        message = "claims come with their receipts, by ait_submitReceipt or ait_submitReceipts"
        raise problems.invalid_param(path="rawHex", msg=message)
    return verified


def verify(services: Services, raw_hex: str) -> VerifiedTransaction:
    """Return a signed transaction.

    Raises:
        ChainError: it is none, or a signature does not verify.
    """
    data = forms.bytes_of(raw_hex)
    return verify_transaction(data, genesis_hash=services.settings.genesis)


def _read_document(services: Services, document: forms.DocumentForm, *, path: str) -> Receipt:
    """Return the receipt in its canonical form, whatever the spelling it came in.

    Raises:
        ChainError: it is no receipt of this chain, or a signature does not verify.
    """
    try:
        data = document.encode() if isinstance(document, str) else _encode(document)
    except (UnicodeEncodeError, msgspec.MsgspecError, TypeError):
        raise problems.invalid_param(path=path, msg="it is no JSON of a receipt") from None
    if len(data) > RECEIPT_BYTES_MAX:
        message = f"it has more than {RECEIPT_BYTES_MAX} bytes"
        raise problems.invalid_param(path=path, msg=message)
    settings = services.settings
    return verify_receipt_document(
        decode_receipt(data).document, chain_id=settings.chain_id, genesis_hash=settings.genesis
    )


async def submit(services: Services, submission: Submission) -> None:
    """Hand to the core.

    Raises:
        RpcError: the core refuses, or is away.
    """
    result = await services.core.submit(submission)
    if result.code:
        raise RpcError(result.sentence, result.code, result.fields)
