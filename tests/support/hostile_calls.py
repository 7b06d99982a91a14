"""Calls with parameters that no honest caller sends, each with the answer it must get."""

import json
from collections.abc import Iterator

from chain.address import format_address
from chain.crypto import sha256
from chain.primitives import BATCH_CLAIMS_MAX, HEIGHT_MAX, TRANSACTION_BYTES_MAX
from node.api.cursors import encode_cursor
from node.api.methods import METHODS
from node.api.openrpc import openrpc_document
from tests.support.builders import a_claim, a_receipt, a_transfer, address_of_name
from tests.support.hostile_bodies import PARAMS, Expected

GOOD = format_address(address_of_name("client"))
MALFORMED, FORGED = (-32003, "malformed"), (-32003, "invalid_signature")
HASH = "0x" + "ab" * 32
TRANSFER = a_transfer().encode()
RECEIPT = a_receipt()

HEIGHTS: dict[str, tuple[object, Expected]] = {
    "negative": (-1, PARAMS),
    "above every height": (HEIGHT_MAX + 1, PARAMS),
    "2^53": (2**53, PARAMS),
    "2^64": (2**64, PARAMS),
    "1,000 digits": (10**999, PARAMS),
    "fraction": (1.5, PARAMS),
    "true": (True, PARAMS),
    "null": (None, PARAMS),
    "list": ([1], PARAMS),
    "object": ({"height": 1}, PARAMS),
    "number as text": ("1", PARAMS),
    "hexadecimal": ("0x1", PARAMS),
    "capitals": ("LATEST", PARAMS),
    "a space behind": ("latest ", PARAMS),
    "tag of another chain": ("pending", PARAMS),
    "63 digits": ("0x" + "a" * 63, PARAMS),
    "65 digits": ("0x" + "a" * 65, PARAMS),
    "no hexadecimal digits": ("0x" + "g" * 64, PARAMS),
    "wide digits": ("\uff10" * 64, PARAMS),
    "capital X": ("0X" + "a" * 64, PARAMS),
    "height to come": (HEIGHT_MAX, (-32001, "block_not_found")),
    "hash of nothing": (HASH, (-32001, "block_not_found")),
}

ADDRESSES: dict[str, object] = {
    "empty": "",
    "prefix alone": "ait1",
    "last letter changed": GOOD[:-1] + ("q" if GOOD[-1] != "q" else "p"),
    "two letters swapped": GOOD[:10] + GOOD[11] + GOOD[10] + GOOD[12:],
    "one letter short": GOOD[:-1],
    "one letter more": GOOD + "q",
    "mixed case": GOOD[:-1] + GOOD[-1].upper() if GOOD[-1].isalpha() else "aIt1" + GOOD[4:],
    "another chain's prefix": "bc1" + GOOD[4:],
    "bech32 of another length": "ait1qqqqqqqqqqqqqq",
    "39 digits": "0x" + "1" * 39,
    "41 digits": "0x" + "1" * 41,
    "wrong capitals": "0x" + "aB" * 20,
    "no digits": "0x" + "z" * 40,
    "space before": " " + GOOD,
    "line break behind": GOOD + "\n",
    "zero byte": GOOD + "\x00",
    "10,000 letters": "ait1" + "q" * 10_000,
    "Cyrillic letter": GOOD[:4] + "\u0430" + GOOD[5:],
    "number": 5,
    "list": [GOOD],
    "SQL": "' OR 1=1 --",
    "half a surrogate pair": "\ud800",
}

CURSORS: dict[str, object] = {
    "of another list": encode_cursor("blocks ", 7),
    "of another filter": encode_cursor("transactions  claim", 7),
    "forged filter": "AQAAAAAAAAAAAAAAAAAAAAAA",
    "version 2": "Ag" + encode_cursor("transactions  ", 7)[2:],
    "cut short": encode_cursor("transactions  ", 7)[:-2],
    "too long": "A" * 65,
    "empty": "",
    "no base64": "!!!!",
    "padding alone": "====",
    "no ASCII": "\u00e9",
    "number": 7,
    "row above every row": encode_cursor("transactions  ", 2**63),
}

