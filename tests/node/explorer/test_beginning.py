import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from chain.errors import ConfigError
from genesis.document import canonical_bytes, parse_genesis
from node.explorer.beginning import Beginning
from tests.support.proofs import a_genesis_document


class Api:
    """Answers with a document and counts how often it is asked."""

    def __init__(self, document: object) -> None:
        self.document = document
        self.asked = 0

    async def answer(self, _: str, __: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        self.asked += 1
        await asyncio.sleep(0)
        return self.document


def test_genesis_is_read_once_for_all_who_come_together() -> None:
    document = a_genesis_document()
    api = Api(document)

    async def visit() -> None:
        beginning = Beginning(api.answer)
        found = await asyncio.gather(beginning.genesis(), beginning.genesis())
        assert {one.hash for one in found} == {parse_genesis(canonical_bytes(document)).hash}

    asyncio.run(visit())
    assert api.asked == 1


def test_document_that_is_none_is_refused_each_time() -> None:
    beginning = Beginning(Api({"version": 7}).answer)
    for _ in range(2):
        with pytest.raises(ConfigError):
            asyncio.run(beginning.genesis())
