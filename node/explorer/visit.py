"""One look at a page: what was asked for, and the API that answers it.

Pages know nothing but what the API says, asked as any caller would ask it, so that each can show
how to ask for the same.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from node.api.problems import RpcError
from node.api.reasons import RpcCode
from node.explorer.beginning import Ask, Beginning

Json = dict[str, Any]

_NONE = (RpcCode.NOT_FOUND, RpcCode.INVALID_PARAMS, RpcCode.UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class View:
    """What is drawn.

    Attributes:
        template: the page's.
        values: what it is filled with.
        section: the menu's entry that it belongs to; "" for none.
        status: of HTTP.
    """

    template: str
    values: Mapping[str, Any]
    section: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True)
class File:
    """What is saved rather than drawn.

    Attributes:
        data: JSON.
    """

    data: bytes


@dataclass(frozen=True, slots=True)
class Paging:
    """Where a list goes on.

    Attributes:
        is_later: whether this is not the first page.
        first: URL of the first one.
        next: URL of the next one; None at the end.
    """

    is_later: bool
    first: str
    next: str | None


@dataclass
class Visit:
    """A request for a page.

    Attributes:
        path: of the URL.
        parts: what stands in the path, by name.
        query: what stands behind it, by name.
        call: asks the API.
        beginning: knows the genesis.
        now_ms: unix milliseconds.
        calls: what was asked for, as JSON-RPC bodies that a shell takes between single quotes.
    """

    path: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    call: Ask
    beginning: Beginning
    now_ms: int
    calls: list[str] = field(default_factory=list)

    async def ask(self, method: str, **params: object) -> Any:  # noqa: ANN401 - any answer
        """Ask the API and remember the call.

        Raises:
            RpcError: it refuses.
        """
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        # Whoever made the link wrote the parameters; people copy the call into their shell.
        self.calls.append(json.dumps(body).replace("'", r"\u0027"))
        return await self.call(method, params)

    async def find(self, method: str, **params: object) -> Any:  # noqa: ANN401 - any answer
        """Ask the API; None where it knows no such thing, or cannot tell now."""
        try:
            return await self.ask(method, **params)
        except RpcError as error:
            if error.code in _NONE:
                self.calls.pop()
                return None
            raise

    def text(self, name: str) -> str:
        """Return a value of the query; "" where it is not given."""
        return self.query.get(name, "").strip()

    def given(self, *names: str) -> dict[str, str]:
        """Return the values of the query that are given, of these names."""
        return {name: self.text(name) for name in names if self.text(name)}

    def paging(self, next_cursor: str | None) -> Paging:
        """Return where a list goes on whose answer named this cursor."""
        kept = {name: value for name, value in self.query.items() if name != "cursor" and value}
        further = None if next_cursor is None else self._url(kept | {"cursor": next_cursor})
        return Paging(is_later="cursor" in self.query, first=self._url(kept), next=further)

    def _url(self, query: Mapping[str, str]) -> str:
        return f"{self.path}?{urlencode(query)}" if query else self.path
