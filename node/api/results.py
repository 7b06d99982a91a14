"""What each method of ours answers, as JSON Schema; ``rpc.discover`` hands it out."""

from typing import Final

from node.api.live_results import CONSENSUS, MEMPOOL, SIMULATION, STATUS, WAITED
from node.api.result_components import (
    BLOCK,
    HEADER_NAMES,
    OFFER,
    RECEIPT,
    RECEIPT_STATUS,
    RESERVATION,
    VALIDATOR_SET,
)
from node.api.schema_words import (
    ADDRESS,
    AMOUNT,
    ANY_OBJECT,
    COUNT,
    HASH,
    HEIGHT,
    KEY,
    MICRO,
    TEXT,
    YES_OR_NO,
    Schema,
    list_of,
    named,
    object_of,
    one_of,
    or_null,
    page_of,
)
from node.api.statistics_results import STATISTICS_RESULTS

_FEES = ("transfer", "reserve", "claim", "release", "accept", "dispute", "grant", "offer")

_PARAMETERS = object_of(
    {
        "version": COUNT,
        "devnet": YES_OR_NO,
        "blockIntervalMs": COUNT,
        "fees": object_of(dict.fromkeys((*_FEES, "perByte", "newAccount"), AMOUNT)),
        "resolveHeights": COUNT,
        "undecidedProviderPercent": COUNT,
        "payoutPeriod": COUNT,
        "baseRates": list_of(named("BaseRate")),
        "hash": HASH,
        "atHeight": HEIGHT,
    }
)
_PRICING = object_of(
    {
        "atHeight": HEIGHT,
        "baseRates": list_of(named("BaseRate")),
        "offers": list_of(object_of({"provider": ADDRESS, **OFFER})),
        "isComplete": YES_OR_NO,
        "lastDay": list_of(
            object_of(
                {
                    "model": TEXT,
                    "unitType": TEXT,
                    "claims": COUNT,
                    "unitsMicro": MICRO,
                    "spent": AMOUNT,
                }
            )
        ),
    }
)
_PAYOUTS = object_of(
    {
        "period": COUNT,
        "endedHeight": or_null(HEIGHT),
        "payoutsRoot": or_null(HASH),
        "count": COUNT,
        "amount": AMOUNT,
        "payouts": list_of(
            object_of(
                {
                    "index": COUNT,
                    "commitment": HASH,
                    "payee": ADDRESS,
                    "amount": AMOUNT,
                    "height": HEIGHT,
                    "receiptHash": HASH,
                }
            )
        ),
        "dump": or_null(ANY_OBJECT),
    }
)
_PAYOUT_PROOF = object_of(
    {
        "period": COUNT,
        "index": COUNT,
        "types": list_of(TEXT),
        "value": list_of(TEXT),
        "leaf": HASH,
        "proof": list_of(HASH),
        "payoutsRoot": HASH,
        "height": HEIGHT,
    }
)
_RECEIPT_PROOF = object_of(
    {
        "form": TEXT,
        "header": TEXT,
        "certificate": TEXT,
        "receipt": object_of({"document": TEXT, "path": list_of(TEXT)}),
        "claim": object_of({"leaf": TEXT, "path": list_of(TEXT)}),
        "outcome": object_of({"leaf": TEXT, "path": list_of(TEXT)}),
        "settlement": ANY_OBJECT,
        "changes": list_of(ANY_OBJECT, most=64),
    },
    maybe=("settlement", "changes"),
)
_JOB = object_of(
    {
        "client": ADDRESS,
        "jobId": TEXT,
        "status": one_of("reserved", "released", "expired", *RECEIPT_STATUS),
        "spent": AMOUNT,
        "reservations": list_of(named("Reservation")),
        "receipts": list_of(named("Receipt")),
        "disputes": list_of(named("Dispute")),
        "events": list_of(
            object_of(
                {
                    "event": one_of("reserved", "claimed", "ended", *RECEIPT_STATUS),
                    "height": HEIGHT,
                    "amount": AMOUNT,
                    "reservationId": HASH,
                    "receiptHash": or_null(HASH),
                    "transactionId": or_null(HASH),
                }
            )
        ),
        "atHeight": HEIGHT,
    }
)
_SIGNING = object_of(
    {
        "validators": list_of(object_of({"publicKey": KEY, "name": TEXT})),
        "items": list_of(
            object_of(
                {
                    "height": HEIGHT,
                    "round": COUNT,
                    "proposer": COUNT,
                    "members": list_of(COUNT),
                    "signed": list_of(COUNT),
                }
            )
        ),
    }
)
_SENT = object_of({"transactionId": HASH})