LIMITS: dict[str, object] = {
    "zero": 0,
    "negative": -1,
    "501": 501,
    "2^64": 2**64,
    "fraction": 1.5,
    "text": "10",
    "true": True,
    "list": [1],
}

LABELS: dict[str, object] = {
    "empty": "",
    "space": "a b",
    "SQL": "a';--",
    "500 letters": "a" * 500,
    "no ASCII": "\u00e9",
    "line break": "a\n",
    "zero byte": "a\x00",
    "path": "../../etc/passwd",
    "script": "<script>",
    "object": {"$gt": ""},
}

RAW: dict[str, tuple[object, Expected]] = {
    "empty": ("", PARAMS),
    "prefix alone": ("0x", PARAMS),
    "odd digits": ("0x0", PARAMS),
    "no digits": ("0xzz", PARAMS),
    "spaces": ("00 00", PARAMS),
    "prefix twice": ("0x0x00", PARAMS),
    "line break": ("00\n", PARAMS),
    "too large": ("00" * (TRANSACTION_BYTES_MAX + 2), PARAMS),
    "bytes as a list": ([0, 1], PARAMS),
    "null": (None, PARAMS),
    "a zero": ("00", MALFORMED),
    "as large as may be": ("ff" * TRANSACTION_BYTES_MAX, MALFORMED),
    "a byte short": (TRANSFER[:-1].hex(), MALFORMED),
    "a byte more": (TRANSFER.hex() + "00", MALFORMED),
    "forged signature": (TRANSFER[:-1].hex() + f"{TRANSFER[-1] ^ 1:02x}", FORGED),
    "of another chain": (TRANSFER.hex(), FORGED),
    "claim without its receipt": (a_claim().encode().hex(), FORGED),
    "noise": (b"".join(sha256(bytes([one])) for one in range(9)).hex(), MALFORMED),
}

OTHERS: dict[str, tuple[str, object, Expected]] = {
    "page of a block before its first": (
        "ait_getBlock",
        {"block": 0, "transactions": True, "fromIndex": -1},
        PARAMS,
    ),
    "page of a block behind its last": (
        "ait_getBlock",
        {"block": 0, "transactions": True, "fromIndex": 10**9},
        PARAMS,
    ),
    "yes for true": ("ait_getBlock", {"block": 0, "transactions": "yes"}, PARAMS),
    "1 for true": ("ait_getBlock", {"block": 0, "transactions": 1}, PARAMS),
    "unknown transaction": (
        "ait_getTransaction",
        {"transactionId": HASH},
        (-32001, "transaction_not_found"),
    ),
    "unknown receipt": ("ait_getReceipt", {"receipt": "nothing"}, (-32001, "receipt_not_found")),
    "proof of nothing": ("ait_getReceiptProof", {"receipt": HASH}, (-32001, "receipt_not_found")),
    "unknown reservation": (
        "ait_getReservation",
        {"reservationId": HASH},
        (-32001, "reservation_not_found"),
    ),
    "unknown job": ("ait_getJob", {"client": GOOD, "jobId": "x"}, (-32001, "job_not_found")),
    "period to come": ("ait_getPayouts", {"period": 9}, (-32001, "payout_period_not_found")),
    "period before the first": ("ait_getPayouts", {"period": -1}, PARAMS),
    "payment before the first": ("ait_getPayoutProof", {"period": 0, "index": -1}, PARAMS),
    "payment beyond the last": ("ait_getPayoutProof", {"period": 0, "index": 10**6}, PARAMS),
    "validators of a height to come": ("ait_getValidators", {"height": 10**9}, PARAMS),
    "unknown kind": ("ait_estimateFee", {"kind": "mint", "sizeBytes": 1}, PARAMS),
    "size of nothing": ("ait_estimateFee", {"kind": "claim", "sizeBytes": 0}, PARAMS),
    "size beyond bounds": ("ait_estimateFee", {"kind": "claim", "sizeBytes": 10**9}, PARAMS),
    "unknown status": ("ait_getReceipts", {"status": "PAID"}, PARAMS),
    "unknown topic": ("ait_subscribe", {"topic": "everything"}, PARAMS),
    "subscription over HTTP": (
        "ait_subscribe",
        {"topic": "newBlocks"},
        (-32004, "websocket_only"),
    ),
    "negative mempool": ("ait_getMempool", {"limit": -1}, PARAMS),
    "waiting no time": ("ait_sendTransactionAndWait", {"rawHex": "00", "timeoutMs": 0}, PARAMS),
    "waiting for ever": (
        "ait_sendTransactionAndWait",
        {"rawHex": "00", "timeoutMs": 10**9},
        PARAMS,
    ),
    "receipt that is null": ("ait_submitReceipt", {"document": None, "claimHex": "00"}, PARAMS),
    "receipt that is a list": ("ait_submitReceipt", {"document": [], "claimHex": "00"}, PARAMS),
    "receipt that is empty": (
        "ait_submitReceipt",
        {"document": {}, "claimHex": "00"},
        MALFORMED,
    ),
    "receipt that is no JSON": (
        "ait_submitReceipt",
        {"document": "{", "claimHex": "00"},
        MALFORMED,
    ),
    "receipt with NaN": (
        "ait_submitReceipt",
        {"document": '{"price":NaN}', "claimHex": "00"},
        MALFORMED,
    ),
    "receipt with a key twice": (
        "ait_submitReceipt",
        {"document": '{"version":"2","version":"2"}', "claimHex": "00"},
        MALFORMED,
    ),
    "receipt that nests deeply": (
        "ait_submitReceipt",
        {"document": '{"a":' * 1_500, "claimHex": "00"},
        MALFORMED,
    ),
    "receipt of another chain": (
        "ait_submitReceipt",
        {"document": RECEIPT.document.decode(), "claimHex": a_claim(RECEIPT).encode().hex()},
        (-32003, "wrong_chain"),
    ),
    "no receipts": ("ait_submitReceipts", {"documents": [], "batchHex": "00"}, PARAMS),
    "too many receipts": (
        "ait_submitReceipts",
        {"documents": [{}] * (BATCH_CLAIMS_MAX + 1), "batchHex": "00"},
        PARAMS,
    ),
    "batch that is none": ("ait_submitReceipts", {"documents": [{}], "batchHex": "00"}, MALFORMED),
}

