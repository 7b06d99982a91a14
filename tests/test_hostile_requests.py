"""The API edge among callers that mean no good: the right answer to each, and it lives on.

The tables are ``tests/support/hostile_bodies.py``, ``hostile_calls.py`` and ``hostile_http.py``.
After each request an honest one is answered, and no answer tells what runs inside.
"""

import http.client
import json
import logging
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from node.api.settings import Limits
from tests.support.hostile_bodies import (
    BATCHES,
    CALL,
    INVALID,
    NO_CALL,
    NO_JSON,
    NO_METHOD,
    PARSE,
    UNKNOWN,
    Expected,
    call,
)
from tests.support.hostile_calls import hostile_calls, params_text
from tests.support.hostile_http import (
    FRAMES,
    HANDSHAKES,
    HOST,
    HTTP,
    KEY,
    SMUGGLING,
    UPGRADE,
    VERSION,
    frame,
    shake,
)
from tests.support.served_chain import served_chain

pytestmark = pytest.mark.network

DEADLINE_S = 20.0
LIMITS = Limits(body_timeout_ms=500, keepalive_ms=500)
"""Nobody here waits long for what does not come."""

REPLY_BYTES_MAX = 1_000_000

INSIDE = re.compile(
    rb"Traceback|\.py\b|site-packages|node\.api|aiohttp|pydantic|sqlite|SELECT |Exception|"
    rb"object at 0x|\bError\(|evil",
    re.IGNORECASE,
)
"""What an answer must not hold: words of the program, and what the caller made up."""

CALLS = list(hostile_calls())


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a small chain."""
    with served_chain(tmp_path_factory.mktemp("hostile"), limits=LIMITS) as served:
        yield served.url


@pytest.fixture(autouse=True)
def lives_on(url: str, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Check after each request that the node lives, and that nothing failed inside."""
    with caplog.at_level(logging.WARNING):
        yield
    status, reply = posted(url, CALL.encode())
    assert status == 200
    assert json.loads(reply)["result"]["height"] >= 1
    assert not [one for one in caplog.records if one.exc_info or one.levelno >= logging.ERROR]


