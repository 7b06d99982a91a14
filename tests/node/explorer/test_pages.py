import re
from html import unescape
from urllib.parse import quote

import pytest
from markupsafe import escape

from node.explorer.pages import PAGES
from node.explorer.site import Page
from tests.support.site import Pages

PRIVATE = ("Traceback", "StrictUndefined", "sqlite", "node.api", "None<", ">None")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_page_answers_its_example_in_whole(pages: Pages, page: Page) -> None:
    answer = pages.get(page.example)
    assert answer.status in (200, 302, 404, 503), answer.text
    assert not any(word in answer.text for word in PRIVATE), answer.text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_page_lets_nothing_in_from_elsewhere(pages: Pages, page: Page) -> None:
    answer = pages.get(page.example)
    if answer.status == 302:
        return
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r"<script>|\son[a-z]+=|\sstyle=|javascript:", answer.text)
    assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", answer.text)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/block/9999999", 404),
        ("/block/abc", 422),
        ("/block/" + "9" * 5_000, 422),
        ("/block/4?from=" + "9" * 5_000, 200),
        ("/block/4?from=99999999", 422),
        ("/search?q=" + "9" * 5_000, 404),
        ("/tx/0xzz", 422),
        ("/receipt/nothing", 404),
        ("/account/ait1wrong", 422),
        ("/reservation/0x" + "00" * 32, 404),
        ("/receipts?model=" + "x" * 500, 422),
        ("/receipts?address=%00", 422),
        ("/receipts?cursor=zzz", 422),
        ("/blocks?cursor=AQ", 422),
        ("/txs?kind=nonsense", 422),
        ("/nothing/here", 404),
        ("/favicon.ico", 200),
        ("/static/../site.py", 404),
        ("/static/%2e%2e%2fsite.py", 404),
    ],
)
def test_what_cannot_be_shown_is_said_in_words(pages: Pages, path: str, status: int) -> None:
    answer = pages.get(path)
    assert answer.status == status
    assert not any(word in answer.text for word in PRIVATE), answer.text


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"]
)
def test_text_of_strangers_is_never_markup(pages: Pages, text: str) -> None:
    answer = pages.get(f"/search?q={quote(text)}")
    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text
    assert str(escape(text)) in answer.text


def test_every_link_leads_somewhere(pages: Pages) -> None:
    receipt = pages.ask("ait_getReceipts")["items"][0]
    begin = [page.example for page in PAGES if page.method == "GET"]
    begin += [f"/receipt/{receipt['receiptHash']}", f"/account/{receipt['client']}"]
    texts = {path: pages.get(path).text for path in begin}
    links = {
        unescape(link).partition("#")[0]: path
        for path, text in texts.items()
        for link in re.findall(r'href="(/[^"]*)"', text)
    }
    links = {link: path for link, path in links.items() if not link.startswith("/v1/")}
    lost = {link: path for link, path in links.items() if pages.get(link).status in (404, 422, 500)}
    assert lost == {}
    assert len(links) > 40
