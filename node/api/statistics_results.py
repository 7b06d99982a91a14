"""What the statistics answer, as JSON Schema."""

from typing import Final

from node.api.result_components import OUTCOME_KIND
from node.api.schema_words import (
    ADDRESS,
    AMOUNT,
    COUNT,
    HEIGHT,
    MICRO,
    MS,
    TEXT,
    YES_OR_NO,
    Schema,
    list_of,
    object_of,
    or_null,
)

_CLAIMS = dict.fromkeys(("receipts", "settled", "refunded", "disputed"), COUNT)
_SPENT = {"spent": AMOUNT, "fees": AMOUNT}
_KIND = object_of({"kind": OUTCOME_KIND, "count": COUNT, "amount": AMOUNT, "fees": AMOUNT})
_HOUR = object_of(
    {
        "startMs": MS,
        "lastHeight": HEIGHT,
        "blocks": COUNT,
        "accounts": COUNT,
        **_CLAIMS,
        **_SPENT,
        "kinds": list_of(_KIND),
    }
)
_SIGNED: Schema = {"type": "string", "pattern": "^(0|-?[1-9][0-9]*)$"}
_POSITIONS = ("supply", "balances", "reserved", "pending", "bonds", "treasury")

STATISTICS_RESULTS: Final[dict[str, Schema]] = {
    "ait_getStatistics": object_of(
        {
            "atHeight": HEIGHT,
            "totals": object_of({"accounts": COUNT, "transactions": COUNT, **_CLAIMS, **_SPENT}),
            "items": list_of(_HOUR),
        }
    ),
    "ait_getModels": object_of(
        {
            "startMs": {"type": "integer", "description": "unix milliseconds"},
            "isComplete": YES_OR_NO,
            "items": list_of(
                object_of(
                    {"model": TEXT, "unitType": TEXT, **_CLAIMS, "unitsMicro": MICRO, **_SPENT}
                )
            ),
        }
    ),
    "ait_getTraders": object_of(
        {
            "items": list_of(object_of({"address": ADDRESS, **_CLAIMS, **_SPENT}), most=500),
            "nextCursor": or_null(TEXT),
        }
    ),
    "ait_getAccountMonths": object_of(
        {
            "items": list_of(
                object_of(
                    {"month": TEXT, "unitType": TEXT, **_CLAIMS, "unitsMicro": MICRO, **_SPENT}
                )
            )
        }
    ),
    "ait_getSupply": object_of(
        {"height": HEIGHT, **dict.fromkeys(_POSITIONS, AMOUNT), "difference": _SIGNED}
    ),
}
