import asyncio
import json
from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, Field

from chain.errors import InsufficientBalance
from node.api import problems
from node.api.jsonrpc import Method, Rpc
from node.api.settings import Limits

LIMITS = Limits(batch_max=5, call_timeout_ms=50, reply_bytes_max=2_048)


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Pair(Closed):
    minuend: int
    subtrahend: int


class Nothing(Closed):
    pass


class Size(Closed):
    size: Annotated[int, Field(ge=0)]


async def subtract(notes: list[int], pair: Pair) -> object:
    """Subtract."""
    notes.append(pair.minuend)
    return pair.minuend - pair.subtrahend


async def fail(notes: list[int], _: Nothing) -> object:
    """Have a fault."""
    raise KeyError("secret")


async def refuse(notes: list[int], _: Nothing) -> object:
    """Refuse as a rule of the chain does."""
    raise InsufficientBalance(needed=6, available=5)


async def wait(notes: list[int], _: Nothing) -> object:
    """Wait for what never comes."""
    return await asyncio.get_running_loop().create_future()


async def fill(notes: list[int], size: Size) -> object:
    """Say much."""
    return "x" * size.size


async def meet(notes: list[int], _: Nothing) -> object:
    """Hand in, and say how many of the batch had been handed in when the first result came."""
    notes.append(0)
    await asyncio.sleep(0)
    return len(notes)


METHODS = (
    Method("subtract", Pair, subtract, {}),
    Method("fail", Nothing, fail, {}),
    Method("refuse", Nothing, refuse, {}),
    Method("wait", Nothing, wait, {}),
    Method("fill", Size, fill, {}, whole_cost=5),
    Method("meet", Nothing, meet, {}, is_submission=True),
    Method("dear", Nothing, meet, {}, cost=20),
)


def answer(body: str | bytes, notes: list[int] | None = None) -> bytes:
    rpc = Rpc(METHODS, [] if notes is None else notes, limits=LIMITS)
    return asyncio.run(rpc.answer(body.encode() if isinstance(body, str) else body))


def code_and_id(reply: bytes) -> tuple[int, object]:
    content = json.loads(reply)
    assert content["jsonrpc"] == "2.0"
    assert "Traceback" not in reply.decode()
    assert content["error"]["data"]["reason"]
    return content["error"]["code"], content["id"]


# JSON-RPC 2.0, section 7, with methods of ours where the specification only names one.
SPECIFICATION = {
    "positional": ('{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}', 19),
    "positional, the other way": (
        '{"jsonrpc":"2.0","method":"subtract","params":[23,42],"id":2}',
        -19,
    ),
    "by name": (
        '{"jsonrpc":"2.0","method":"subtract","params":{"subtrahend":23,"minuend":42},"id":3}',
        19,
    ),
    "by name, other order": (
        '{"jsonrpc":"2.0","method":"subtract","params":{"minuend":42,"subtrahend":23},"id":4}',
        19,
    ),
    "unknown method": ('{"jsonrpc":"2.0","method":"foobar","id":"1"}', -32601),
    "invalid JSON": ('{"jsonrpc":"2.0","method":"foobar,"params":"bar","baz]', -32700),
    "invalid request": ('{"jsonrpc":"2.0","method":1,"params":"bar"}', -32600),
    "invalid JSON in a batch": (
        '[{"jsonrpc":"2.0","method":"sum","params":[1,2,4],"id":"1"},{"jsonrpc":"2.0","method"',
        -32700,
    ),
    "empty batch": ("[]", -32600),
}


@pytest.mark.parametrize(("body", "expected"), SPECIFICATION.values(), ids=SPECIFICATION)
def test_example_of_the_specification(body: str, expected: int) -> None:
    content = json.loads(answer(body))
    assert expected in (content.get("result"), content.get("error", {}).get("code"))


@pytest.mark.parametrize(
    "body",
    [
        '{"jsonrpc":"2.0","method":"subtract","params":[1,2]}',
        '{"jsonrpc":"2.0","method":"foobar"}',
        '[{"jsonrpc":"2.0","method":"subtract","params":[1,2]},{"jsonrpc":"2.0","method":"x"}]',
    ],
)
def test_notifications_are_not_answered(body: str) -> None:
    assert answer(body) == b""


def test_notification_is_performed() -> None:
    notes: list[int] = []
    answer('{"jsonrpc":"2.0","method":"subtract","params":[7,2]}', notes)
    assert notes == [7]


@pytest.mark.parametrize(("body", "count"), [("[1]", 1), ("[1,2,3]", 3)])
def test_each_element_that_is_no_request_is_answered(body: str, count: int) -> None:
    replies = json.loads(answer(body))
    assert [reply["error"]["code"] for reply in replies] == [-32600] * count
    assert [reply["id"] for reply in replies] == [None] * count


