"""What a stranger may post to a node's RPC, with a canary at every place; all answers are kept."""

import http.client
import json
import socket
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

from node.api.methods import METHODS

ANSWER_S = 10.0
MORE_S = 0.3
"""Seconds of silence after which a connection that stays open has said all."""

READ_BYTES = 65_536
BATCH = 100
AT_ONCE = 8
CANARY = "@@canary@@"
"""Stands where a canary goes."""


class AnswerRecord:
    """Every byte that RPC servers have answered to this process."""

    def __init__(self) -> None:
        """Start with nothing heard."""
        self.heard: list[bytes] = []

    @contextmanager
    def of_http_client(self) -> Iterator[None]:
        """Keep what the project's own JSON-RPC caller is answered, headers included."""
        heard = self.heard

        class Response(http.client.HTTPResponse):
            def read(self, amt: int | None = None) -> bytes:
                data = super().read(amt)
                heard.append(self.headers.as_bytes() + data)
                return data

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(http.client.HTTPConnection, "response_class", Response)
            yield

    def send(self, url: str, data: bytes, *, echoed: str = "") -> bytes:
        """Send bytes to a server, and return and keep all that it answers before it hangs up.

        Args:
            url: of the server.
            data: anything.
            echoed: what this one answer may repeat, because the caller chose it as its own mark.
        """
        place = urlsplit(url)
        answer = bytearray()
        with (
            socket.create_connection((place.hostname, place.port), timeout=ANSWER_S) as channel,
            suppress(ConnectionError, TimeoutError),
        ):
            channel.sendall(data)
            while part := channel.recv(READ_BYTES):
                answer += part
                channel.settimeout(MORE_S)
        kept = bytes(answer)
        if echoed:
            assert kept.count(echoed.encode()) == 1
            kept = kept.replace(echoed.encode(), b"")
        self.heard.append(kept)
        return bytes(answer)

    def send_all(self, url: str, requests: Iterable[bytes]) -> None:
        """Send many requests, some at a time; each has a connection of its own."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(lambda data: self.send(url, data), requests):
                pass


def request_of(body: bytes, *headers: bytes, head: bytes = b"POST / HTTP/1.1") -> bytes:
    """Return an HTTP request; ``headers`` replace those of their name."""
    lines = {
        b"host": b"Host: 127.0.0.1",
        b"connection": b"Connection: close",
        b"content-type": b"Content-Type: application/json",
        b"content-length": b"Content-Length: %d" % len(body),
    }
    lines |= {header.partition(b":")[0].lower(): header for header in headers}
    return b"\r\n".join((head, *lines.values(), b"", body))


def call_text(method: str, params: object, request_id: object = 1) -> str:
    """Return a JSON-RPC call."""
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})


def bad_documents(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return receipt documents that hold what none may."""
    signature = document["signature"]
    fields: tuple[dict[str, Any], ...] = (
        *({name: CANARY * 3} for name in document),
        {"prompt": CANARY},
        {CANARY: 1},
        {"units": {"a": CANARY}},
        {"model": {CANARY: 1}},
        {"model": [CANARY]},
        {"model": f"/{CANARY}"},
        {"nonce": f"{CANARY}\n"},
        {"prompt_hash": CANARY},
        {"tee_attestation_hash": CANARY},
        {"coordinator_id": f" {CANARY}"},
        {"signature": CANARY},
        *({"signature": signature | {name: CANARY * 3}} for name in signature),
        {"signature": signature | {CANARY: 1}},
        {"signature": signature | {"request_id": CANARY}},
        {"client_signature": signature | {"key_id": f"/{CANARY}"}},
        {"client_signature": {"quote": CANARY}},
    )
    return [document | one for one in fields]


