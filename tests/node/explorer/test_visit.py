import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from node.api import problems
from node.explorer.beginning import Beginning
from node.explorer.visit import Visit


async def answer(method: str, params: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
    if method == "ait_none":
        raise problems.not_found("block")
    if method == "ait_late":
        raise problems.too_fast(retry_ms=1)
    return {"method": method, **params}


def a_visit(path: str = "/receipts", **query: str) -> Visit:
    return Visit(
        path=path, parts={}, query=query, call=answer, beginning=Beginning(answer), now_ms=0
    )


def test_calls_are_remembered_as_anybody_would_make_them() -> None:
    visit = a_visit()
    assert asyncio.run(visit.ask("ait_one", limit=3)) == {"method": "ait_one", "limit": 3}
    assert [json.loads(one) for one in visit.calls] == [
        {"jsonrpc": "2.0", "id": 1, "method": "ait_one", "params": {"limit": 3}}
    ]


def test_what_is_not_there_is_none_and_not_remembered() -> None:
    visit = a_visit()
    assert asyncio.run(visit.find("ait_none")) is None
    assert visit.calls == []
    with pytest.raises(problems.RpcError):
        asyncio.run(visit.find("ait_late"))


def test_next_page_keeps_the_filter() -> None:
    page = a_visit(model="llama3.2", status="", cursor="abc").paging("def")
    assert page.is_later
    assert page.first == "/receipts?model=llama3.2"
    assert page.next == "/receipts?model=llama3.2&cursor=def"


def test_first_page_without_a_filter_has_no_query() -> None:
    page = a_visit().paging(None)
    assert (page.is_later, page.first, page.next) == (False, "/receipts", None)


def test_call_that_is_copied_into_a_shell_cannot_leave_its_quotes() -> None:
    visit = a_visit()
    asyncio.run(visit.ask("ait_one", model="x' $(touch /tmp/caught) '"))
    (call,) = visit.calls
    assert "'" not in call
    assert json.loads(call)["params"] == {"model": "x' $(touch /tmp/caught) '"}
