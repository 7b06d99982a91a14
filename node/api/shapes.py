"""How things look in answers: camelCase names, amounts as decimal strings of base units.

Heights and counters are JSON integers, hashes ``0x`` and 64 lower hexadecimal digits, addresses
``ait1…``; a time ends in ``Ms`` (unix milliseconds) or ``At`` (unix seconds, as in receipts).
Units of computation are decimal strings of micro-units. Null stands for none.
"""

from chain.address import format_hex_address
from chain.certificate import Certificate
from chain.outcome import Outcome
from chain.store.account_views import AccountView, ClaimView, ReservationView
from chain.store.views import BlockView, ReceiptView, TransactionView
from node.api.payload_shapes import payload_shape
from node.api.words import Json, address_of, hash_or_none, hex_of


def block_shape(block: BlockView, certificate: Certificate | None) -> Json:
    """Return a block without its transactions; genesis has a height of 0 and no roots."""
    shape = {
        "height": block.height,
        "hash": hex_of(block.hash),
        "timeMs": block.time_ms,
        "proposer": hex_of(block.proposer) if block.proposer else None,
        "transactionCount": block.transaction_count,
        "receiptCount": block.receipt_count,
        "dueOutcomes": [outcome_shape(outcome) for outcome in block.due_outcomes],
        "certificate": None if certificate is None else certificate_shape(certificate),
    }
    header = block.header
    if header is None:
        return shape
    return shape | {
        "chainId": header.chain_id,
        "parentHash": hex_of(header.parent_hash),
        "lastCommitHash": hex_of(header.last_commit_hash),
        "transactionsRoot": hex_of(header.transactions_root),
        "outcomesRoot": hex_of(header.outcomes_root),
        "receiptsRoot": hex_of(header.receipts_root),
        "stateRoot": hex_of(header.state_root),
        "validatorsHash": hex_of(header.validators_hash),
        "nextValidatorsHash": hex_of(header.next_validators_hash),
        "paramsHash": hex_of(header.params_hash),
        "evidenceHash": hex_of(header.evidence_hash),
        "payoutsRoot": hex_of(header.payouts_root),
    }


def certificate_shape(certificate: Certificate) -> Json:
    """Return what proves a block final, without the signatures themselves."""
    return {
        "round": certificate.round,
        "signatures": len(certificate.signatures),
        "validatorsHash": hex_of(certificate.validators_hash),
    }


def outcome_shape(outcome: Outcome) -> Json:
    """Return what became of work that fell due."""
    return {
        "kind": outcome.kind.name.lower(),
        "subject": hex_of(outcome.subject),
        "receiptHash": hash_or_none(outcome.receipt_hash),
        "fee": str(outcome.fee),
        "paid": str(outcome.paid),
        "returned": str(outcome.returned),
        "pending": str(outcome.pending),
    }


def transaction_shape(view: TransactionView) -> Json:
    """Return a final transaction with its outcome and payload."""
    return {
        "transactionId": hex_of(view.id),
        "height": view.height,
        "index": view.index,
        "timeMs": view.time_ms,
        "kind": view.kind.name.lower(),
        "sender": address_of(view.sender),
        "recipient": address_of(view.recipient),
        "amount": str(view.amount),
        "fee": str(view.fee),
        "nonce": view.nonce,
        "paid": str(view.paid),
        "returned": str(view.returned),
        "pending": str(view.pending),
        "payload": payload_shape(view.decode()),
        "rawHex": hex_of(view.data),
    }


def receipt_shape(view: ReceiptView, document: Json | None) -> Json:
    """Return a receipt on chain.

    Args:
        view: the row.
        document: the miner's document as JSON; None leaves it out.
    """
    shape = {
        "receiptHash": hex_of(view.receipt_hash),
        "receiptId": view.receipt_id,
        "sidecarId": hex_of(view.sidecar_id),
        "transactionId": hex_of(view.claim_id),
        "height": view.height,
        "index": view.index,
        "timeMs": view.time_ms,
        "status": view.status,
        "dueHeight": view.due_height or None,
        "settledHeight": view.settled_height,
        "jobId": view.job_id,
        "reservationId": hex_of(view.reservation_id),
        "client": address_of(view.client),
        "provider": address_of(view.provider),
        "model": view.model,
        "unitType": view.unit_type,
        "unitsMicro": str(view.units_micro),
        "price": str(view.price),
        "fee": str(view.fee),
        "spent": str(view.spent),
        "paid": str(view.paid),
        "startedAt": view.started_at,
        "completedAt": view.completed_at,
    }
    return shape if document is None else shape | {"document": document}


def account_shape(account: AccountView, *, nonce: int, height: int) -> Json:
    """Return an account.

    The balance is what the chain calls so: what is reserved has left it, so all of it is available.

    Args:
        account: the account.
        nonce: the next one of its own key.
        height: of the chain when it was read.
    """
    balance = str(account.balance or 0)
    return {
        "address": address_of(account.address),
        "address0x": format_hex_address(account.address),
        "balance": balance,
        "available": balance,
        "reserved": str(account.reserved + account.pending + account.bonds),
        "pending": str(account.pending),
        "bonds": str(account.bonds),
        "nonce": nonce,
        "atHeight": height,
    }


def reservation_shape(view: ReservationView) -> Json:
    """Return a reservation, live or ended, with its claims."""
    return reservation_terms(view) | {"claims": [_claim_shape(claim) for claim in view.claims]}


def reservation_terms(view: ReservationView) -> Json:
    """Return a reservation, live or ended, without its claims."""
    return {
        "reservationId": hex_of(view.id),
        "status": view.status,
        "client": address_of(view.client),
        "provider": address_of(view.provider),
        "jobId": view.job_id,
        "model": view.model or None,
        "unitType": view.unit_type,
        "maxRate": str(view.max_rate),
        "cap": str(view.cap),
        "spent": str(view.spent),
        "pending": str(view.pending),
        "jobsMax": view.jobs_max,
        "expiresAtHeight": view.expires_at,
        "disputeWindow": view.dispute_window,
        "endedHeight": view.ended_height,
    }


def _claim_shape(claim: ClaimView) -> Json:
    return {
        "receiptHash": hex_of(claim.receipt_hash),
        "jobId": claim.job_id,
        "provider": address_of(claim.provider),
        "amount": str(claim.amount),
        "fee": str(claim.fee),
        "spent": str(claim.spent),
        "status": claim.status,
        "dueHeight": claim.due_height or None,
        "settledHeight": claim.settled_height,
    }
