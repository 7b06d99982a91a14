"""Whom to ask for final blocks, and when."""

import itertools
from dataclasses import replace

import pytest

import chain.catch_up as module
from chain.catch_up import (
    CLAIMS_MAX,
    LATE_TICKS,
    REQUESTS_MAX,
    REQUESTS_PER_PEER_MAX,
    WINDOW_BLOCKS,
    CatchUp,
)
from chain.errors import InvalidBlock, InvalidCertificate
from chain.events import Ask
from chain.exchange import ProtocolId
from chain.fetch import SYNC_BLOCKS_MAX, SyncWanted
from chain.primitives import HEIGHT_MAX
from tests.support.final_blocks import FinalBlock, a_chain, final_blocks

BLOCKS = 4 * SYNC_BLOCKS_MAX


@pytest.fixture
def catch_up() -> CatchUp:
    """What a node before its first block knows; nothing yet."""
    return CatchUp(a_chain().ledger, itertools.count(1).__next__)


def ranges(asks: list[Ask]) -> list[tuple[str, int, int]]:
    """Return peer, first and last height of each request."""
    wanted = [(ask.peer, SyncWanted.decode(ask.payload)) for ask in asks]
    return [(peer, one.from_height, one.from_height + one.count - 1) for peer, one in wanted]


def blocks(first: int, last: int) -> list[FinalBlock]:
    return list(final_blocks(BLOCKS)[first - 1 : last])


def take_all(catch_up: CatchUp) -> None:
    """Take what is at hand, as if it were executed."""
    while (held := catch_up.take_next()) is not None:
        catch_up.ledger.height += 1
        catch_up.taken(held)


def catch_up_with(catch_up: CatchUp, **claims: int) -> list[Ask]:
    """Let peers claim, the first range arrive, and return what is asked for then."""
    asks = [ask for peer, claim in claims.items() for ask in catch_up.note(peer, claim)]
    ((_, first, last),) = ranges(asks)
    catch_up.answered(asks[0].request, blocks(first, last))
    take_all(catch_up)
    return catch_up.ask()


# When to ask.


def test_asks_the_peer_that_claims_most_for_what_follows_our_tip(catch_up: CatchUp) -> None:
    catch_up.ledger.height = 3
    catch_up.claims |= {"low": 9, "high": 20}
    (ask,) = catch_up.ask()
    assert ask.protocol is ProtocolId.SYNC
    assert ranges([ask]) == [("high", 4, 3 + SYNC_BLOCKS_MAX)]


def test_asks_nothing_of_equals(catch_up: CatchUp) -> None:
    catch_up.ledger.height = 3
    assert catch_up.note("p", 3) == []
    assert catch_up.tick() == catch_up.tick() == []


def test_asks_at_once_when_far_behind(catch_up: CatchUp) -> None:
    assert len(catch_up.note("p", 2)) == 1


def test_asks_for_one_block_only_after_standing_still(catch_up: CatchUp) -> None:
    assert catch_up.tick() == []
    catch_up.ledger.height += 1
    assert catch_up.note("p", 2) == []
    assert catch_up.tick() == []
    assert ranges(catch_up.tick()) == [("p", 2, 1 + SYNC_BLOCKS_MAX)]


def test_claims_alone_open_one_request(catch_up: CatchUp) -> None:
    """A liar's word costs one question, whatever it says."""
    assert len(catch_up.note("liar", 2**60)) == 1
    assert catch_up.note("p", 99) == []
    assert catch_up.tick() == catch_up.tick() == []


# Several at once.


def test_once_blocks_have_come_the_next_ranges_are_asked_of_different_peers(
    catch_up: CatchUp,
) -> None:
    asks = catch_up_with(catch_up, a=500, b=400, c=300)
    assert catch_up.ledger.height == 32
    assert ranges(asks) == [("a", 33, 64), ("b", 65, 96), ("c", 97, 128), ("a", 129, 160)]