def calls(document: dict[str, Any], *, transaction: str, claim: str) -> Iterator[str]:
    """Yield JSON-RPC calls, valid but for the place of the canary.

    Args:
        document: a receipt that is signed for a reservation nobody has made.
        transaction: a signed transfer in hexadecimal.
        claim: the document's claim in hexadecimal.
    """
    for one in bad_documents(document):
        yield call_text("ait_submitReceipt", {"document": one, "claimHex": claim})
        yield call_text("ait_submitReceipt", [json.dumps(one), claim])
    repeated = json.dumps(document)[:-1] + f', "model": "{CANARY}"}}'
    yield call_text("ait_submitReceipt", [repeated, claim])
    yield call_text("ait_submitReceipt", [CANARY, claim])
    hexadecimal = f"{CANARY}hex"
    yield call_text("ait_submitReceipt", [document, claim + hexadecimal])
    yield call_text("ait_sendTransaction", [transaction + hexadecimal])
    yield call_text("ait_sendTransaction", [hexadecimal])
    yield call_text("ait_sendTransaction", [CANARY])
    for method in METHODS:
        for name in method.example:
            yield call_text(method.name, dict(method.example) | {name: CANARY})
            yield call_text(method.name, dict(method.example) | {name: {CANARY: [CANARY]}})
        yield call_text(method.name, dict(method.example) | {CANARY: 1, "runtimeId": CANARY})
        yield call_text(method.name, [CANARY] * 9)
    yield call_text(CANARY, {})
    yield call_text(f"ait_{CANARY}", [CANARY])
    yield call_text("ait_status", CANARY)
    yield json.dumps(CANARY)
    yield json.dumps({CANARY: CANARY})
    yield json.dumps({"jsonrpc": CANARY, "id": 1, "method": "ait_status"})
    yield json.dumps({"jsonrpc": "2.0", "id": {"a": CANARY}, "method": "ait_status"})
    yield json.dumps({"jsonrpc": "2.0", "id": 1, "method": [CANARY]})
    yield json.dumps({"jsonrpc": "2.0", "method": CANARY, "params": [CANARY]})


def planted(template: str, form: str, text: str) -> str:
    """Return JSON with a canary at its place.

    The encoding of JSON itself goes in as it is, so that the parser makes the plain word of it.
    """
    put = text if form == "json" else json.dumps(text)[1:-1]
    return template.replace(f"{CANARY}hex", text.encode("latin-1").hex()).replace(CANARY, put)


def batches(items: Iterable[str]) -> Iterator[bytes]:
    """Yield calls in batches of the widest size allowed."""
    waiting: list[str] = []
    for item in items:
        waiting.append(item)
        if len(waiting) == BATCH:
            yield f"[{','.join(waiting)}]".encode()
            waiting.clear()
    if waiting:
        yield f"[{','.join(waiting)}]".encode()


def broken_bodies(word: bytes) -> Iterator[bytes]:
    """Yield bodies that are no JSON, or none of ours."""
    call = call_text("ait_status", {}).encode()
    yield word
    yield b'{"jsonrpc":"2.0","method":"' + word
    yield b'{"id":1,"id":"' + word + b'"}'
    yield call + word
    yield b"[" + call + b"," + word + b"]"
    yield b'{"a":' * 70 + word
    yield b'{"id":NaN,"' + word + b'":1}'


def strange_requests(word: bytes) -> Iterator[bytes]:
    """Yield HTTP requests with a word where a server could repeat or write it down."""
    body = call_text("ait_status", {}).encode()
    names = (
        *(b"Host", b"Origin", b"Authorization", b"Cookie", b"User-Agent", b"Referer"),
        *(b"X-Forwarded-For", b"Forwarded", b"X-Request-Id", b"X-Api-Key", b"Content-Type"),
        *(b"Content-Encoding", b"Content-Length", b"Transfer-Encoding", b"Expect", b"Upgrade"),
        *(b"Accept", b"Range", b"Connection", b"Access-Control-Request-Headers"),
    )
    for name in names:
        yield request_of(body, name + b": " + word)
    yield request_of(body, b"Host: " + word + b"@127.0.0.1", b"Origin: http://127.0.0.1")
    yield request_of(body, word + b": 1")
    yield request_of(body, b"Content-Type: application/json; charset=" + word)
    yield request_of(b"", b"Origin: " + word, head=b"OPTIONS / HTTP/1.1")
    for target in (b"/", b"/?token=", b"/healthz/", b"/healthz?", b"//", b"/rpc/", b"*"):
        for verb in (b"GET", b"POST"):
            yield request_of(body, head=verb + b" " + target + word + b" HTTP/1.1")
    yield request_of(body, head=b"GET /" + word)
    yield request_of(body, head=word + b" / HTTP/1.1")
    yield request_of(body, head=b"POST / HTTP/" + word)
    yield request_of(body, head=b"CONNECT " + word + b":443 HTTP/1.1")
    yield request_of(
        word + b"\r\n", b"Content-Length: %d" % (len(word) + 2), b"Transfer-Encoding: chunked"
    )
    yield word + b"\r\n\r\n"
