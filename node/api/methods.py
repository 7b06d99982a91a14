"""The table of every method: to add one, add its form, its function and a line here."""

from typing import Any

from node.api import (
    bill_reads,
    core_reads,
    following,
    forms,
    list_reads,
    market_reads,
    payout_reads,
    reads,
    signing_reads,
    statistics_reads,
    submissions,
    validator_reads,
    waiting,
)
from node.api.jsonrpc import Method
from node.api.openrpc import with_discovery
from node.api.services import Services

_HASH = "0x" + "00" * 32
_ADDRESS = "0x" + "00" * 20

_METHODS: tuple[Method[Services, Any], ...] = (
    Method("ait_status", forms.Nothing, reads.status, {}),
    Method("ait_getGenesis", forms.Nothing, reads.get_genesis, {}),
    Method("ait_getBlock", forms.BlockParams, reads.get_block, {"block": "latest"}, whole_cost=5),
    Method("ait_getBlocks", list_reads.BlocksParams, list_reads.get_blocks, {"limit": 10}, cost=5),
    Method(
        "ait_getTransactions",
        list_reads.TransactionsParams,
        list_reads.get_transactions,
        {"address": _ADDRESS, "kind": "transfer", "limit": 10},
        cost=5,
    ),
    Method(
        "ait_getReservations",
        list_reads.ReservationsParams,
        list_reads.get_reservations,
        {"client": _ADDRESS, "status": "open", "limit": 10},
        cost=5,
    ),
    Method(
        "ait_getJob",
        list_reads.JobParams,
        list_reads.get_job,
        {"client": _ADDRESS, "jobId": "job-1"},
    ),
    Method(
        "ait_getHashes",
        list_reads.HashesParams,
        list_reads.get_hashes,
        {"prefix": "0x00a1b2"},
        cost=2,
    ),
    Method("ait_getJobs", list_reads.JobsParams, list_reads.get_jobs, {"jobId": "job-1"}),
    Method(
        "ait_getTransaction",
        forms.TransactionParams,
        reads.get_transaction,
        {"transactionId": _HASH},
    ),
    Method("ait_getReceipt", forms.ReceiptParams, reads.get_receipt, {"receipt": _HASH}),
    Method(
        "ait_getReceiptProof",
        forms.ReceiptParams,
        reads.get_receipt_proof,
        {"receipt": _HASH},
        cost=5,
    ),
    Method(
        "ait_getReceipts",
        forms.ReceiptsParams,
        reads.get_receipts,
        {"provider": _ADDRESS, "status": "paid", "limit": 10},
        cost=5,
    ),
    Method("ait_getAccount", forms.AccountParams, reads.get_account, {"address": _ADDRESS}),
    Method(
        "ait_getReservation",
        forms.ReservationParams,
        reads.get_reservation,
        {"reservationId": _HASH},
    ),
    Method(
        "ait_getLedger", forms.LedgerParams, market_reads.get_ledger, {"address": _ADDRESS}, cost=5
    ),
    Method("ait_getGrants", forms.AccountParams, market_reads.get_grants, {"address": _ADDRESS}),
    Method("ait_getOffers", forms.AccountParams, market_reads.get_offers, {"address": _ADDRESS}),
    Method("ait_getPricing", forms.Nothing, market_reads.get_pricing, {}, cost=5),
    Method("ait_getParameters", forms.Nothing, market_reads.get_parameters, {}),
    Method(
        "ait_estimateFee",
        forms.FeeParams,
        market_reads.estimate_fee,
        {"kind": "transfer", "sizeBytes": 200},
    ),
    Method(
        "ait_getPayoutPeriods",
        payout_reads.PeriodsParams,
        payout_reads.get_payout_periods,
        {"limit": 10},
        cost=5,
    ),
    Method(
        "ait_getPayouts",
        payout_reads.PayoutsParams,
        payout_reads.get_payouts,
        {"period": 0},
        cost=10,
    ),
    Method(
        "ait_getPayoutProof",
        payout_reads.PayoutParams,
        payout_reads.get_payout_proof,
        {"period": 0, "index": 0},
        cost=10,
    ),
    Method(
        "ait_getStatistics",
        statistics_reads.StatisticsParams,
        statistics_reads.get_statistics,
        {"hours": 2},
        cost=2,
    ),
    Method(
        "ait_getTraders",
        statistics_reads.TradersParams,
        statistics_reads.get_traders,
        {"side": "provider", "limit": 10},
        cost=5,
    ),
    Method(
        "ait_getAccountMonths",
        statistics_reads.MonthsParams,
        statistics_reads.get_account_months,
        {"address": _ADDRESS, "side": "client"},
        cost=2,
    ),
    Method(
        "ait_getModels",
        statistics_reads.StatisticsParams,
        statistics_reads.get_models,
        {"hours": 24},
        cost=10,
    ),
    Method(
        "ait_getBill",
        bill_reads.BillParams,
        bill_reads.get_bill,
        {"address": _ADDRESS, "limit": 10},
        cost=10,
    ),
    Method(
        "ait_getSupply",
        statistics_reads.SupplyParams,
        statistics_reads.get_supply,
        {"height": "latest"},
    ),
    Method(
        "ait_getValidators",
        forms.ValidatorsParams,
        validator_reads.get_validators,
        {"height": "latest"},
    ),
    Method(
        "ait_getSigning",
        signing_reads.SigningParams,
        signing_reads.get_signing,
        {"height": "latest", "limit": 10},
        cost=5,
    ),
    Method(
        "ait_getEvidence", forms.EvidenceParams, validator_reads.get_evidence, {"limit": 10}, cost=5
    ),
    Method(
        "ait_subscribe",
        following.SubscribeParams,
        following.subscribe,
        {"topic": "newBlocks", "fromHeight": 1},
        cost=5,
    ),
    Method(
        "ait_unsubscribe",
        following.UnsubscribeParams,
        following.unsubscribe,
        {"subscription": "0x1"},
    ),
    Method("ait_getConsensusState", forms.Nothing, core_reads.get_consensus_state, {}, cost=2),
    Method(
        "ait_getMempool", core_reads.MempoolParams, core_reads.get_mempool, {"limit": 10}, cost=5
    ),
    Method(
        "ait_simulateTransaction",
        forms.SendParams,
        core_reads.simulate_transaction,
        {"rawHex": "0x0101"},
        cost=5,
    ),
    Method(
        "ait_sendTransaction",
        forms.SendParams,
        submissions.send_transaction,
        {"rawHex": "0x0101"},
        is_submission=True,
    ),
    Method(
        "ait_sendTransactionAndWait",
        waiting.SendAndWaitParams,
        waiting.send_transaction_and_wait,
        {"rawHex": "0x0101", "timeoutMs": 5_000},
        is_submission=True,
        cost=5,
        timeout_ms=waiting.CALL_MS_MAX,
    ),
    Method(
        "ait_submitReceipt",
        forms.SubmitReceiptParams,
        submissions.submit_receipt,
        {"document": {"version": "2"}, "claimHex": "0x0103"},
        is_submission=True,
    ),
    Method(
        "ait_submitReceipts",
        forms.SubmitReceiptsParams,
        submissions.submit_receipts,
        {"documents": [{"version": "2"}], "batchHex": "0x010c"},
        cost=50,
        is_submission=True,
    ),
)

METHODS = with_discovery(_METHODS)
"""Every one is safe on a public port: it reads, or hands in what its maker has signed."""
