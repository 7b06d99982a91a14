"""What each kind of transaction says, as an answer shows it."""

from collections.abc import Sequence
from typing import assert_never

from chain.approval import ApprovedTransaction, NewParameters, Resolution
from chain.claim import Claim, ClaimTransaction
from chain.claim_batch import ClaimBatch
from chain.fields import decode_disclosure
from chain.grants import Scope
from chain.new_validators import NewValidators
from chain.parameters import BaseRate, Parameters
from chain.payloads import Accept, Dispute, Payload, Release, Reserve, Transfer
from chain.policy_payloads import Grant, Offer, Revoke
from chain.policy_records import GrantRecord, OfferRecord
from chain.transaction import SignedTransaction, Transaction
from node.api.words import Json, address_of, hash_or_none, hex_of


def payload_shape(transaction: Transaction) -> Json:
    """Return what a transaction says beside who, when and how much."""
    match transaction:
        case ClaimTransaction():
            accepted = transaction.acceptance is not None
            return claim_shape(transaction.claim) | {"accepted": accepted}
        case ClaimBatch():
            return {"claims": [claim_shape(claim) for claim in transaction.claims]}
        case ApprovedTransaction():
            return _decision_shape(transaction)
        case SignedTransaction():
            return _signed_shape(transaction.payload)
        case _:
            assert_never(transaction)


def claim_shape(claim: Claim) -> Json:
    """Return a claim."""
    return {
        "reservationId": hex_of(claim.reservation_id),
        "receiptHash": hex_of(claim.receipt_hash),
        "sidecarId": hex_of(claim.sidecar_id),
        "jobId": claim.job_id,
        "client": address_of(claim.client),
        "model": claim.model,
        "unitType": claim.unit_type,
        "unitsMicro": str(claim.units_micro),
        "amount": str(claim.amount),
        "final": claim.final,
        "fieldsRoot": hash_or_none(claim.fields_root),
    }


def _signed_shape(payload: Payload) -> Json:
    match payload:
        case Transfer():
            return {"to": address_of(payload.to), "memo": payload.memo}
        case Reserve():
            return _reserve_shape(payload)
        case Release():
            return {"reservationId": hex_of(payload.reservation_id)}
        case Accept():
            return _claim_name(payload) | {"amount": str(payload.amount)}
        case Dispute():
            return _claim_name(payload) | {
                "reasonHash": hash_or_none(payload.reason_hash),
                "disclosure": _disclosure_shape(payload.disclosure),
            }
        case Grant():
            return grant_terms(payload)
        case Revoke():
            return {"publicKey": hex_of(payload.public_key)}
        case Offer():
            return offer_terms(payload)
        case _:
            assert_never(payload)


def _disclosure_shape(data: bytes) -> Json | None:
    return decode_disclosure(data).document if data else None


def _claim_name(payload: Accept | Dispute | Resolution) -> Json:
    return {
        "reservationId": hex_of(payload.reservation_id),
        "receiptHash": hex_of(payload.receipt_hash),
    }


def _reserve_shape(reserve: Reserve) -> Json:
    return {
        "jobId": reserve.job_id,
        "provider": address_of(reserve.provider),
        "model": reserve.model or None,
        "unitType": reserve.unit_type,
        "maxRate": str(reserve.max_rate),
        "cap": str(reserve.cap),
        "jobsMax": reserve.jobs_max,
        "expiresAtHeight": reserve.expires_at,
        "disputeWindow": reserve.dispute_window,
    }


def grant_terms(grant: Grant | GrantRecord) -> Json:
    """Return what a grant allows."""
    return {
        "label": grant.label,
        "publicKey": hex_of(grant.public_key),
        "scopes": scope_names(grant.scopes),
        "totalLimit": str(grant.total_limit),
        "transactionLimit": str(grant.transaction_limit),
        "periodLimit": str(grant.period_limit),
        "periodHeights": grant.period_heights,
        "expiresAtHeight": grant.expires_at,
        "models": list(grant.models),
    }


def scope_names(scopes: int) -> list[str]:
    """Return the names of a grant's scopes."""
    return [str(scope.name).lower() for scope in Scope if scope & scopes]


def offer_terms(offer: Offer | OfferRecord) -> Json:
    """Return a line of a price list."""
    return {
        "model": offer.model,
        "unitType": offer.unit_type,
        "rate": str(offer.rate),
        "capacity": offer.capacity,
        "expiresAtHeight": offer.expires_at,
    }


def _decision_shape(transaction: ApprovedTransaction) -> Json:
    approvals = {"approvals": [hex_of(one.public_key) for one in transaction.approvals]}
    match transaction.decision:
        case Resolution() as resolution:
            split = {
                "openedAtHeight": resolution.opened_at,
                "providerAmount": str(resolution.provider_amount),
            }
            return _claim_name(resolution) | split | approvals
        case NewParameters() as change:
            return parameters_shape(change.parameters) | approvals
        case NewValidators() as change:
            return _validators_shape(change) | approvals
        case _:
            assert_never(transaction.decision)


def _validators_shape(change: NewValidators) -> Json:
    added = [
        {
            "publicKey": hex_of(one.validator.public_key),
            "name": one.validator.name,
            "payee": address_of(one.validator.payee),
            "acceptedUntilHeight": one.until,
        }
        for one in change.added
    ]
    removed = [hex_of(public_key) for public_key in change.removed]
    return {"version": change.version, "added": added, "removed": removed}


def parameters_shape(parameters: Parameters) -> Json:
    """Return the chain's parameters."""
    fees = {
        "transfer": parameters.fee_transfer,
        "reserve": parameters.fee_reserve,
        "claim": parameters.fee_claim,
        "release": parameters.fee_release,
        "accept": parameters.fee_accept,
        "dispute": parameters.fee_dispute,
        "grant": parameters.fee_grant,
        "offer": parameters.fee_offer,
        "perByte": parameters.fee_per_byte,
        "newAccount": parameters.new_account_fee,
    }
    return {
        "version": parameters.version,
        "devnet": parameters.devnet,
        "blockIntervalMs": parameters.block_interval_ms,
        "fees": {name: str(fee) for name, fee in fees.items()},
        "resolveHeights": parameters.resolve_heights,
        "undecidedProviderPercent": parameters.undecided_provider_percent,
        "payoutPeriod": parameters.payout_period,
        "baseRates": base_rates_shape(parameters.base_rates),
    }


def base_rates_shape(rates: Sequence[BaseRate]) -> list[Json]:
    """Return the price list of genesis."""
    return [{"model": one.model, "unitType": one.unit_type, "rate": str(one.rate)} for one in rates]
