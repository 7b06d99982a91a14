"""What the chain began with, read once: of a chain with many first accounts that takes a second."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from chain.genesis import Genesis
from genesis.document import canonical_bytes, parse_genesis

Ask = Callable[[str, Mapping[str, object]], Awaitable[Any]]
"""Calls a method of the API with parameters by name.

Raises:
    RpcError: it refuses.
"""


class Beginning:
    """The genesis of this node, which every receipt is verified against."""

    def __init__(self, ask: Ask) -> None:
        """Read nothing yet; ``ask`` answers for the API."""
        self._ask = ask
        self._reading = asyncio.Lock()
        self._known: Genesis | None = None

    async def genesis(self) -> Genesis:
        """Return what the genesis document means.

        Raises:
            RpcError: the API cannot tell.
            ConfigError: the document is none.
        """
        async with self._reading:
            if self._known is None:
                document = await self._ask("ait_getGenesis", {})
                self._known = await asyncio.to_thread(_parse, document)
            return self._known


def _parse(document: dict[str, Any]) -> Genesis:
    return parse_genesis(canonical_bytes(document))