def test_second_request_with_a_peer_only_when_there_is_no_other(catch_up: CatchUp) -> None:
    asks = catch_up_with(catch_up, a=500)
    assert [peer for peer, _, _ in ranges(asks)] == ["a"] * REQUESTS_PER_PEER_MAX


def test_peer_is_asked_for_no_range_above_its_claim(catch_up: CatchUp) -> None:
    asks = catch_up_with(catch_up, a=500, b=64)
    assert ranges(asks) == [("a", 33, 64), ("a", 65, 96)]


def test_answers_wait_for_their_turn(catch_up: CatchUp) -> None:
    first, second, *_ = catch_up_with(catch_up, a=500, b=400)
    catch_up.answered(second.request, blocks(65, 96))
    assert not catch_up.has_next
    assert catch_up.take_next() is None
    catch_up.answered(first.request, blocks(33, 64))
    take_all(catch_up)
    assert catch_up.ledger.height == 96
    assert len(catch_up.held) == 0


def test_what_is_held_or_asked_for_is_not_asked_for_again(catch_up: CatchUp) -> None:
    first, second, third, fourth = catch_up_with(catch_up, a=500, b=400)
    catch_up.answered(third.request, blocks(97, 128))
    catch_up.failed(second.request)
    assert ranges(catch_up.ask())[0] == ("a", 65, 96)
    assert {first.request, fourth.request} <= catch_up.open.keys()


def test_short_answer_leaves_a_gap_for_another_peer(catch_up: CatchUp) -> None:
    first, *_ = catch_up_with(catch_up, a=500, b=400, c=300)
    catch_up.answered(first.request, blocks(33, 40))
    assert ranges(catch_up.ask()) == [("b", 41, 64)]
    assert catch_up.failures == {"a": 1}


def test_short_answer_at_the_end_of_a_claim_is_no_failure(catch_up: CatchUp) -> None:
    first, *_ = catch_up_with(catch_up, a=40)
    catch_up.answered(first.request, blocks(33, 40))
    assert catch_up.failures == {}


