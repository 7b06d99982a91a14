from pathlib import Path

import pytest

from node.market import miners as miners_module
from node.market.correspondence import Correspondence
from node.market.job_book import Terms
from node.market.miners import Miners, NoMiner
from tests.node.market.test_card import CARD
from tests.support.builders import key_of
from tests.support.market_people import LINE, RATE, Answers, a_street
from tests.support.market_world import LedgerNode

TERMS = Terms(model=LINE[0], max_price=300_000)


def test_miner_is_spoken_to_by_its_card() -> None:
    miners = Miners({CARD.provider: CARD}, key_of("client"))
    assert miners.known == {CARD.provider}
    assert miners.speak_to(CARD.provider) == Correspondence(CARD, key_of("client"))
    assert miners.speak_to(key_of("stranger").address) is None


def test_miner_that_is_away_is_passed_over(node: LedgerNode, tmp_path: Path) -> None:
    with a_street(node, tmp_path, miner=Answers(), stranger=Answers()) as street:
        street.doors["miner"].miner = None
        ways = street.client._miners
        candidate, rate = ways.find(TERMS, street.account, street.book)
        assert candidate.provider == key_of("stranger").address
        assert rate == RATE


def test_miner_that_comes_back_in_time_is_found(
    node: LedgerNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        door = street.doors["miner"]
        door.miner = None

        def come_back(_: float) -> None:
            door.miner = street.miners["miner"]

        monkeypatch.setattr(miners_module, "pause", come_back)
        told: list[str] = []
        find = street.client._miners.find
        candidate, _ = find(TERMS, street.account, street.book, tell=told.append)
        assert candidate.provider == key_of("miner").address
        (said,) = told
        assert "does not answer at the address of its card; asking again for 30 s" in said


def test_miner_that_asks_more_than_it_offers_is_passed_over(
    node: LedgerNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(miners_module, "PATIENCE_MS", -1)
    with a_street(node, tmp_path, miner=Answers()) as street:
        shop = street.miners["miner"].workshop.shop
        dearer = type(shop)(rates={LINE: RATE + 1}, workers=1, work_ms=1)
        street.miners["miner"].workshop.shop = dearer
        with pytest.raises(NoMiner, match="asks more"):
            street.client._miners.find(TERMS, street.account, street.book)
