import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chain.errors import PeerError
from node.rpc_client import RpcRefused, call


def read_request(connection: socket.socket) -> bytes:
    """Read a request to its end: who hangs up on unread bytes resets the connection."""
    with connection.makefile("rb") as stream:
        head = b"".join(iter(stream.readline, b"\r\n"))
        (length,) = re.findall(rb"(?i)^content-length: (\d+)", head, re.MULTILINE)
        return head + stream.read(int(length))


@contextmanager
def answering(body: bytes, *, status: str = "200 OK", length: int | None = None) -> Iterator[str]:
    """A server that reads one request and answers with these bytes; yields its URL."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(10)
    heard: list[bytes] = []

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            heard.append(read_request(connection))
            size = len(body) if length is None else length
            head = f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n\r\n"
            connection.sendall(head.encode() + body)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        thread.join()
        server.close()
    assert heard[0].startswith(b"POST / HTTP/1.1\r\n")


def test_result_is_returned() -> None:
    with answering(b'{"jsonrpc": "2.0", "id": 1, "result": {"height": 7}}') as url:
        assert call(url, "ait_status") == {"height": 7}


def test_result_may_be_null() -> None:
    with answering(b'{"jsonrpc": "2.0", "id": 1, "result": null}') as url:
        assert call(url, "ait_find") is None


def test_refusal_carries_code_sentence_and_reason() -> None:
    error = {"code": -32_003, "message": "too {little}", "data": {"reason": "insufficient_balance"}}
    with (
        answering(json.dumps({"error": error}).encode(), status="400 Bad Request") as url,
        pytest.raises(RpcRefused, match=r"^too \{little\}$") as caught,
    ):
        call(url, "ait_sendRawTransaction", "0x")
    assert (caught.value.rpc_code, caught.value.reason) == (-32_003, "insufficient_balance")


@pytest.mark.parametrize("data", [None, "text", {"reason": 5}, {}])
def test_refusal_without_a_reason_has_none(data: object) -> None:
    error = {"code": -32_601, "message": "no such method", "data": data}
    with (
        answering(json.dumps({"error": error}).encode()) as url,
        pytest.raises(RpcRefused) as caught,
    ):
        call(url, "ait_nothing")
    assert caught.value.reason == ""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b"7",
        b'{"error": "text"}',
        b'{"error": {}}',
        b'{"error": {"code": "1", "message": "x"}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_not_json_rpc_is_refused(body: bytes) -> None:
    with answering(body) as url, pytest.raises(PeerError, match=r"does not answer JSON-RPC"):
        call(url, "ait_status")


def test_answer_cut_short_is_refused() -> None:
    with answering(b'{"result"', length=100) as url, pytest.raises(PeerError, match=r"answer"):
        call(url, "ait_status")


def test_nobody_there_is_said() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(PeerError, match=r"cannot reach a node at .* \(connection refused\)"):
            call(url, "ait_status")


def test_silent_server_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(PeerError, match=r"it does not answer in time"):
            call(url, "ait_status", timeout_s=0.05)


@pytest.mark.parametrize(
    "url", ["", "localhost:8545", "https://127.0.0.1:1", "http://:1", "http://a:b", "http://[::1"]
)
def test_address_that_is_none_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(PeerError, match=r"they look like http://127\.0\.0\.1:8545"):
        call(url, "ait_status")
