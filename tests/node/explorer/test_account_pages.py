import pytest

from chain.address import format_address, format_hex_address
from tests.support.builders import address_of_name
from tests.support.market_chain import ACCEPTED, DISPUTED, RESERVATION_ID
from tests.support.site import Pages

CLIENT = format_address(address_of_name("client"))
MINER = format_address(address_of_name("miner"))
RESERVATION = f"0x{RESERVATION_ID.hex()}"


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        ("transactions", ["dispute", "this account"]),
        ("client", ["first", "second"]),
        ("miner", ["No receipts."]),
        ("reservations", ["session"]),
        ("ledger", ["reserved", "bond locked"]),
        ("nonsense", ["this account"]),
    ],
)
def test_account_has_its_history_in_every_role(pages: Pages, tab: str, words: list[str]) -> None:
    text = pages.get(f"/account/{CLIENT}?tab={tab}").text
    for word in words:
        assert word in text


def test_account_shows_the_money_of_the_api(pages: Pages) -> None:
    shown = pages.ask("ait_getAccount", address=CLIENT)
    text = pages.get(f"/account/{CLIENT}").text
    assert f"{int(shown['balance']) / 1_000_000:f}".rstrip("0") in text.replace(",", "")
    assert '<span class="tag accent">client</span>' in text
    assert '<span class="tag accent">miner</span>' in pages.get(f"/account/{MINER}").text


def test_mistyped_address_leads_to_the_right_one(pages: Pages) -> None:
    wrong = CLIENT[:10] + ("q" if CLIENT[10] != "q" else "p") + CLIENT[11:]
    answer = pages.get(f"/account/{wrong}")
    assert "Did you mean" in answer.text
    assert f'href="/account/{CLIENT}"' in answer.text


def test_accounts_are_ranked_by_what_they_traded(pages: Pages) -> None:
    clients, miners = (pages.get(f"/accounts?side={side}").text for side in ("client", "provider"))
    assert f'data-key="{CLIENT}"' in clients
    assert f'data-key="{MINER}"' in miners
    assert f'data-key="{MINER}"' not in clients
    assert pages.get("/accounts?side=nonsense").status == 200


def test_both_spellings_lead_to_one_account(pages: Pages) -> None:
    spelt = format_hex_address(address_of_name("client"))
    assert CLIENT in pages.get(f"/account/{spelt}").text


def test_reservation_shows_where_its_money_went(pages: Pages) -> None:
    text = pages.get(f"/reservation/{RESERVATION}").text
    assert "0.0009" in text
    for receipt in (ACCEPTED, DISPUTED):
        assert f"/receipt/0x{receipt.hash.hex()}" in text


def test_reservations_are_listed_by_client_and_status(pages: Pages) -> None:
    assert RESERVATION in pages.get(f"/reservations?address={CLIENT}").text
    assert RESERVATION not in pages.get("/reservations?status=closing").text


def test_job_tells_what_happened_in_order(pages: Pages) -> None:
    text = pages.get(f"/job/{CLIENT}/{DISPUTED.job_id}").text
    places = [text.index(f'<span class="tag">{one}</span>') for one in ("reserved", "claimed")]
    places.append(text.index('<span class="tag">disputed</span>'))
    assert places == sorted(places)
    assert pages.get(f"/job/{CLIENT}/another").status == 404
