"""Bodies that no honest caller sends, each with the answer it must get: code and reason."""

import json

CALL = '{"jsonrpc":"2.0","id":1,"method":"ait_status"}'

PARSE, INVALID = (-32700, "parse_error"), (-32600, "invalid_request")
UNKNOWN, PARAMS = (-32601, "unknown_method"), (-32602, "invalid_params")

Expected = tuple[int, str]


def call(method: str, params: str = "{}") -> bytes:
    """Return the body of a call; the parameters are JSON text, broken or not."""
    return b'{"jsonrpc":"2.0","id":1,"method":%b,"params":%b}' % (
        json.dumps(method).encode(),
        params.encode(),
    )


NO_JSON: dict[str, bytes] = {
    "nothing": b"",
    "spaces": b" \n\t ",
    "open brace": b"{",
    "closing brace": b"}",
    "open bracket": b"[",
    "cut short": CALL[:-3].encode(),
    "two documents": (CALL + CALL).encode(),
    "single quotes": CALL.replace('"', "'").encode(),
    "trailing comma": CALL.replace("}", ",}").encode(),
    "comment": b"/* hello */" + CALL.encode(),
    "unquoted key": b"{jsonrpc:2}",
    "NaN": call("ait_getBlock", "[NaN]"),
    "Infinity": call("ait_getBlock", "[Infinity]"),
    "minus Infinity": call("ait_getBlock", "[-Infinity]"),
    "hexadecimal number": call("ait_getBlock", "[0x10]"),
    "leading zero": call("ait_getBlock", "[01]"),
    "plus sign": call("ait_getBlock", "[+1]"),
    "no digit before the point": call("ait_getBlock", "[.5]"),
    "no digit after the point": call("ait_getBlock", "[1.]"),
    "byte order mark": b"\xef\xbb\xbf" + CALL.encode(),
    "UTF-16": CALL.encode("utf-16"),
    "no UTF-8": b'"\xff"',
    "overlong UTF-8": b'"\xc0\xaf"',
    "half a surrogate pair in UTF-8": b'"\xed\xa0\x80"',
    "zero byte": b'{"jsonrpc":"2.0","id":"\x00"}',
    "line break in a text": b'{"jsonrpc":"2.0","id":"a\nb"}',
    "unknown escape": rb'{"id":"\x41"}',
    "short escape": rb'{"id":"\u12"}',
    "id twice": CALL.replace("}", ',"id":2}').encode(),
    "method twice": CALL.replace("}", ',"method":"ait_getBlock"}').encode(),
    "parameter twice": call("ait_getBlock", '{"block":1,"block":2}'),
    "66 arrays": call("ait_getBlock", "[" * 66 + "]" * 66),
    "100,000 open arrays": b"[" * 100_000,
    "100,000 arrays": b"[" * 100_000 + b"]" * 100_000,
    "100,000 open objects": b'{"a":' * 100_000,
    "5,000 digits as id": CALL.replace("1", "1" * 5_000).encode(),
    "5,000 digits as parameter": call("ait_getBlock", f"[{'9' * 5_000}]"),
    "fraction without end": call("ait_getBlock", f"[0.{'3' * 500}]"),
    "form": b"jsonrpc=2.0&method=ait_status",
    "XML": b'<?xml version="1.0"?><methodCall/>',
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
}

NO_CALL: dict[str, bytes] = {
    "null": b"null",
    "true": b"true",
    "number": b"1",
    "text": b'"ait_status"',
    "empty object": b"{}",
    "empty batch": b"[]",
    "version 1.0": CALL.replace("2.0", "1.0").encode(),
    "version as number": CALL.replace('"2.0"', "2.0").encode(),
    "version with a space": CALL.replace("2.0", "2.0 ").encode(),
    "no version": b'{"id":1,"method":"ait_status"}',
    "no method": b'{"jsonrpc":"2.0","id":1}',
    "method null": b'{"jsonrpc":"2.0","id":1,"method":null}',
    "method number": b'{"jsonrpc":"2.0","id":1,"method":1}',
    "method array": b'{"jsonrpc":"2.0","id":1,"method":["ait_status"]}',
    "method object": b'{"jsonrpc":"2.0","id":1,"method":{"$ne":""}}',
    "params null": call("ait_status", "null"),
    "params text": call("ait_status", '"x"'),
    "params number": call("ait_status", "7"),
    "params true": call("ait_status", "true"),
    "id object": b'{"jsonrpc":"2.0","id":{},"method":"ait_status"}',
    "id array": b'{"jsonrpc":"2.0","id":[1],"method":"ait_status"}',
    "id true": b'{"jsonrpc":"2.0","id":true,"method":"ait_status"}',
}

NO_METHOD: tuple[str, ...] = (
    "",
    "ait_",
    "AIT_STATUS",
    "ait_status ",
    "ait_status\u0000",
    "ait_Status",
    "ait.status",
    "__class__",
    "__init__",
    "answer",
    "rpc.call",
    "rpc.discover\n",
    "system.listMethods",
    "admin_peers",
    "admin_backup",
    "dev_faucet",
    "personal_unlockAccount",
    "debug_traceTransaction",
    "miner_start",
    "../ait_status",
    "ait_getBlock;DROP TABLE block",
    "ait_getBl\u043ec\u043a",
    "a" * 100_000,
    "\ud800",
)

BATCHES: dict[str, tuple[bytes, list[Expected] | Expected]] = {
    "numbers": (b"[1,2]", [INVALID, INVALID]),
    "a batch in a batch": (f"[[{CALL}]]".encode(), [INVALID]),
    "null and an unknown method": (b"[null," + call("x") + b"]", [INVALID, UNKNOWN]),
    "101 calls": (f"[{','.join([CALL] * 101)}]".encode(), (-32005, "batch_too_large")),
    "200,000 numbers": (b"[" + b"1," * 200_000 + b"1]", (-32005, "batch_too_large")),
    "no call among notifications": (
        b'[{"jsonrpc":"2.0","method":"ait_status"},{"jsonrpc":"2.0"}]',
        [INVALID],
    ),
}