def test_batch_of_everything() -> None:
    batch = """[
        {"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":"1"},
        {"jsonrpc":"2.0","method":"subtract","params":[7,1]},
        {"foo":"boo"},
        {"jsonrpc":"2.0","method":"foo.get","params":{"name":"myself"},"id":"5"},
        {"jsonrpc":"2.0","method":"fill","params":[2],"id":"9"}
    ]"""
    replies = json.loads(answer(batch))
    assert [reply["id"] for reply in replies] == ["1", None, "5", "9"]
    assert replies[0]["result"] == 19
    assert [reply["error"]["code"] for reply in replies[1:3]] == [-32600, -32601]
    assert replies[3]["result"] == "xx"


CALL = '{"jsonrpc":"2.0","method":"subtract","params":[2,1],"id":%s}'
HOSTILE = {
    "nothing": (b"", -32700, None),
    "spaces": (b"  ", -32700, None),
    "a scalar": (b"1", -32600, None),
    "null": (b"null", -32600, None),
    "a string": (b'"call"', -32600, None),
    "NaN": (b'{"jsonrpc":"2.0","method":"fill","params":[NaN],"id":1}', -32700, None),
    "Infinity": (b'{"jsonrpc":"2.0","method":"fill","params":[-Infinity],"id":1}', -32700, None),
    "not UTF-8": (b'{"jsonrpc":"2.0","method":"\xff","id":1}', -32700, None),
    "a byte order mark": (b"\xef\xbb\xbf" + (CALL % 1).encode(), -32700, None),
    "open brackets": (b"[" * 100_000, -32700, None),
    "nested brackets": (b"[" * 100_000 + b"]" * 100_000, -32700, None),
    "a nest just too deep": (b"[" * 66 + b"]" * 66, -32700, None),
    "nested objects": (b'{"a":' * 100_000, -32700, None),
    "a huge integer": (b'{"jsonrpc":"2.0","id":' + b"9" * 5_000 + b"}", -32700, None),
    "a huge fraction": (b'{"jsonrpc":"2.0","id":0.' + b"9" * 5_000 + b"}", -32700, None),
    "a huge exponent": (b'{"jsonrpc":"2.0","id":1e99999999999999999999}', -32700, None),
    "a repeated key": (
        b'{"jsonrpc":"2.0","method":"fill","params":[1],"id":1,"id":2}',
        -32700,
        None,
    ),
    "a repeated parameter": (
        b'{"jsonrpc":"2.0","method":"fill","params":{"size":1,"size":9},"id":1}',
        -32700,
        None,
    ),
    "text after it": ((CALL % 1).encode() + b"x", -32700, None),
    "an object for id": ((CALL % "{}").encode(), -32600, None),
    "an array for id": ((CALL % "[]").encode(), -32600, None),
    "a boolean for id": ((CALL % "true").encode(), -32600, None),
    "no version": (b'{"method":"fill","params":[1],"id":4}', -32600, 4),
    "version 1.0": (b'{"jsonrpc":"1.0","method":"fill","params":[1],"id":5}', -32600, 5),
    "version as a number": (b'{"jsonrpc":2.0,"method":"fill","params":[1],"id":6}', -32600, 6),
    "no method": (b'{"jsonrpc":"2.0","id":7}', -32600, 7),
    "scalar params": (b'{"jsonrpc":"2.0","method":"fill","params":1,"id":8}', -32600, 8),
    "null params": (b'{"jsonrpc":"2.0","method":"fill","params":null,"id":9}', -32600, 9),
    "half a surrogate pair": (b'{"jsonrpc":"2.0","method":"\\ud800","id":"i"}', -32601, "i"),
    "a method of Python": (b'{"jsonrpc":"2.0","method":"__class__","id":"i"}', -32601, "i"),
    "a parameter too few": (
        b'{"jsonrpc":"2.0","method":"subtract","params":[1],"id":1}',
        -32602,
        1,
    ),
    "a parameter too many": (b'{"jsonrpc":"2.0","method":"fill","params":[1,2],"id":1}', -32602, 1),
    "an unknown parameter": (
        b'{"jsonrpc":"2.0","method":"fill","params":{"size":1,"\\ud800":2},"id":1}',
        -32602,
        1,
    ),
    "a text for a number": (b'{"jsonrpc":"2.0","method":"fill","params":["1"],"id":1}', -32602, 1),
    "a boolean for a number": (
        b'{"jsonrpc":"2.0","method":"fill","params":[true],"id":1}',
        -32602,
        1,
    ),
    "a fraction for a number": (
        b'{"jsonrpc":"2.0","method":"fill","params":[1.0],"id":1}',
        -32602,
        1,
    ),
    "a number out of bounds": (
        b'{"jsonrpc":"2.0","method":"fill","params":[-1],"id":1}',
        -32602,
        1,
    ),
    "a batch too large": (b"[" + b"1," * 5 + b"1]", -32005, None),
    "a fault of ours": (b'{"jsonrpc":"2.0","method":"fail","id":1}', -32603, 1),
    "a call that takes too long": (b'{"jsonrpc":"2.0","method":"wait","id":1}', -32005, 1),
    "a rule's refusal": (b'{"jsonrpc":"2.0","method":"refuse","id":1}', -32003, 1),
}


