"""The table of REST: to add a call, add its form, its function, its shape and a line here."""

from typing import Any

from node.api import (
    rest_accounts,
    rest_audit,
    rest_jobs,
    rest_market,
    rest_payouts,
    rest_reasons,
    rest_receipts,
    rest_recovery,
    rest_submissions,
    rest_usage,
)
from node.api.rest_calls import RestCall
from node.api.rest_forms import Listed, Nothing, OfClient
from node.api.rest_openapi import with_openapi

_CALLS: tuple[RestCall[Any], ...] = (
    RestCall("/billing/account", OfClient, rest_accounts.get_account, rest_accounts.BillingAccount),
    RestCall(
        "/billing/usage",
        rest_usage.UsageAsked,
        rest_usage.get_usage,
        rest_usage.Usage,
        rest_usage.UsageBucket,
        cost=5,
    ),
    RestCall("/billing/jobs/{job_id}", rest_jobs.JobAsked, rest_jobs.get_job, rest_jobs.Job),
    RestCall("/billing/keys", OfClient, rest_accounts.list_keys, rest_accounts.KeyList),
    RestCall(
        "/receipts",
        rest_receipts.ReceiptsAsked,
        rest_receipts.list_receipts,
        rest_receipts.ReceiptList,
        rest_receipts.ReceiptItem,
        cost=5,
    ),
    RestCall(
        "/receipts/{receipt}",
        rest_receipts.ReceiptAsked,
        rest_receipts.get_receipt,
        rest_receipts.WholeReceipt,
        is_final=rest_receipts.is_final,
    ),
    RestCall("/pricing", Nothing, rest_market.get_pricing, rest_market.Pricing, rest_market.Offer),
    RestCall(
        "/payouts",
        Listed,
        rest_payouts.list_periods,
        rest_payouts.PeriodList,
        rest_payouts.Period,
        cost=5,
    ),
    RestCall(
        "/payouts/{period}",
        rest_payouts.PeriodAsked,
        rest_payouts.list_payouts,
        rest_payouts.PeriodPayouts,
        rest_payouts.Payout,
        cost=10,
    ),
    RestCall(
        "/payouts/{period}/{index}",
        rest_payouts.PayoutAsked,
        rest_payouts.get_proof,
        rest_payouts.PayoutProof,
        cost=10,
    ),
    RestCall(
        "/audit/supply", rest_audit.SupplyAsked, rest_audit.get_supply, rest_audit.SupplyAudit
    ),
    RestCall(
        "/audit/account",
        rest_audit.BillAsked,
        rest_audit.get_bill,
        rest_audit.Bill,
        rest_audit.BillItem,
        cost=10,
    ),
    RestCall(
        "/jobs/reserve",
        rest_submissions.Signed,
        rest_submissions.reserve,
        rest_submissions.Reserved,
        method="POST",
        is_idempotent=True,
        status=201,
        cost=5,
    ),
    RestCall(
        "/jobs/{job_id}/release",
        rest_submissions.ReleaseAsked,
        rest_submissions.release,
        rest_submissions.Released,
        method="POST",
        is_idempotent=True,
        cost=5,
    ),
    RestCall(
        "/receipts",
        rest_submissions.ReceiptsGiven,
        rest_submissions.submit_receipts,
        rest_submissions.Claimed,
        method="POST",
        is_idempotent=True,
        status=201,
        cost=50,
    ),
    RestCall(
        "/billing/keys",
        rest_submissions.Signed,
        rest_submissions.grant_key,
        rest_submissions.KeyChange,
        method="POST",
        is_idempotent=True,
        status=201,
        cost=5,
    ),
    RestCall(
        "/billing/keys",
        rest_submissions.Signed,
        rest_submissions.revoke_key,
        rest_submissions.KeyChange,
        method="DELETE",
        is_idempotent=True,
        cost=5,
    ),
    RestCall(
        "/admin/reservations/recover",
        rest_recovery.RecoveryAsked,
        rest_recovery.recover,
        rest_recovery.Recovery,
        method="POST",
        in_query=frozenset({"dry_run"}),
        is_guarded=True,
        cost=50,
    ),
    RestCall("/problems", Nothing, rest_reasons.list_reasons, rest_reasons.ReasonList),
    RestCall(
        "/problems/{code}",
        rest_reasons.ReasonAsked,
        rest_reasons.get_reason,
        rest_reasons.ReasonItem,
    ),
)

CALLS = with_openapi(_CALLS)
"""All calls, and the one that tells of them."""
