"""The same request twice is done once, and answered alike: Idempotency-Key.

The header names what a caller wants to happen once. Under one key of one caller, for one method and
path, the first request is done and its answer kept; the same again gets the kept answer, another
body is refused, and so is what comes while the first is still under way. The answer says nothing of
the moment, only of the signed transaction: so that whoever dies between doing and keeping, and does
it again, says the same.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any, Final

from node.api import problems
from node.api.callers import Caller
from node.api.rest_journal import OPEN, RestJournal
from node.clock import now_ms

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"

FAILED: Final = 500
"""Answers from this status on are of the moment and not kept."""

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)

Answered = tuple[int, bytes]
"""Status and body."""


class Once:
    """Does what was asked, once for each key."""

    def __init__(self, journal: RestJournal) -> None:
        """Remember in a journal."""
        self._journal = journal
        self._under_way: dict[bytes, bytes] = {}

    async def do(
        self, scope: bytes, fingerprint: bytes, act: Callable[[], Awaitable[Answered]]
    ) -> tuple[Answered, bool]:
        """Return the answer, and whether it is one that was kept.

        Args:
            scope: who asks, with what key, for what; of :func:`scope_of`.
            fingerprint: of what is asked; of :func:`fingerprint_of`.
            act: does it; an answer from ``FAILED`` on is told and not kept.

        Raises:
            RpcError: the key is in use for this or another request, or there is no room.
            StoreError: the disk failed.
        """
        other = self._under_way.get(scope)
        if other is not None:
            raise problems.key_under_way() if other == fingerprint else problems.key_reused()
        self._under_way[scope] = fingerprint
        try:
            begin = self._journal.begin
            kept = await asyncio.to_thread(begin, scope, fingerprint, now_ms=now_ms())
            if kept is not None and kept.fingerprint != fingerprint:
                raise problems.key_reused()
            if kept is not None and kept.status != OPEN:
                return (kept.status, kept.body), True
            status, body = await act()
            if status < FAILED:
                await asyncio.to_thread(self._journal.end, scope, status, body)
            return (status, body), False
        finally:
            del self._under_way[scope]


def key_of(text: str | None) -> str:
    """Return the key that a header holds.

    Raises:
        RpcError: there is none.
    """
    if text is None or not _KEY.fullmatch(text):
        raise problems.key_missing()
    return text


def scope_of(caller: Caller, method: str, path: str, key: str) -> bytes:
    """Return what a key is bound to: a caller's own key if it has one, else its network."""
    who = caller.key or caller.network
    return sha256(repr((who, caller.key is None, method, path, key)).encode()).digest()


def fingerprint_of(content: Any) -> bytes:  # noqa: ANN401 - any JSON
    """Return the SHA-256 of what is asked, however it was spaced and ordered."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return sha256(text.encode(errors="surrogatepass")).digest()
