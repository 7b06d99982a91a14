import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from node.api import problems
from node.explorer.pages import PAGES
from node.explorer.site import UNKNOWN, Site
from tests.support.site import Pages


def test_file_that_is_named_by_its_edition_is_kept_for_good(pages: Pages) -> None:
    text = pages.get("/blocks").text
    url = text.split('href="/static/explorer.css?')[1].split('"')[0]
    kept = pages.get(f"/static/explorer.css?{url}")
    assert "immutable" in kept.headers["Cache-Control"]
    assert kept.headers["Content-Type"].startswith("text/css")
    assert pages.get("/static/explorer.css").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80"])
def test_page_answers_to_no_foreign_name(pages: Pages, host: str) -> None:
    for path in ("/", "/blocks", "/static/explorer.js"):
        assert pages.get(path, Host=host).status == 403


def test_path_that_nobody_serves_is_answered_by_a_page(pages: Pages) -> None:
    answer = pages.get("/nothing/here")
    assert answer.status == 404
    assert "There is no such page" in answer.text
    assert pages.post("/nothing", b"").text == "404: Not Found"
    assert pages.get("/v1/nothing").text == "404: Not Found"


def test_page_shows_how_to_ask_for_the_same(pages: Pages) -> None:
    text = pages.get("/block/4").text
    assert "&#34;method&#34;: &#34;ait_getBlock&#34;" in text
    assert "curl -s http://127.0.0.1:" in text


def test_form_keeps_what_was_searched(pages: Pages) -> None:
    assert 'value="nothing-like-it"' in pages.get("/search?q=nothing-like-it").text


@pytest.mark.parametrize(("path", "status"), [("/blocks", 429), (UNKNOWN, 404)])
def test_page_of_a_node_that_answers_nothing_is_a_sentence(path: str, status: int) -> None:
    async def refuse(_: str, __: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        raise problems.too_fast(retry_ms=1)

    async def respond() -> web.StreamResponse:
        (route,) = (one for one in Site(PAGES, refuse).routes if one.path == path)
        return await route.respond(make_mocked_request("GET", "/blocks"))

    answer = asyncio.run(respond())
    assert isinstance(answer, web.Response)
    assert answer.status == status
    assert answer.text is not None
    assert answer.text.endswith(".\n")
    assert "Content-Security-Policy" in answer.headers
