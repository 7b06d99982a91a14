"""How prices, grants, disputes, payouts and ledgers look in answers; rules as in ``shapes``."""

from chain.keccak_tree import KeccakTree, text_of
from chain.payout import PAYOUT_TYPES, PayoutRow
from chain.policy_records import OfferRecord
from chain.store.market_views import (
    DisputeView,
    GrantView,
    LedgerEntryView,
    PayoutPeriodView,
    PayoutView,
    PricingView,
)
from node.api.payload_shapes import base_rates_shape, grant_terms, offer_terms
from node.api.words import Json, address_of, hash_or_none, hex_of


def pricing_shape(pricing: PricingView, *, height: int) -> Json:
    """Return the pricing table of a height."""
    return {
        "atHeight": height,
        "baseRates": base_rates_shape(pricing.base_rates),
        "offers": [
            {"provider": address_of(one.provider)} | offer_terms(one.offer)
            for one in pricing.offers
        ],
        "isComplete": pricing.is_complete,
        "lastDay": [
            {
                "model": one.model,
                "unitType": one.unit_type,
                "claims": one.volume.settled,
                "unitsMicro": str(one.volume.units_micro),
                "spent": str(one.volume.spent),
            }
            for one in pricing.volumes
        ],
    }


def offers_shape(offers: tuple[OfferRecord, ...], *, height: int) -> Json:
    """Return those offers of an account that the block after a height still finds."""
    live = [offer_terms(one) for one in offers if one.expires_at > height + 1]
    return {"atHeight": height, "offers": live}


def grant_shape(view: GrantView, *, nonce: int) -> Json:
    """Return a grant with what it leaves.

    Args:
        view: the grant.
        nonce: the next one of its key.
    """
    return grant_terms(view.grant) | {
        "grantId": hex_of(view.grant.id),
        "nonce": nonce,
        "isLive": view.is_live,
        "spent": str(view.grant.spent),
        "totalLeft": str(view.total_left),
        "periodLeft": str(view.period_left),
        "left": str(view.left),
    }


def dispute_shape(view: DisputeView) -> Json:
    """Return a dispute, open or ended."""
    decision = view.decision_id
    return {
        "receiptHash": hex_of(view.receipt_hash),
        "reservationId": hex_of(view.reservation_id),
        "transactionId": hex_of(view.opened_id),
        "openedAtHeight": view.opened_at,
        "bond": str(view.bond),
        "reasonHash": hash_or_none(view.reason_hash),
        "dueHeight": view.due_height or None,
        "endedHeight": view.ended_height,
        "resolutionId": None if decision is None else hex_of(decision),
        "bondWinner": address_of(view.bond_winner),
    }


def entry_shape(view: LedgerEntryView) -> Json:
    """Return a row of a ledger."""
    moved = view.transaction_id
    return {
        "height": view.height,
        "position": view.position,
        "timeMs": view.time_ms,
        "kind": view.kind,
        "amount": str(view.amount),
        "balanceAfter": str(view.balance_after),
        "reservedAfter": str(view.reserved_after),
        "transactionId": None if moved is None else hex_of(moved),
        "reservationId": hex_of(view.reservation_id),
        "jobId": view.job_id,
        "receiptHash": None if view.receipt_hash is None else hex_of(view.receipt_hash),
    }


def period_shape(view: PayoutPeriodView) -> Json:
    """Return a payout period that has ended; its root is zeros where nothing was paid."""
    return {
        "period": view.period,
        "endedHeight": view.height,
        "payoutsRoot": hex_of(view.root),
        "count": view.rows,
        "amount": str(view.amount),
    }


def open_period_shape(period: int, payouts: tuple[PayoutView, ...]) -> Json:
    """Return the payout period that is under way."""
    return {
        "period": period,
        "endedHeight": None,
        "payoutsRoot": None,
        "count": len(payouts),
        "amount": str(sum(one.payout.amount for one in payouts)),
    }


def payout_shape(view: PayoutView) -> Json:
    """Return a payment."""
    return {
        "index": view.payout.index,
        "commitment": hex_of(view.payout.commitment),
        "payee": address_of(view.payout.payee),
        "amount": str(view.payout.amount),
        "height": view.height,
        "receiptHash": hex_of(view.receipt_hash),
    }


def proof_shape(row: PayoutRow, tree: KeccakTree, *, height: int) -> Json:
    """Return what shows a contract that a payment stands in the header of a height."""
    pairs = zip(PAYOUT_TYPES, row.abi_values, strict=True)
    return {
        "period": row.period,
        "index": row.index,
        "types": list(PAYOUT_TYPES),
        "value": [text_of(kind, value) for kind, value in pairs],
        "leaf": hex_of(row.leaf),
        "proof": [hex_of(one) for one in tree.proof(row.index)],
        "payoutsRoot": hex_of(tree.root),
        "height": height,
    }
