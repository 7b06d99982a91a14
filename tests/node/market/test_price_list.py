from pathlib import Path

import pytest

from chain.errors import ConfigError
from node.market import price_list
from node.market.price_list import keep_offered, read_line, read_name, withdraw
from tests.support.market_people import LINE
from tests.support.market_world import LedgerNode, an_account


def test_price_is_read_as_people_write_it() -> None:
    assert read_line("llama3.2=2") == (("llama3.2", "gpu_seconds"), 2_000_000)
    assert read_line("llama3.2:1b/seconds=0.25") == (("llama3.2:1b", "seconds"), 250_000)
    assert read_name("llama3.2/jobs") == ("llama3.2", "jobs")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("llama3.2", "is no price"),
        ("=2", "no name of a model"),
        ("a b=2", "no name of a model"),
        ("llama3.2=0", "above 0"),
        ("llama3.2=-1", "no amount"),
        ("llama3.2/tokens=1", "a miner measures"),
    ],
)
def test_price_of_another_form_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_line(text)


def test_offer_is_put_once_renewed_in_time_and_replaced(
    node: LedgerNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = an_account(node, tmp_path, "miner")
    provider = account.key.address
    monkeypatch.setattr(price_list, "OFFER_HEIGHTS", 40)
    keep_offered(account, {LINE: 5}, capacity=2)
    (first,) = node.view.offers_of(provider)
    assert (first.rate, first.capacity) == (5, 2)
    keep_offered(account, {LINE: 5}, capacity=2)
    assert node.view.offers_of(provider) == [first]
    node.blocks_until(first.expires_at - 5)
    keep_offered(account, {LINE: 5}, capacity=2)
    (renewed,) = node.view.offers_of(provider)
    assert renewed.expires_at > first.expires_at
    keep_offered(account, {LINE: 6}, capacity=2)
    assert [one.rate for one in node.view.offers_of(provider)] == [6]
    withdraw(account, LINE)
    assert node.view.offers_of(provider) == []