_WRONG: dict[str, object] = {"object": {"a": {}}, "float": 1.5, "list": [[]], "null byte": "\x00"}


def hostile_calls() -> Iterator[tuple[str, str, object, Expected]]:
    """Yield (name, method, parameters, answer)."""
    for name, (block, answer) in HEIGHTS.items():
        yield f"block {name}", "ait_getBlock", {"block": block}, answer
    for name, address in ADDRESSES.items():
        yield f"address {name}", "ait_getAccount", {"address": address}, PARAMS
    for name, cursor in CURSORS.items():
        yield f"cursor {name}", "ait_getTransactions", {"cursor": cursor}, PARAMS
    for name, limit in LIMITS.items():
        yield f"limit {name}", "ait_getReceipts", {"limit": limit}, PARAMS
    for name, label in LABELS.items():
        yield f"job {name}", "ait_getJob", {"client": GOOD, "jobId": label}, PARAMS
    for name, (raw, answer) in RAW.items():
        yield f"transaction {name}", "ait_sendTransaction", {"rawHex": raw}, answer
    for name, (method, params, answer) in OTHERS.items():
        yield name, method, params, answer
    yield from _of_every_method()


def _of_every_method() -> Iterator[tuple[str, str, object, Expected]]:
    """Yield for every method of ours an unknown name, too many values, and wrong types."""
    ours = [one for one in METHODS if one.name.startswith("ait_")]
    for told in openrpc_document(ours)["methods"]:
        method, names = told["name"], [one["name"] for one in told["params"]]
        yield f"{method} with an unknown name", method, {"__proto__": 1}, PARAMS
        yield f"{method} with too many values", method, [None] * (len(names) + 1), PARAMS
        for name in names:
            for kind, value in _WRONG.items():
                if (name, kind) != ("document", "object"):
                    yield f"{method} {name} {kind}", method, {name: value}, PARAMS


def params_text(params: object) -> str:
    """Return parameters as JSON; ASCII, so that half a surrogate pair is an escape."""
    return json.dumps(params)