def test_answer_that_is_full_by_its_bytes_is_no_failure(
    catch_up: CatchUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SYNC_BYTES_MAX", 100)
    (ask,) = catch_up.note("p", 500)
    catch_up.answered(ask.request, blocks(1, 2))
    assert catch_up.failures == {}
    assert catch_up.claims == {"p": 500}


def test_ranges_shrink_when_blocks_are_large(catch_up: CatchUp) -> None:
    catch_up.block_bytes = module.RANGE_BYTES // 3
    assert ranges(catch_up.note("p", 500)) == [("p", 1, 3)]
    catch_up.failed(1)
    catch_up.block_bytes = 10 * module.RANGE_BYTES
    assert ranges(catch_up.note("p", 500)) == [("p", 1, 1)]


def test_what_is_asked_for_ahead_is_bounded(
    catch_up: CatchUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next blocks never come, all others do."""
    first, *asks = catch_up_with(catch_up, **{f"p{number}": 2**60 for number in range(9)})
    for _ in range(100):
        for ask in asks:
            catch_up.open.pop(ask.request)
            catch_up.held._blocks |= dict.fromkeys(
                range(ranges([ask])[0][1], ranges([ask])[0][2] + 1)
            )  # type: ignore[arg-type]  # what is held does not matter here
        asks = catch_up.ask()
        assert len(catch_up.open) <= REQUESTS_MAX
    assert asks == []
    assert first.request in catch_up.open
    assert len(catch_up.held) <= WINDOW_BLOCKS
    catch_up.held._blocks.clear()
    monkeypatch.setattr(catch_up.held, "size_bytes", module.HELD_BYTES_MAX)
    assert catch_up.ask() == []
    catch_up.failed(first.request)
    assert [one[1] for one in ranges(catch_up.ask())] == [33]


# Late, failed and false answers.


def test_late_next_blocks_are_asked_of_one_more_peer(catch_up: CatchUp) -> None:
    first, *others = catch_up_with(catch_up, a=500, b=400, c=300)
    for _ in range(LATE_TICKS - 1):
        assert catch_up.tick() == []
    assert ranges(catch_up.tick()) == [("b", 33, 64)]
    assert catch_up.tick() == []
    assert first.request in catch_up.open
    assert len(catch_up.open) == len(others) + 2


def test_late_answer_beside_the_one_asked_for_later_does_no_harm(catch_up: CatchUp) -> None:
    first, *_ = catch_up_with(catch_up, a=500, b=400, c=300)
    again = [ask for _ in range(LATE_TICKS) for ask in catch_up.tick()]
    for request in (again[0].request, first.request):
        catch_up.answered(request, blocks(33, 64))
        take_all(catch_up)
    assert catch_up.ledger.height == 64
    assert catch_up.failures == {}


def test_nobody_is_asked_twice_for_what_is_late(catch_up: CatchUp) -> None:
    catch_up.note("only", 500)
    for _ in range(5 * LATE_TICKS):
        catch_up.tick()
    assert len(catch_up.open) == 1


def test_requests_for_what_is_late_are_bounded(catch_up: CatchUp) -> None:
    for number in range(50):
        catch_up.note(f"p{number}", 500)
    for _ in range(50 * LATE_TICKS):
        catch_up.tick()
    assert len(catch_up.open) <= 2 * REQUESTS_MAX


@pytest.mark.parametrize("place", [0, 5, 31])
def test_block_that_was_not_asked_for_is_a_lie(catch_up: CatchUp, place: int) -> None:
    (ask,) = catch_up.note("p", 500)
    wrong = blocks(1, 32)
    wrong[place] = blocks(40, 40)[0]
    with pytest.raises(InvalidBlock):
        catch_up.answered(ask.request, wrong)
    assert catch_up.open == {}
    assert len(catch_up.held) == 0


def test_more_blocks_than_were_asked_for_are_a_lie(catch_up: CatchUp) -> None:
    (ask,) = catch_up.note("p", 500)
    with pytest.raises(InvalidBlock):
        catch_up.answered(ask.request, blocks(1, 33))


def test_block_without_a_certificate_of_its_own_is_a_lie(catch_up: CatchUp) -> None:
    (verified, certificate), (_, other) = blocks(1, 2)
    for wrong in (None, other, replace(certificate, height=2)):
        (ask,) = catch_up.note("p", 500)
        with pytest.raises(InvalidCertificate):
            catch_up.answered(ask.request, [(verified, wrong)])
        catch_up.refuse("p")


def test_all_that_a_liar_gave_is_dropped_and_asked_of_others(catch_up: CatchUp) -> None:
    first, second, third, fourth = catch_up_with(catch_up, liar=500, b=400, c=300)
    catch_up.answered(second.request, blocks(65, 96))
    catch_up.answered(fourth.request, [])
    catch_up.answered(first.request, blocks(33, 64))
    catch_up.refuse("liar")
    assert ranges(catch_up.ask())[0] == ("b", 33, 64)
    assert 65 in catch_up.held
    assert catch_up.claims.keys() == {"b", "c"}
    assert third.request in catch_up.open


def test_who_failed_is_asked_after_the_others(catch_up: CatchUp) -> None:
    (ask,) = catch_up.note("liar", 2**60)
    catch_up.failed(ask.request)
    catch_up.claims |= {"honest": 5}
    assert catch_up.note("liar", 2**60)[0].peer == "honest"


def test_who_failed_is_asked_again_when_there_is_nobody_else(catch_up: CatchUp) -> None:
    (ask,) = catch_up.note("p", 9)
    catch_up.failed(ask.request)
    assert catch_up.ask() == []
    assert len(catch_up.note("p", 9)) == 1


def test_answer_that_came_too_late_is_no_failure(catch_up: CatchUp) -> None:
    (ask,) = catch_up.note("p", 2)
    catch_up.ledger.height = 2
    catch_up.answered(ask.request, [])
    assert catch_up.failures == {}
    assert catch_up.claims == {}


def test_answer_with_nothing_is_a_failure(catch_up: CatchUp) -> None:
    (ask,) = catch_up.note("p", 9)
    catch_up.answered(ask.request, [])
    assert (catch_up.failures, catch_up.claims) == ({"p": 1}, {})


def test_full_answer_makes_up_for_failures(catch_up: CatchUp) -> None:
    catch_up.failures |= {"p": 3}
    (ask,) = catch_up.note("p", 32)
    catch_up.answered(ask.request, blocks(1, 32))
    assert catch_up.failures == {}


# What is believed.


def test_claim_alone_is_no_sign_of_being_behind(catch_up: CatchUp) -> None:
    """A validator goes on signing until somebody shows it a final block."""
    catch_up.note("liar", 2**60)
    assert not catch_up.is_advancing


def test_nobody_votes_while_final_blocks_come_or_are_known(catch_up: CatchUp) -> None:
    (ask,) = catch_up.note("p", 33)
    catch_up.answered(ask.request, blocks(1, 32))
    assert catch_up.is_advancing
    take_all(catch_up)
    assert not catch_up.is_advancing
    catch_up.ask()
    assert catch_up.is_advancing


def test_certificate_of_a_later_block_is_proof_by_itself(catch_up: CatchUp) -> None:
    catch_up.prove(2)
    catch_up.prove(1)
    assert catch_up.is_advancing
    catch_up.ledger.height = 1
    assert not catch_up.is_advancing


def test_peer_that_gives_some_and_then_nothing_holds_nobody_up_for_long(catch_up: CatchUp) -> None:
    catch_up_with(catch_up, liar=2**60)
    assert catch_up.is_advancing
    for _ in range(LATE_TICKS + 1):
        catch_up.tick()
    assert catch_up.open
    assert not catch_up.is_advancing


def test_what_is_shown_is_never_above_what_there_was_time_to_make(catch_up: CatchUp) -> None:
    ledger = catch_up.ledger
    now_ms = ledger.tip_time_ms + 70 * ledger.parameters.block_interval_ms
    for number in range(5):
        catch_up.note(f"liar {number}", 2**40 * number)
    assert catch_up.best(now_ms) == 70
    assert catch_up.best(0) == 0
    catch_up.claims = {"liar": 2**40, "b": 60, "c": 50}
    assert catch_up.best(now_ms) == 60
    assert catch_up.is_behind(now_ms)
    catch_up.prove(65)
    assert catch_up.best(now_ms) == 65


def test_claim_is_cut_to_what_a_height_can_be(catch_up: CatchUp) -> None:
    catch_up.note("liar", 2**64)
    assert catch_up.claims == {"liar": HEIGHT_MAX}


def test_liar_alone_does_not_make_us_look_behind(catch_up: CatchUp) -> None:
    catch_up.note("liar", 2**60)
    assert not catch_up.is_behind(catch_up.ledger.tip_time_ms + 150)


# What is remembered.


def test_peer_that_has_gone_is_forgotten(catch_up: CatchUp) -> None:
    catch_up.claims |= {"p": 9}
    catch_up.failures |= {"p": 1}
    catch_up.gone("p")
    assert catch_up.ask() == []
    assert catch_up.failures == {}


def test_claims_and_failures_are_bounded(catch_up: CatchUp) -> None:
    for number in range(3 * CLAIMS_MAX):
        for ask in catch_up.note(f"p{number}", 9):
            catch_up.failed(ask.request)
    assert len(catch_up.failures) <= CLAIMS_MAX
    catch_up.claims = {f"q{number}": 4 for number in range(CLAIMS_MAX)}
    assert catch_up.note("one more", 9) == []
    assert "one more" not in catch_up.claims


def test_claims_that_we_have_reached_are_dropped(catch_up: CatchUp) -> None:
    catch_up.claims |= {"p": 4, "q": 5}
    catch_up.ledger.height = 4
    catch_up.tick()
    assert catch_up.claims == {"q": 5}


def test_claim_does_not_sink(catch_up: CatchUp) -> None:
    catch_up.claims |= {"p": 9}
    catch_up.note("p", 5)
    assert catch_up.claims == {"p": 9}
