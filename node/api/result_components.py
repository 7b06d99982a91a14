"""The things that answers are made of, as JSON Schema by name; stated once for every method.

They are what ``shapes`` and its neighbours make: the tests judge every answer by them.
"""

from typing import Final

from chain.kind import Kind
from chain.outcome import OutcomeKind
from node.api.schema_words import (
    ADDRESS,
    AMOUNT,
    ANY_OBJECT,
    COUNT,
    HASH,
    HEIGHT,
    HEX,
    KEY,
    MICRO,
    MONEY,
    MS,
    SECONDS,
    TEXT,
    YES_OR_NO,
    Schema,
    list_of,
    named,
    object_of,
    one_of,
    or_null,
)

OUTCOME_KIND: Final = one_of(*(kind.name.lower() for kind in OutcomeKind))
RECEIPT_STATUS: Final = ("pending", "disputed", "paid", "split", "refunded")

HEADER_NAMES: Final = (
    "chainId",
    "parentHash",
    "lastCommitHash",
    "transactionsRoot",
    "outcomesRoot",
    "receiptsRoot",
    "stateRoot",
    "validatorsHash",
    "nextValidatorsHash",
    "paramsHash",
    "evidenceHash",
    "payoutsRoot",
)
"""What a header says beside time and proposer; genesis has no header."""

BLOCK: Final[dict[str, Schema]] = {
    "height": HEIGHT,
    "hash": HASH,
    "timeMs": MS,
    "proposer": or_null(KEY),
    "transactionCount": COUNT,
    "receiptCount": COUNT,
    "dueOutcomes": list_of(named("Outcome")),
    "certificate": or_null(named("Certificate")),
    **dict.fromkeys(HEADER_NAMES, HASH),
    "chainId": TEXT,
}

RESERVATION: Final[dict[str, Schema]] = {
    "reservationId": HASH,
    "status": one_of("open", "closing", "ended"),
    "client": ADDRESS,
    "provider": or_null(ADDRESS),
    "jobId": TEXT,
    "model": or_null(TEXT),
    "unitType": TEXT,
    "maxRate": AMOUNT,
    "cap": AMOUNT,
    "spent": AMOUNT,
    "pending": AMOUNT,
    "jobsMax": COUNT,
    "expiresAtHeight": HEIGHT,
    "disputeWindow": COUNT,
    "endedHeight": or_null(HEIGHT),
}

RECEIPT: Final[dict[str, Schema]] = {
    "receiptHash": HASH,
    "receiptId": TEXT,
    "sidecarId": HASH,
    "transactionId": HASH,
    "height": HEIGHT,
    "index": COUNT,
    "timeMs": MS,
    "status": one_of(*RECEIPT_STATUS),
    "dueHeight": or_null(HEIGHT),
    "settledHeight": or_null(HEIGHT),
    "jobId": TEXT,
    "reservationId": HASH,
    "client": ADDRESS,
    "provider": ADDRESS,
    "model": TEXT,
    "unitType": TEXT,
    "unitsMicro": MICRO,
    "price": AMOUNT,
    "fee": AMOUNT,
    "spent": AMOUNT,
    "paid": AMOUNT,
    "startedAt": SECONDS,
    "completedAt": SECONDS,
}

OFFER: Final[dict[str, Schema]] = {
    "model": TEXT,
    "unitType": TEXT,
    "rate": AMOUNT,
    "capacity": COUNT,
    "expiresAtHeight": HEIGHT,
}

VALIDATOR_SET: Final[dict[str, Schema]] = {
    "fromHeight": HEIGHT,
    "quorum": COUNT,
    "validators": list_of(
        object_of(
            {
                "index": COUNT,
                "name": TEXT,
                "publicKey": KEY,
                "payee": ADDRESS,
                "sinceHeight": HEIGHT,
            }
        )
    ),
}

