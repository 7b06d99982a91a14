from pathlib import Path

from chain.crypto import keccak256
from chain.store.money_events import MoneyEvents
from node.api.eth_bloom import BLOOM_BYTES, EVERYTHING, bloom_of
from node.api.eth_logs import logs_of
from tests.support.eth_chain import an_eth_chain


def may_hold(bloom: bytes, word: bytes) -> bool:
    """Look as Ethereum's clients do: byte by byte, from the end."""
    digest = keccak256(word)
    for at in (0, 2, 4):
        bit = (digest[at] << 8 | digest[at + 1]) & 2047
        if not bloom[BLOOM_BYTES - 1 - bit // 8] & 1 << bit % 8:
            return False
    return True


def test_bloom_holds_what_is_there_and_little_else(tmp_path: Path) -> None:
    with an_eth_chain(tmp_path) as chain, chain.services.reading() as reader:
        logs = list(logs_of(MoneyEvents(reader).of_blocks(0, 6)))
    bloom = bloom_of(logs)
    words = {log.address for log in logs} | {topic for log in logs for topic in log.topics}
    assert all(may_hold(bloom, word) for word in words)
    others = [keccak256(b"other %d" % number) for number in range(1_000)]
    assert sum(may_hold(bloom, word) for word in others) < 20


def test_no_logs_are_an_empty_bloom() -> None:
    assert bloom_of([]) == bytes(BLOOM_BYTES)
    assert may_hold(EVERYTHING, b"anything")
