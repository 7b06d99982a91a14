"""Whom to ask for final blocks, and when."""

import pytest

from chain.catch_up import CLAIMS_MAX, CatchUp
from chain.events import Ask
from chain.exchange import ProtocolId
from chain.fetch import SYNC_BLOCKS_MAX, SyncWanted
from chain.primitives import HEIGHT_MAX
from tests.support.chain import Chain


class Numbers:
    """Request numbers, one after the other."""

    def __init__(self) -> None:
        self.last = 0

    def __call__(self) -> int:
        self.last += 1
        return self.last


@pytest.fixture
def chain() -> Chain:
    chain = Chain()
    chain.blocks_until(3)
    return chain


@pytest.fixture
def catch_up(chain: Chain) -> CatchUp:
    return CatchUp(chain.ledger, Numbers())


def peers_of(asks: list[Ask]) -> list[str]:
    return [ask.peer for ask in asks]


def test_asks_the_peer_that_claims_most_for_what_follows_our_tip(catch_up: CatchUp) -> None:
    catch_up.claims |= {"low": 9, "high": 20}
    (ask,) = catch_up.ask()
    assert (ask.peer, ask.protocol) == ("high", ProtocolId.SYNC)
    assert SyncWanted.decode(ask.payload) == SyncWanted(from_height=4, count=SYNC_BLOCKS_MAX)


def test_asks_nothing_of_equals(catch_up: CatchUp) -> None:
    assert catch_up.note("p", 3) == []
    assert catch_up.tick() == catch_up.tick() == []


def test_asks_at_once_when_far_behind(catch_up: CatchUp) -> None:
    assert peers_of(catch_up.note("p", 5)) == ["p"]


def test_asks_for_one_block_only_after_standing_still(chain: Chain, catch_up: CatchUp) -> None:
    assert catch_up.tick() == []
    chain.block()
    assert catch_up.note("p", 5) == []
    assert catch_up.tick() == []
    assert peers_of(catch_up.tick()) == ["p"]


def test_one_request_is_open_at_a_time(catch_up: CatchUp) -> None:
    catch_up.note("p", 9)
    assert catch_up.note("q", 99) == []
    assert catch_up.tick() == catch_up.tick() == []


def test_progress_goes_on_to_the_next_range(chain: Chain, catch_up: CatchUp) -> None:
    catch_up.note("p", 9)
    assert not catch_up.is_advancing
    chain.block()
    catch_up.answered(progress=True)
    (ask,) = catch_up.ask()
    assert SyncWanted.decode(ask.payload).from_height == 5
    assert catch_up.is_advancing


def test_claim_alone_is_no_sign_of_being_behind(catch_up: CatchUp) -> None:
    """A validator goes on signing until somebody shows it a final block."""
    catch_up.note("liar", 2**60)
    assert catch_up.best == HEIGHT_MAX
    assert catch_up.is_active
    assert not catch_up.is_advancing


def test_refusal_ends_the_claim_and_the_advance(chain: Chain, catch_up: CatchUp) -> None:
    catch_up.note("p", 9)
    chain.block()
    catch_up.answered(progress=True)
    catch_up.ask()
    catch_up.refused()
    assert catch_up.ask() == []
    assert not catch_up.is_active
    assert catch_up.best == 0


def test_who_failed_is_asked_after_the_others(catch_up: CatchUp) -> None:
    catch_up.note("liar", 2**60)
    catch_up.refused()
    catch_up.claims |= {"honest": 5}
    assert catch_up.note("liar", 2**60)[0].peer == "honest"


def test_who_failed_is_asked_again_when_there_is_nobody_else(catch_up: CatchUp) -> None:
    catch_up.note("p", 9)
    catch_up.refused()
    assert peers_of(catch_up.note("p", 9)) == ["p"]


def test_answer_that_came_too_late_is_no_failure(chain: Chain, catch_up: CatchUp) -> None:
    catch_up.note("p", 5)
    chain.block()
    chain.block()
    catch_up.answered(progress=False)
    assert catch_up.failures == {}
    assert catch_up.claims == {}


def test_answer_with_nothing_new_is_a_failure(catch_up: CatchUp) -> None:
    catch_up.note("p", 9)
    catch_up.answered(progress=False)
    assert catch_up.failures == {"p": 1}


def test_success_makes_up_for_failures(chain: Chain, catch_up: CatchUp) -> None:
    catch_up.note("p", 9)
    catch_up.refused()
    catch_up.note("p", 9)
    chain.block()
    catch_up.answered(progress=True)
    assert catch_up.failures == {}


def test_peer_that_has_gone_is_forgotten(catch_up: CatchUp) -> None:
    catch_up.claims |= {"p": 9}
    catch_up.failures |= {"p": 1}
    catch_up.gone("p")
    assert catch_up.ask() == []
    assert catch_up.failures == {}


def test_claims_and_failures_are_bounded(catch_up: CatchUp) -> None:
    for number in range(3 * CLAIMS_MAX):
        catch_up.note(f"p{number}", 9)
        if catch_up.is_active:
            catch_up.refused()
        catch_up.claims |= {"p": 4} if number == 0 else {}
    assert len(catch_up.failures) <= CLAIMS_MAX
    catch_up.claims |= {f"q{number}": 4 for number in range(CLAIMS_MAX)}
    assert catch_up.note("one more", 9) == []
    assert "one more" not in catch_up.claims


def test_claims_that_we_have_reached_are_dropped(chain: Chain, catch_up: CatchUp) -> None:
    catch_up.claims |= {"p": 4, "q": 5}
    chain.block()
    catch_up.tick()
    assert catch_up.claims == {"q": 5}


def test_claim_does_not_sink(catch_up: CatchUp) -> None:
    catch_up.claims |= {"p": 9}
    catch_up.note("p", 5)
    assert catch_up.claims == {"p": 9}