RESULTS: Final[dict[str, Schema]] = {
    "ait_status": STATUS,
    "ait_getGenesis": ANY_OBJECT,
    "ait_getBlock": object_of(
        {
            **BLOCK,
            "transactions": list_of(named("Transaction"), most=500),
            "nextIndex": or_null(COUNT),
        },
        maybe=(*HEADER_NAMES, "transactions", "nextIndex"),
    ),
    "ait_getBlocks": page_of("Block"),
    "ait_getTransactions": page_of("Transaction"),
    "ait_getReservations": page_of("Reservation"),
    "ait_getJob": _JOB,
    "ait_getHashes": object_of(
        {
            "items": list_of(
                object_of({"kind": one_of("transaction", "receipt", "block"), "hash": HASH})
            )
        }
    ),
    "ait_getJobs": object_of({"items": list_of(object_of({"client": ADDRESS, "jobId": TEXT}))}),
    "ait_getTransaction": named("Transaction"),
    "ait_getReceipt": object_of(
        {**RECEIPT, "document": ANY_OBJECT, "dispute": or_null(named("Dispute"))}
    ),
    "ait_getReceiptProof": _RECEIPT_PROOF,
    "ait_getReceipts": page_of("Receipt"),
    "ait_getAccount": object_of(
        {
            "address": ADDRESS,
            "address0x": {"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"},
            "balance": AMOUNT,
            "available": AMOUNT,
            "reserved": AMOUNT,
            "pending": AMOUNT,
            "bonds": AMOUNT,
            "nonce": COUNT,
            "atHeight": HEIGHT,
        }
    ),
    "ait_getReservation": object_of({**RESERVATION, "claims": list_of(named("Claim"))}),
    "ait_getLedger": page_of("LedgerEntry"),
    "ait_getGrants": object_of({"atHeight": HEIGHT, "grants": list_of(named("Grant"))}),
    "ait_getOffers": object_of({"atHeight": HEIGHT, "offers": list_of(named("Offer"))}),
    "ait_getPricing": _PRICING,
    "ait_getParameters": _PARAMETERS,
    "ait_estimateFee": object_of(
        {
            "kind": TEXT,
            "sizeBytes": COUNT,
            "minimumFee": AMOUNT,
            "maximumFee": AMOUNT,
            "newAccountFee": AMOUNT,
        }
    ),
    "ait_getPayoutPeriods": page_of("PayoutPeriod"),
    "ait_getPayouts": _PAYOUTS,
    "ait_getPayoutProof": _PAYOUT_PROOF,
    "ait_getValidators": object_of(
        {
            "height": HEIGHT,
            "tipHeight": HEIGHT,
            "version": COUNT,
            **VALIDATOR_SET,
            "coming": list_of(named("ValidatorSet")),
            "tombstoned": list_of(KEY, most=500),
        }
    ),
    "ait_getSigning": _SIGNING,
    "ait_getEvidence": page_of("Evidence"),
    "ait_subscribe": {"type": "string", "pattern": "^0x[0-9a-f]{1,16}$"},
    "ait_unsubscribe": YES_OR_NO,
    "ait_getConsensusState": CONSENSUS,
    "ait_getMempool": MEMPOOL,
    "ait_simulateTransaction": SIMULATION,
    "ait_sendTransaction": _SENT,
    "ait_sendTransactionAndWait": WAITED,
    "ait_submitReceipt": object_of({"receiptHash": HASH, "transactionId": HASH}),
    "ait_submitReceipts": object_of({"receiptHashes": list_of(HASH), "transactionId": HASH}),
    **STATISTICS_RESULTS,
    "ait_getBill": object_of(
        {
            "items": list_of(named("BillEntry")),
            "isRight": YES_OR_NO,
            "total": AMOUNT,
            "nextCursor": or_null(TEXT),
        }
    ),
    "rpc.discover": ANY_OBJECT,
    "admin_getPeers": object_of({"peers": list_of(TEXT), "cut": list_of(TEXT)}),
    "admin_banPeer": object_of({"banned": YES_OR_NO}),
    "admin_cutPeers": object_of({"cut": list_of(TEXT)}),
    "admin_evictTransaction": object_of({"evicted": YES_OR_NO}),
    "admin_setLogLevel": object_of({"level": TEXT}),
    "admin_backup": object_of({"file": TEXT, "bytes": COUNT}),
    "dev_faucet": WAITED,
}
"""The schema of each method's result."""
