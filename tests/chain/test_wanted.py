"""Whom to ask for an incomplete block, and what it may consist of."""

from dataclasses import replace

from chain.primitives import Hash
from chain.proposal import CompactBlock, compact_block
from chain.wanted import CONTENTS_MAX, Content, Wanted
from tests.support.chain import Chain


def a_compact() -> CompactBlock:
    return compact_block(Chain().propose().verified)


def a_wanted() -> Wanted:
    return Wanted(a_compact().header.hash)


def test_peer_that_named_the_block_is_asked_first_then_the_others_once() -> None:
    wanted = a_wanted()
    peers = ("a", "b", "c")
    order = []
    preferred: str | None = "b"
    while (peer := wanted.choose_peer(preferred, peers)) is not None:
        order.append(peer)
        wanted.asked.add(peer)
        preferred = None
    assert order == ["b", "a", "c"]


def test_only_who_named_it_is_asked_beside_an_open_request() -> None:
    """So a slow liar cannot keep us from asking the proposer."""
    wanted = a_wanted()
    wanted.asked.add("a")
    wanted.open[1] = "a"
    assert wanted.choose_peer(None, ("a", "b")) is None
    assert wanted.choose_peer("b", ("a", "b")) == "b"


def test_retry_asks_everybody_for_the_whole_then_for_parts() -> None:
    wanted = a_wanted()
    wanted.asked.add("a")
    wanted.start_again()
    assert wanted.as_whole
    assert wanted.choose_peer(None, ("a",)) == "a"
    wanted.start_again()
    assert not wanted.as_whole


def test_newest_contents_are_kept_each_once() -> None:
    wanted, compact = a_wanted(), a_compact()
    for number in range(CONTENTS_MAX + 2):
        named = replace(compact, transactions=(Hash(bytes([number]) * 32),))
        for peer in ("a", "b"):
            wanted.learn(Content(named, peer))
    assert [one.compact.transactions[0][0] for one in wanted.contents] == [2, 3, 4, 5]
    assert {one.peer for one in wanted.contents} == {"a"}
