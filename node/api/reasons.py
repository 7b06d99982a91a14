"""The closed list of reasons why a call fails: one table for JSON-RPC, REST and the command line.

A reason is a stable name for programs: JSON-RPC shows it as ``error.data.reason``, REST as ``code``
of a problem document, and the command line ends with its exit code. What a rule of the chain
refuses has the error's own code as its reason, so each leaf of ``chain/errors.py`` and
``chain/refusals.py`` has a row. Names are never reused with another meaning.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Final


@unique
class RpcCode(IntEnum):
    """The closed list of error codes: JSON-RPC 2.0, section 5.1, and the group of EIP-1474."""

    PARSE_ERROR = -32700
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    INTERNAL_ERROR = -32603
    INVALID_INPUT = -32000
    NOT_FOUND = -32001
    UNAVAILABLE = -32002
    REJECTED = -32003
    NOT_SUPPORTED = -32004
    LIMIT = -32005


EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NOT_FOUND = 3
EXIT_UNREACHABLE = 4
EXIT_REJECTED = 5

EXIT_CODES: Final[Mapping[int, int]] = {
    RpcCode.INVALID_REQUEST: EXIT_USAGE,
    RpcCode.METHOD_NOT_FOUND: EXIT_USAGE,
    RpcCode.INVALID_PARAMS: EXIT_USAGE,
    RpcCode.INVALID_INPUT: EXIT_USAGE,
    RpcCode.NOT_SUPPORTED: EXIT_USAGE,
    RpcCode.NOT_FOUND: EXIT_NOT_FOUND,
    RpcCode.UNAVAILABLE: EXIT_UNREACHABLE,
    RpcCode.LIMIT: EXIT_UNREACHABLE,
    RpcCode.REJECTED: EXIT_REJECTED,
}
"""The others are faults of a program: ``EXIT_FAILED``."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a call fails.

    Attributes:
        name: stable, in ``lower_snake_case``.
        code: of the JSON-RPC error.
        status: of the HTTP answer where the call is REST; JSON-RPC always answers 200.
        advice: what the caller can do, as the end of a sentence that begins with "to go on".
    """

    name: str
    code: RpcCode
    status: int
    advice: str

    @property
    def title(self) -> str:
        """A short summary for people, the same each time."""
        return self.name.replace("_", " ").capitalize()

    @property
    def exit_code(self) -> int:
        """The exit code of a command that fails so."""
        return EXIT_CODES.get(self.code, EXIT_FAILED)


_NOT_SYNCED = "ask for something final; a node that catches up may not have it yet"
_RECEIPT = "compare the receipt with its reservation, and let the miner sign it anew"
_CLIENTS_TURN = "read the claim with ait_getReceipt; there is nothing left to decide"

_TABLE: Final[Mapping[RpcCode, Mapping[str, tuple[int, str]]]] = {
    RpcCode.PARSE_ERROR: {
        "parse_error": (400, "send strict JSON in UTF-8: no NaN, no repeated key, 64 levels deep"),
    },
    RpcCode.INVALID_REQUEST: {
        "invalid_request": (400, "send an object with jsonrpc, method, params and id"),
        "bad_http": (400, "send a whole request of HTTP"),
        "body_too_slow": (408, "send the body faster"),
        "body_too_large": (413, "send less at once; ait_status names the limit"),
        "unsupported_media_type": (415, "send application/json"),
        "idempotency_key_missing": (400, "send a key of your own, a new one for each thing wanted"),
        "idempotency_key_reused": (422, "take a new key for another request"),
        "idempotency_in_flight": (409, "ask again in a second: the same answer comes"),
        "unauthorized": (401, "send the token that run/api.token in the node's home holds"),
        "not_acceptable": (406, "accept application/json, or text/csv where there is a table"),
    },
    RpcCode.METHOD_NOT_FOUND: {
        "unknown_method": (404, "look the method up with rpc.discover"),
        "unknown_path": (404, "look the path up in /v1/openapi.json"),
        "method_not_allowed": (405, "use a method that the header Allow names"),
    },
    RpcCode.INVALID_PARAMS: {
        "invalid_params": (422, "correct the parameters that errors names"),
    },
    RpcCode.INTERNAL_ERROR: {
        "internal_error": (500, "try again; if it stays, its operator finds the cause in the log"),
    },
    RpcCode.INVALID_INPUT: {
        "filter_not_found": (404, "make the filter again"),
    },
    RpcCode.NOT_FOUND: {
        "block_not_found": (404, _NOT_SYNCED),
        "transaction_not_found": (404, "wait until it is final, or look for it in ait_getMempool"),
        "receipt_not_found": (404, "wait until its claim is final"),
        "reservation_not_found": (404, _NOT_SYNCED),
        "payout_period_not_found": (404, "ask for a period that has begun"),
        "payout_proof_not_found": (404, "wait until the period has ended, and count from 0"),
        "job_not_found": (404, "check the job id and whose job it is"),
    },
    RpcCode.UNAVAILABLE: {
        "state_not_kept": (404, "ask for the latest block"),
        "core_unavailable": (503, "try again in a second: the node starts its core anew"),
    },
    RpcCode.NOT_SUPPORTED: {
        "websocket_only": (405, "open a WebSocket to the same address"),
        "eth_read_only": (405, "sign it for this chain and use ait_sendTransaction"),
    },
    RpcCode.LIMIT: {
        "batch_too_large": (413, "send fewer calls in a batch"),
        "block_too_large": (413, "ask for hashes, then for each transaction by its index"),
        "range_too_large": (413, "ask for the range that suggested names, then for the rest"),
        "too_many_filters": (429, "take off a filter first, or wait until it expires"),
        "reply_too_large": (413, "ask for less at once"),
        "timeout": (503, "ask for less, or again when the node has less to do"),
        "rate_limited": (429, "wait for retryAfterMs and call less often"),
        "too_busy": (503, "try again in a moment"),
        "too_many_keys": (503, "try again tomorrow, or ask another node"),
        "too_many_questions": (503, "try again in a moment"),
        "too_many_waits": (503, "send it with ait_sendTransaction and look for it later"),
        "too_many_submissions": (503, "wait for the answers to what was handed in"),
        "too_many_subscriptions": (429, "end a subscription first"),
        "too_many_streams": (503, "close a stream first, or try again later"),
    },
    RpcCode.REJECTED: {
        "invalid": (422, "read the sentence: it names the rule"),
        "malformed": (400, "encode the message in its one canonical form"),
        "invalid_signature": (422, "sign with the key of the account that the message names"),
        "wrong_chain": (422, "sign for the chain id and genesis hash of ait_status"),
        "limit_exceeded": (413, "make it smaller, or split it"),
        "receipt_mismatch": (422, _RECEIPT),
        "invalid_transaction": (422, "read the sentence: it names the rule"),
        "wrong_nonce": (409, "sign again with the nonce that is expected"),
        "wrong_sender": (403, "sign with the account's own key, or let it grant this one"),
        "insufficient_balance": (402, "pay into the account, or spend less"),
        "fee_out_of_range": (422, "take a fee between minimum and maximum; see ait_estimateFee"),
        "transaction_expired": (410, "sign it again with a later valid_until"),
        "valid_too_long": (422, "sign it again with an earlier valid_until"),
        "invalid_payload": (422, "correct the field that the sentence names"),
        "duplicate_job": (409, "use the reservation that is named, or another job id"),
        "unknown_reservation": (409, "reserve first, or reserve again if it has ended"),
        "reservation_expired": (410, "reserve again"),
        "reservation_closing": (409, "reserve again"),
        "reservation_still_open": (409, "wait for its expiry, or let the provider release it"),
        "claim_not_allowed": (403, _RECEIPT),
        "price_above_ceiling": (422, _RECEIPT),
        "cap_exceeded": (402, "claim no more than is left, or let the client reserve more"),
        "receipt_already_claimed": (409, "read it with ait_getReceipt: it is on the chain"),
        "already_known": (409, "wait: it is admitted already"),
        "replacement_fee_too_low": (409, "pay the fee that is needed, or wait for the first one"),
        "mempool_full": (503, "try again after the next block"),
        "invalid_block": (422, "read the sentence: it names the rule"),
        "header_mismatch": (422, "read the sentence: it names the field"),
        "invalid_certificate": (422, "bring a certificate of the chain's own validators"),
        "unknown_grant": (403, "let the account grant the key, or sign with its own"),
        "grant_limit_exceeded": (402, "wait for the next period, or let the account grant more"),
        "grant_forbids": (403, "sign with a key whose grant allows it"),
        "too_many_entries": (409, "revoke a grant or let an offer expire first"),
        "unknown_claim": (409, "claim the receipt first"),
        "claim_not_pending": (409, _CLIENTS_TURN),
        "no_dispute": (409, _CLIENTS_TURN),
        "approval_refused": (422, "gather the approvals of more validators"),
    },
}

REASONS: Final[Mapping[str, Reason]] = {
    name: Reason(name, code, status, advice)
    for code, rows in _TABLE.items()
    for name, (status, advice) in rows.items()
}
"""Every reason by its name."""
