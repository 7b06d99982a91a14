from dataclasses import replace
from pathlib import Path

import pytest

from chain.outcome import OutcomeKind
from chain.primitives import Address, Hash
from chain.store.money_events import MONEY_KINDS, MoneyEvents
from node.api.eth_abi import COIN, EVENTS, SETTLEMENT
from node.api.eth_logs import Log, due_work_id, fits, kinds_of, logs_of
from node.api.eth_words import WEI_PER_UNIT
from tests.support.builders import address_of_name
from tests.support.eth_chain import FIRST, an_eth_chain

CLIENT, MINER = address_of_name("client"), address_of_name("miner")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> list[Log]:
    folder: Path = tmp_path_factory.mktemp("logs")
    with an_eth_chain(folder) as chain, chain.services.reading() as reader:
        return list(logs_of(MoneyEvents(reader).of_blocks(0, 6)))


def test_receipt_that_is_paid_has_a_log_of_its_own(logs: list[Log]) -> None:
    event = EVENTS["ReceiptSettled"]
    (settled,) = (one for one in logs if one.topics[:2] == [event.hash, FIRST.hash])
    assert settled.topics[2:] == [CLIENT.rjust(32, b"\0"), MINER.rjust(32, b"\0")]
    paid, fee, returned = (
        int.from_bytes(settled.data[at : at + 32], "big") // WEI_PER_UNIT for at in (0, 32, 64)
    )
    assert (paid + fee, returned) == (2_000, 0)
    assert fee > 0
    assert (settled.address, settled.event.kind) == (SETTLEMENT, OutcomeKind.MATURED)


def test_indexes_grow_in_a_block(logs: list[Log]) -> None:
    for height in range(1, 7):
        shown = [one.content(Hash(bytes(32))) for one in logs if one.event.height == height]
        indexes = [int(one["logIndex"], 16) for one in shown]
        assert indexes == sorted(set(indexes))


def test_every_log_has_the_kind_by_which_it_is_looked_for(logs: list[Log]) -> None:
    assert len({log.topics[0] for log in logs}) == 6
    for log in logs:
        topic = frozenset({Hash(log.topics[0])})
        assert log.event.kind in kinds_of(frozenset({log.address}), [topic])
        assert log.event.kind not in kinds_of(frozenset({Address(b"\x01" * 20)}), [topic])


def test_kinds_follow_addresses_and_topics() -> None:
    coin = frozenset({OutcomeKind.TRANSFERRED})
    assert kinds_of(None, []) == MONEY_KINDS
    assert kinds_of(frozenset({COIN}), [None]) == coin
    assert kinds_of(frozenset({SETTLEMENT}), []) == MONEY_KINDS - coin
    assert not kinds_of(None, [frozenset({Hash(bytes(32))})])


def test_topics_fit_by_place(logs: list[Log]) -> None:
    log = logs[0]
    first = frozenset({Hash(log.topics[0]), Hash(bytes(32))})
    assert fits(log, [])
    assert fits(log, [first, None])
    assert not fits(log, [None, first])
    assert not fits(log, [None] * 4)


def test_due_work_is_told_apart_by_block() -> None:
    one, other = due_work_id(Hash(bytes(32)), 5), due_work_id(Hash(b"\x01" * 32), 5)
    assert one != other
    assert int.from_bytes(one[24:], "big") == 5


def test_money_has_eighteen_decimals(logs: list[Log]) -> None:
    (log,) = logs_of([replace(logs[0].event, amount=1_000_000)])
    assert int.from_bytes(log.data, "big") == 10**18
