import pytest

from node.explorer.market_pages import pace_of
from tests.support.market_chain import ACCEPTED
from tests.support.site import Pages


def blocks(*times: int) -> list[dict[str, int]]:
    """Return blocks of these times, newest first; the last one is genesis."""
    return [{"height": len(times) - 1 - i, "timeMs": time} for i, time in enumerate(times)]


@pytest.mark.parametrize(
    ("times", "pace"),
    [
        ((0,), None),
        ((100, 0), None),
        ((3_000, 1_000, 0), {"count": 1, "mean_ms": 2_000, "p99_ms": 2_000}),
        ((9_000, 3_000, 1_000, 0), {"count": 2, "mean_ms": 4_000, "p99_ms": 6_000}),
    ],
)
def test_pace_is_of_the_blocks_after_genesis(
    times: tuple[int, ...], pace: dict[str, int] | None
) -> None:
    assert pace_of(blocks(*times)) == pace


def test_first_page_shows_the_latest_of_everything(pages: Pages) -> None:
    text = pages.get("/").text
    assert '<tr data-key="8">' in text
    assert f'<tr data-key="0x{ACCEPTED.hash.hex()}">' in text
    assert "Settled AITBC per hour" in text


def test_prices_are_listed_the_cheapest_first(pages: Pages) -> None:
    text = pages.get("/miners").text
    assert "0.00012" in text
    assert "0.00015" in text


def test_faucet_asks_for_an_account(pages: Pages) -> None:
    text = pages.get("/faucet").text
    assert "Send 10.00 AITBC" in text
    assert 'name="address"' in text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"address=ait1wrong", "application/x-www-form-urlencoded", 422),
        (b"{}", "application/json", 415),
        (b"x" * 5_000, "application/x-www-form-urlencoded", 413),
    ],
)
def test_form_that_is_none_is_refused(pages: Pages, body: bytes, kind: str, status: int) -> None:
    assert pages.post("/faucet", body, **{"Content-Type": kind}).status == status


def test_form_of_another_site_is_refused(pages: Pages) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "http://evil.example"}
    assert pages.post("/faucet", b"address=ait1", **headers).status == 403
