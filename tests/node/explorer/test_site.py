import pytest

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