@pytest.mark.parametrize(("body", "code", "id_"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_request_gets_its_code(body: bytes, code: int, id_: object) -> None:
    assert code_and_id(answer(body)) == (code, id_)


@pytest.mark.parametrize(
    "id_text",
    [
        "null",
        "0",
        "-7",
        "9007199254740993",
        "1" * 400,
        "1.50",
        '"a"',
        '""',
        '"\\ud800"',
        '"\\u00e9"',
    ],
)
def test_id_comes_back_as_it_was_sent(id_text: str) -> None:
    reply = answer(CALL % id_text).decode()
    assert reply == f'{{"jsonrpc":"2.0","id":{id_text},"result":1}}'


def test_fault_of_ours_is_not_told() -> None:
    assert b"secret" not in answer('{"jsonrpc":"2.0","method":"fail","id":1}')


def test_refusal_carries_reason_and_fields() -> None:
    error = json.loads(answer('{"jsonrpc":"2.0","method":"refuse","id":1}'))["error"]
    assert error["data"] == {"reason": "insufficient_balance", "needed": 6, "available": 5}
    assert "needs 6 base units" in error["message"]


def test_invalid_parameters_are_named_and_never_repeated() -> None:
    body = '{"jsonrpc":"2.0","method":"subtract","params":{"minuend":"secret","evil":1},"id":1}'
    error = json.loads(answer(body))["error"]
    assert {one["path"] for one in error["data"]["errors"]} == {"minuend", "subtrahend", "params"}
    assert "secret" not in str(error)
    assert "evil" not in str(error)


def test_submissions_of_a_batch_go_together() -> None:
    call = '{"jsonrpc":"2.0","method":"meet","id":1}'
    replies = json.loads(answer(f"[{call},{call},{call}]"))
    assert [reply["result"] for reply in replies] == [3, 3, 3]


def test_reply_of_a_batch_has_a_limit() -> None:
    calls = ",".join(
        f'{{"jsonrpc":"2.0","method":"fill","params":[1100],"id":{number}}}' for number in range(4)
    )
    replies = json.loads(answer(f"[{calls}]"))
    assert ["result" in reply for reply in replies] == [True, True, False, False]
    assert replies[3]["error"]["data"]["reason"] == "reply_too_large"
    assert replies[3]["id"] == 3


DEAR = '{"jsonrpc":"2.0","method":"dear","id":1}'


@pytest.mark.parametrize(
    ("body", "cost"),
    [
        (CALL % 1, 1),
        (DEAR, 20),
        (f"[{CALL % 1},{DEAR},1,{DEAR}]", 42),
        ('{"jsonrpc":"2.0","method":"fill","params":[1],"id":1}', 1),
        ('{"jsonrpc":"2.0","method":"fill","params":[true],"id":1}', 5),
        ('{"jsonrpc":"2.0","method":"fill","params":{"size":true},"id":1}', 5),
        ('{"jsonrpc":"2.0","method":"none","params":7}', 1),
        ("{", 1),
        ("[]", 1),
        ("[" + ",".join(["1"] * 90) + "]", 5),
        (" " * 200_000, 4),
    ],
)
def test_call_costs_what_the_table_says(body: str, cost: int) -> None:
    charged: list[int] = []
    asyncio.run(Rpc(METHODS, [], limits=LIMITS).answer(body.encode(), charged.append))
    assert sum(charged) == cost


@pytest.mark.parametrize(("body", "id_"), [(CALL % 5, 5), ("{", None), (f"[{CALL % 5}]", None)])
def test_caller_without_allowance_is_told_so_and_nothing_is_done(body: str, id_: object) -> None:
    def refuse_all(_: int) -> None:
        raise problems.too_fast(retry_ms=7)

    notes: list[int] = []
    reply = asyncio.run(Rpc(METHODS, notes, limits=LIMITS).answer(body.encode(), refuse_all))
    assert code_and_id(reply) == (-32005, id_)
    assert json.loads(reply)["error"]["data"] == {"reason": "rate_limited", "retryAfterMs": 7}
    assert not notes


def test_calls_are_told_by_names_of_the_table_alone() -> None:
    seen: list[tuple[str, str]] = []

    def observe(method: str, outcome: str, took_us: int) -> None:
        assert took_us >= 0
        seen.append((method, outcome))

    rpc = Rpc(METHODS, [], limits=LIMITS, observe=observe)
    calls = ("subtract", "fail", "refuse", "wait", "made_up")
    for name in calls:
        call = {"jsonrpc": "2.0", "method": name, "params": [2, 1] if name == "subtract" else []}
        asyncio.run(rpc.answer(json.dumps(call).encode()))
    assert seen == [
        ("subtract", "ok"),
        ("fail", "internal_error"),
        ("refuse", "rejected"),
        ("wait", "limit"),
        ("unknown", "method_not_found"),
    ]