COMPONENTS: Final[dict[str, Schema]] = {
    "Outcome": object_of(
        {"kind": OUTCOME_KIND, "subject": HASH, "receiptHash": or_null(HASH), **MONEY}
    ),
    "Certificate": object_of({"round": COUNT, "signatures": COUNT, "validatorsHash": HASH}),
    "Block": object_of(BLOCK, maybe=HEADER_NAMES),
    "Transaction": object_of(
        {
            "transactionId": HASH,
            "height": HEIGHT,
            "index": COUNT,
            "timeMs": MS,
            "kind": one_of(*(kind.name.lower() for kind in Kind)),
            "sender": or_null(ADDRESS),
            "recipient": or_null(ADDRESS),
            "amount": AMOUNT,
            "nonce": or_null(COUNT),
            **MONEY,
            "payload": ANY_OBJECT,
            "rawHex": HEX,
        }
    ),
    "Receipt": object_of(RECEIPT),
    "Dispute": object_of(
        {
            "receiptHash": HASH,
            "reservationId": HASH,
            "transactionId": HASH,
            "openedAtHeight": HEIGHT,
            "bond": AMOUNT,
            "reasonHash": or_null(HASH),
            "dueHeight": or_null(HEIGHT),
            "endedHeight": or_null(HEIGHT),
            "resolutionId": or_null(HASH),
            "bondWinner": or_null(ADDRESS),
        }
    ),
    "Reservation": object_of(RESERVATION),
    "Claim": object_of(
        {
            "receiptHash": HASH,
            "jobId": TEXT,
            "provider": ADDRESS,
            "amount": AMOUNT,
            "fee": AMOUNT,
            "spent": AMOUNT,
            "status": one_of(*RECEIPT_STATUS),
            "dueHeight": or_null(HEIGHT),
            "settledHeight": or_null(HEIGHT),
        }
    ),
    "LedgerEntry": object_of(
        {
            "height": HEIGHT,
            "position": COUNT,
            "timeMs": MS,
            "kind": TEXT,
            "amount": AMOUNT,
            "balanceAfter": AMOUNT,
            "reservedAfter": AMOUNT,
            "transactionId": or_null(HASH),
            "reservationId": HASH,
            "jobId": TEXT,
            "receiptHash": or_null(HASH),
        }
    ),
    "BillEntry": object_of(
        {
            "height": HEIGHT,
            "timeMs": MS,
            "kind": TEXT,
            "amount": AMOUNT,
            "recomputed": AMOUNT,
            "after": AMOUNT,
            "isRight": YES_OR_NO,
            "transactionId": or_null(HASH),
            "receiptHash": or_null(HASH),
            "reservationId": HASH,
            "jobId": TEXT,
            "counterparty": or_null(ADDRESS),
        }
    ),
    "Grant": object_of(
        {
            "label": TEXT,
            "publicKey": KEY,
            "scopes": list_of(TEXT),
            "totalLimit": AMOUNT,
            "transactionLimit": AMOUNT,
            "periodLimit": AMOUNT,
            "periodHeights": COUNT,
            "expiresAtHeight": HEIGHT,
            "models": list_of(TEXT),
            "grantId": HASH,
            "nonce": COUNT,
            "isLive": YES_OR_NO,
            "spent": AMOUNT,
            "totalLeft": AMOUNT,
            "periodLeft": AMOUNT,
            "left": AMOUNT,
        }
    ),
    "Offer": object_of(OFFER),
    "BaseRate": object_of({"model": TEXT, "unitType": TEXT, "rate": AMOUNT}),
    "PayoutPeriod": object_of(
        {
            "period": COUNT,
            "endedHeight": or_null(HEIGHT),
            "payoutsRoot": or_null(HASH),
            "count": COUNT,
            "amount": AMOUNT,
        }
    ),
    "ValidatorSet": object_of(VALIDATOR_SET),
    "Evidence": object_of(
        {
            "publicKey": KEY,
            "name": TEXT,
            "height": HEIGHT,
            "index": COUNT,
            "kind": one_of("proposal", "prevote", "precommit"),
            "offenceHeight": HEIGHT,
            "offenceRound": COUNT,
        }
    ),
}
"""Every thing by its name."""
