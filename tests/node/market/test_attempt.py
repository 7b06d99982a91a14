"""How an attempt ends whatever happens in between; tests/node/market/test_client.py has more."""

from pathlib import Path

import pytest

from chain.kind import Kind
from node.market.attempt import Left, Pursuit
from node.market.dialogue import Dialogue
from node.market.job_book import Attempt, AttemptState, Terms
from tests.support.builders import key_of
from tests.support.market_people import LINE, Answers, Doorstep, Street, a_street
from tests.support.market_world import LedgerNode, reservation_of

TERMS = Terms(model=LINE[0], max_price=300_000, window=20, expires_after=200)
OPEN = Terms(model=LINE[0], max_price=300_000, window=0, expires_after=200)


def pursuit_of(street: Street, terms: Terms = TERMS, *, door: Doorstep | None = None) -> Pursuit:
    """Reserve for a job and return the pursuit of its only attempt."""
    street.client.add(terms, b"abc", job_id="one")
    (attempt,) = street.client.reserve("one").attempts
    way = door or street.doors["miner"]
    return Pursuit(Dialogue(street.account, street.book, terms, way, attempt))


def last(street: Street) -> Attempt:
    return street.client.look("one").attempts[-1]


def test_claim_without_the_acceptance_is_accepted_on_the_chain(
    node: LedgerNode, tmp_path: Path
) -> None:
    class Mute(Doorstep):
        """The verdict is lost on its way."""

        def _say(self, *arguments: object) -> object:  # type: ignore[override] # any
            self.miner.desk.conclude = lambda ticket, _: type(self.miner.desk).conclude(  # type: ignore[method-assign,union-attr] # on purpose
                self.miner.desk,  # type: ignore[union-attr] # it is there
                ticket,
                None,
            )
            return super()._say(*arguments)  # type: ignore[arg-type] # handed on

    with a_street(node, tmp_path, miner=Answers()) as street:
        pursuit = pursuit_of(street, door=Mute(street.miners["miner"], key_of("client")))
        ended = pursuit.run()
        assert ended.state is AttemptState.PAID
        assert street.book.output_of("one") == b"cba"
        kinds = [one.kind for block in node.chain.blocks for one in transactions_of(block)]
        assert Kind.ACCEPT in kinds


def transactions_of(block: object) -> list[object]:
    return [one.transaction for one in block.verified.transactions]  # type: ignore[attr-defined] # a block


def test_output_of_a_claim_that_was_paid_at_once_is_fetched_later(
    node: LedgerNode, tmp_path: Path
) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        street.doors["miner"].is_deaf = True
        pursuit = pursuit_of(street, OPEN)
        pursuit._dialogue.ask(reservation_of(node, last(street).reservation_id))
        street.collect()
        node.blocks_until(node.chain.height + 2)
        assert reservation_of(node, last(street).reservation_id).status == "ended"
        street.doors["miner"].is_deaf = False
        again = Pursuit(
            Dialogue(street.account, street.book, OPEN, street.doors["miner"], last(street))
        )
        assert again.run().state is AttemptState.PAID
        assert street.book.output_of("one") == b"cba"


def test_attempt_whose_time_is_up_is_left_where_it_is(node: LedgerNode, tmp_path: Path) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        street.client.add(TERMS, b"abc", job_id="one")
        (attempt,) = street.client.reserve("one").attempts
        dialogue = Dialogue(street.account, street.book, TERMS, None, attempt)
        node.makes_blocks = False
        with pytest.raises(Left, match="comes back at height"):
            Pursuit(dialogue).run(timeout_ms=20)
        assert last(street).state is AttemptState.RESERVED


def test_attempt_without_the_miners_card_ends_at_its_expiry(
    node: LedgerNode, tmp_path: Path
) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        street.client.add(TERMS, b"abc", job_id="one")
        (attempt,) = street.client.reserve("one").attempts
        ended = Pursuit(Dialogue(street.account, street.book, TERMS, None, attempt)).run()
        assert (ended.state, ended.reason) == (AttemptState.RETURNED, "expired")
        assert node.chain.balance("client") == 10_000_000
