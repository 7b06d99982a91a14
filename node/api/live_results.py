"""What is told of a node as it is at this moment, as JSON Schema."""

from typing import Final

from chain.consensus.height_state import Step
from node.api.result_components import OUTCOME_KIND
from node.api.schema_words import (
    COUNT,
    HASH,
    HEIGHT,
    KEY,
    MONEY,
    MS,
    TEXT,
    YES_OR_NO,
    Schema,
    list_of,
    named,
    object_of,
    one_of,
    or_null,
)

_LIMITS = ("bodyBytes", "batch", "replyBytes", "callMs", "page")
_VOTE: Schema = {"type": "string", "pattern": "^(nil|0x[0-9a-f]{64})$"}

STATUS: Final = object_of(
    {
        "chainId": TEXT,
        "genesisHash": HASH,
        "name": TEXT,
        "version": or_null(TEXT),
        "height": HEIGHT,
        "hash": HASH,
        "timeMs": MS,
        "stateRoot": or_null(HASH),
        "best": or_null(HEIGHT),
        "catchingUp": or_null(YES_OR_NO),
        "blocksPerS": or_null(COUNT),
        "remainingS": or_null(COUNT),
        "round": or_null(COUNT),
        "peers": or_null(COUNT),
        "cutPeers": or_null(COUNT),
        "mempool": or_null(COUNT),
        "validator": or_null(YES_OR_NO),
        "coreConnected": YES_OR_NO,
        "limits": {
            "type": "object",
            "properties": dict.fromkeys(_LIMITS, COUNT),
            "required": list(_LIMITS),
        },
    }
)
WAITED: Final = object_of(
    {
        "transactionId": HASH,
        "isFinal": YES_OR_NO,
        "transaction": or_null(named("Transaction")),
    }
)
CONSENSUS: Final = object_of(
    {
        "height": HEIGHT,
        "round": or_null(COUNT),
        "step": one_of(*(step.name.lower() for step in Step)),
        "quorum": COUNT,
        "validators": list_of(
            object_of(
                {
                    "name": TEXT,
                    "publicKey": KEY,
                    "isProposer": YES_OR_NO,
                    "prevote": or_null(_VOTE),
                    "precommit": or_null(_VOTE),
                }
            )
        ),
    }
)
MEMPOOL: Final = object_of(
    {
        "count": COUNT,
        "bytes": COUNT,
        "countMax": COUNT,
        "bytesMax": COUNT,
        "byKind": {"type": "object", "additionalProperties": COUNT},
        "next": list_of(HASH, most=500),
    }
)
SIMULATION: Final = object_of(
    {
        "atHeight": HEIGHT,
        "transactionId": HASH,
        "signatureValid": YES_OR_NO,
        "applies": YES_OR_NO,
        "outcome": or_null(object_of({"kind": OUTCOME_KIND, **MONEY})),
        "refusal": or_null(
            {
                "type": "object",
                "properties": {"reason": TEXT, "message": TEXT},
                "required": ["reason", "message"],
            }
        ),
    }
)