def posted(url: str, body: bytes) -> tuple[int, bytes]:
    """Post a body, and return the status and the reply."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=DEADLINE_S)
    try:
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        data = reply.read(REPLY_BYTES_MAX)
    finally:
        connection.close()
    assert not INSIDE.search(data), data[:500]
    return reply.status, data


def error_of(answer: dict[str, Any]) -> Expected:
    """Return the code and reason of an answer that fails."""
    assert set(answer) == {"jsonrpc", "id", "error"}
    error = answer["error"]
    assert len(error["message"]) < 500
    return error["code"], error["data"]["reason"]


def refused(url: str, body: bytes) -> Expected:
    """Return the code and reason that a body gets."""
    status, reply = posted(url, body)
    assert status == 200
    return error_of(json.loads(reply))


@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON.keys())
def test_what_is_no_json(url: str, body: bytes) -> None:
    assert refused(url, body) == PARSE


@pytest.mark.parametrize("body", NO_CALL.values(), ids=NO_CALL.keys())
def test_what_is_no_call(url: str, body: bytes) -> None:
    assert refused(url, body) == INVALID


@pytest.mark.parametrize("method", NO_METHOD, ids=range(len(NO_METHOD)))
def test_what_is_no_method(url: str, method: str) -> None:
    assert refused(url, call(method)) == UNKNOWN


@pytest.mark.parametrize(("body", "expected"), BATCHES.values(), ids=BATCHES.keys())
def test_what_is_no_batch(url: str, body: bytes, expected: list[Expected] | Expected) -> None:
    status, reply = posted(url, body)
    assert status == 200
    answer = json.loads(reply)
    found = [error_of(one) for one in answer] if isinstance(answer, list) else error_of(answer)
    assert found == expected


@pytest.mark.parametrize(
    ("method", "params", "expected"),
    [one[1:] for one in CALLS],
    ids=[name for name, *_ in CALLS],
)
def test_what_no_honest_caller_asks(
    url: str, method: str, params: object, expected: Expected
) -> None:
    assert refused(url, call(method, params_text(params))) == expected


def raw(url: str, data: bytes) -> bytes:
    """Send bytes, and return what comes until the server closes."""
    parts, said = urlsplit(url), b""
    with socket.create_connection((parts.hostname, parts.port), timeout=DEADLINE_S) as connection:
        try:
            connection.sendall(data)
            while len(said) < REPLY_BYTES_MAX and (more := connection.recv(65_536)):
                said += more
        except ConnectionError:
            pass
    assert not INSIDE.search(said), said[:500]
    assert not said or b"\r\nServer: aitbc\r\n" in said
    return said


def statuses(said: bytes) -> list[int]:
    """Return the statuses of all answers."""
    return [int(one) for one in re.findall(rb"HTTP/\d\.\d (\d{3}) ", said)]


@pytest.mark.parametrize(("data", "expected"), HTTP.values(), ids=HTTP.keys())
def test_http_of_ill_will(url: str, data: bytes, expected: set[int]) -> None:
    found = statuses(raw(url, data))
    assert (found or [0])[0] in expected
    assert len(found) <= 1


@pytest.mark.parametrize("data", SMUGGLING.values(), ids=SMUGGLING.keys())
def test_no_request_hides_in_another(url: str, data: bytes) -> None:
    assert statuses(raw(url, data)) == [400]


@pytest.mark.parametrize(("data", "expected"), HANDSHAKES.values(), ids=HANDSHAKES.keys())
def test_websocket_is_not_opened(url: str, data: bytes, expected: set[int]) -> None:
    with_close = data.replace(b"\r\n\r\n", b"\r\nX-Last: 1\r\n\r\n")
    (status,) = statuses(raw(url, with_close))
    assert status in expected


class Socket:
    """A WebSocket whose frames the test writes itself."""

    def __init__(self, url: str) -> None:
        """Open it."""
        parts = urlsplit(url)
        self._connection = socket.create_connection(
            (parts.hostname, parts.port), timeout=DEADLINE_S
        )
        self._connection.sendall(shake(HOST, UPGRADE, KEY, VERSION))
        self._rest = b""
        while b"\r\n\r\n" not in self._rest:
            self._rest += self._connection.recv(4_096)
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        assert b" 101 " in head

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self._connection.sendall(data)

    def receive(self) -> tuple[int, bytes]:
        """Return the opcode and payload of the next frame; a close of nothing at the end."""
        try:
            first, second = self._take(2)
            size = second & 0x7F
            if size >= 126:
                size = int.from_bytes(self._take(2 if size == 126 else 8), "big")
            payload = self._take(size)
        except (ConnectionError, EOFError):
            return 8, b""
        assert not INSIDE.search(payload), payload[:500]
        return first & 0x0F, payload

    def _take(self, count: int) -> bytes:
        while len(self._rest) < count:
            more = self._connection.recv(65_536)
            if not more:
                raise EOFError
            self._rest += more
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def close(self) -> None:
        """Cut it."""
        self._connection.close()


@pytest.fixture
def talk(url: str) -> Iterator[Socket]:
    """Open a WebSocket."""
    opened = Socket(url)
    yield opened
    opened.close()


@pytest.mark.parametrize(("data", "code"), FRAMES.values(), ids=FRAMES.keys())
def test_frame_of_ill_will_ends_its_connection(talk: Socket, data: bytes, code: int) -> None:
    talk.send(data)
    opcode, payload = talk.receive()
    assert opcode == 8
    assert int.from_bytes(payload[:2] or code.to_bytes(2, "big"), "big") == code


SMALL = {
    name: (body, expected)
    for table, expected in ((NO_JSON, PARSE), (NO_CALL, INVALID))
    for name, body in table.items()
    if 0 < len(body) < 60_000
}


@pytest.mark.parametrize(("body", "expected"), SMALL.values(), ids=SMALL.keys())
def test_message_of_ill_will_is_answered_and_the_next_one_too(
    talk: Socket, body: bytes, expected: Expected
) -> None:
    talk.send(frame(0x82, body))
    _, answer = talk.receive()
    assert error_of(json.loads(answer)) == expected
    talk.send(frame(0x81, CALL.encode()))
    _, answer = talk.receive()
    assert "result" in json.loads(answer)


def test_there_are_at_least_150_requests() -> None:
    tables = (NO_JSON, NO_CALL, NO_METHOD, BATCHES, HTTP, SMUGGLING, HANDSHAKES, FRAMES, SMALL)
    by_hand = [one for one in CALLS if not one[0].startswith("ait_")]
    assert sum(map(len, tables)) + len(by_hand) >= 150
