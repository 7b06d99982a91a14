"""What a stranger may ask of a node's REST, with a canary at every place, and what it tells."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from chain.receipt import Receipt
from node.api.rest_calls import RestCall
from node.api.rest_stream import StreamAsked
from node.api.rest_table import CALLS
from tests.support.canary_rpc import request_of

HEADERS = (b"Accept", b"If-None-Match", b"Idempotency-Key", b"Authorization", b"Last-Event-ID")


def rest_requests(word: bytes, *, token: bytes) -> Iterator[bytes]:
    """Yield HTTP requests with a word where REST could repeat it or write it down.

    Args:
        word: anything.
        token: of the operator, so that what it guards is reached too.
    """
    for call in CALLS:
        yield from _of_call(call, word.decode("latin-1"), b"Authorization: Bearer " + token)
    for name in (*StreamAsked.model_fields, word.decode("latin-1")):
        yield _get("/stream", {name: word.decode("latin-1")})
    yield _get(f"/{quote(word, safe='')}", {})
    for header in HEADERS:
        for path in ("/pricing", "/stream?topics=none"):
            yield request_of(b"", header + b": " + word, head=_head("GET", path))
    yield request_of(b"{}", b"Idempotency-Key: " + word, head=_head("POST", "/jobs/reserve"))
    yield request_of(
        b"{}", b"Authorization: Bearer " + word, head=_head("POST", "/admin/reservations/recover")
    )


def _of_call(call: RestCall[Any], word: str, authorization: bytes) -> Iterator[bytes]:
    path = call.path
    for name in call.path_names:
        path = path.replace(f"{{{name}}}", quote(word.encode("latin-1"), safe=""))
    if call.method == "GET":
        for name in (*call.query_names, word):
            yield _get(path, {name: word})
        yield _get(path, dict.fromkeys(call.query_names, word))
        return
    fields = set(call.form.model_fields) - call.path_names - call.query_names
    bodies: tuple[object, ...] = (
        *({name: word} for name in fields),
        *({name: [{word: word}]} for name in fields),
        dict.fromkeys(fields, word) | {word: 1},
        word,
    )
    for number, body in enumerate(bodies):
        key = b"Idempotency-Key: canary-%d" % number
        head = _head(call.method, path)
        yield request_of(json.dumps(body).encode(), key, authorization, head=head)
    query = urlencode(dict.fromkeys((*call.query_names, word), word), encoding="latin-1")
    yield request_of(b"{}", authorization, head=_head(call.method, f"{path}?{query}"))


def rest_answers(receipt: Receipt) -> Iterator[bytes]:
    """Yield HTTP requests of all that REST tells of a chain on which a receipt was paid."""
    client, provider = receipt.client, receipt.provider
    asked: tuple[tuple[str, dict[str, str]], ...] = (
        ("/billing/account", {"client": client}),
        ("/billing/usage", {"client": client}),
        ("/billing/usage", {"client": provider, "side": "provider"}),
        (f"/billing/jobs/{receipt.job_id}", {"client": client}),
        ("/billing/keys", {"client": client}),
        ("/receipts", {"address": client}),
        ("/receipts", {"format": "csv"}),
        (f"/receipts/{receipt.hash.hex()}", {"include": "proof,canonical"}),
        ("/pricing", {}),
        ("/payouts", {}),
        ("/payouts/0", {}),
        ("/audit/supply", {}),
        ("/audit/account", {"address": client, "side": "client"}),
        ("/audit/account", {"address": provider, "side": "provider"}),
        ("/stream", {"topics": "blocks,transactions,receipts", "from_height": "0"}),
        ("/openapi.json", {}),
        ("/problems", {}),
    )
    for path, query in asked:
        yield _get(path, query)


def _get(path: str, query: Mapping[str, str]) -> bytes:
    text = f"?{urlencode(query, encoding='latin-1')}" if query else ""
    return request_of(b"", head=_head("GET", path + text))


def _head(method: str, path: str) -> bytes:
    return f"{method} /v1{path} HTTP/1.1".encode()
