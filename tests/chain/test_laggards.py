"""Help for peers that work on the block below."""

import pytest

from chain import laggards as module
from chain.advance import Chain
from chain.crypto import check_signature
from chain.events import SendConsensus
from chain.laggards import Laggards
from tests.support.final_blocks import a_chain, final_blocks


def a_shared_chain() -> Chain:
    """Return a chain of one block."""
    chain = a_chain()
    chain.ledger.height = 1
    return Chain(chain.ledger, final_blocks(4)[0][1], check_signature)


def helped(chain: Chain) -> list[str | None]:
    return [one.peer for one in chain.effects if isinstance(one, SendConsensus)]


def test_each_gets_our_certificate_once_between_two_ticks() -> None:
    chain = a_shared_chain()
    laggards = Laggards(chain)
    for peer in ("a", "b", "a"):
        laggards.help(peer, 1)
    assert helped(chain) == ["a", "b"]
    laggards.tick()
    laggards.help("a", 1)
    assert helped(chain) == ["a", "b", "a"]


def test_only_who_works_on_our_last_block_is_helped() -> None:
    chain = a_shared_chain()
    for height in (0, 2, 10**9):
        Laggards(chain).help("p", height)
    chain.last_certificate = None
    Laggards(chain).help("p", 1)
    assert helped(chain) == []


def test_those_helped_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELPED_MAX", 3)
    chain = a_shared_chain()
    laggards = Laggards(chain)
    for number in range(8):
        laggards.help(f"p{number}", 1)
    assert len(helped(chain)) == 3
