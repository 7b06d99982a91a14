from pathlib import Path

import pytest

from chain.address import format_address
from chain.errors import ConfigError
from chain.payloads import Transfer
from node.market import attempt as attempt_module
from node.market import client as client_module
from node.market import miners as miners_module
from node.market.attempt import Left
from node.market.dialogue import Dialogue
from node.market.job_book import AttemptState, JobState, Result, Terms
from node.market.messages import INPUT_BYTES_MAX, Ask, Reason, sign_request
from node.market.miners import NoMiner
from tests.support.builders import key_of
from tests.support.market_people import LINE, Answers, Street, a_miner, a_street, failing
from tests.support.market_world import LedgerNode, ledger_node

CAP = 300_000
TERMS = Terms(model=LINE[0], max_price=CAP, window=20, expires_after=30)


def do(street: Street, terms: Terms = TERMS, input_: bytes = b"abc", name: str = "one") -> Result:
    """Do a job to its end, and check that the money is where the journal says."""
    before = street.node.chain.balance("client")
    street.client.add(terms, input_, job_id=name)
    result = street.client.finish(name)
    assert before - street.node.chain.balance("client") == result.paid
    return result


def states(result: Result) -> list[tuple[AttemptState, str]]:
    return [(one.state, one.reason) for one in result.attempts]


def test_job_is_done_accepted_and_paid_at_once(node: LedgerNode, tmp_path: Path) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        before = node.chain.balance("miner")
        result = do(street)
        assert result.job.state is JobState.DONE
        assert states(result) == [(AttemptState.PAID, "")]
        assert street.book.output_of("one") == b"cba"
        assert street.book.input_of("one") == b""
        assert node.chain.balance("miner") - before == result.paid > 0
        # By the client's acceptance, long before the window's end.
        assert node.chain.height < TERMS.window


def test_work_that_fails_is_given_back_and_the_next_miner_tried(
    node: LedgerNode, tmp_path: Path
) -> None:
    with a_street(
        node, tmp_path, miner=Answers(failing(Reason.WORK_FAILED)), stranger=Answers()
    ) as street:
        terms = Terms(model=LINE[0], max_price=CAP)
        result = do(street, terms)
        found = dict.fromkeys(one.provider for one in result.attempts)
        assert result.job.state is JobState.DONE
        assert street.book.output_of("one") == b"cba"
        if len(found) == 2:
            assert states(result)[0] == (AttemptState.RETURNED, "work_failed")
        assert node.chain.height < terms.expires_after


def test_job_that_nobody_can_do_ends_with_all_its_money_back(
    node: LedgerNode, tmp_path: Path
) -> None:
    with a_street(node, tmp_path, miner=Answers(failing(Reason.WORK_TIMED_OUT))) as street:
        result = do(street)
        assert result.job.state is JobState.FAILED
        assert states(result) == [(AttemptState.RETURNED, "work_timed_out")] * 3
        assert result.paid == 0
        assert [one.label for one in result.attempts] == ["one", "one.2", "one.3"]


def test_output_that_does_not_pass_the_check_is_disputed(node: LedgerNode, tmp_path: Path) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        street.client.add(
            Terms(model=LINE[0], max_price=CAP, window=20, check=("false",)), b"abc", job_id="one"
        )
        with pytest.raises(Left, match="disputed"):
            street.client.finish("one")
        (attempt,) = street.client.look("one").attempts
        assert (attempt.state, attempt.reason) == (AttemptState.OBJECTED, "objected_output")
        assert street.book.output_of("one") == b""
        # The validators do not decide, so the split of genesis applies.
        node.blocks_until(node.chain.height + 101)
        result = street.client.finish("one")
        assert states(result) == [(AttemptState.SPLIT, "disputed")]


def test_dishonest_price_is_not_paid(node: LedgerNode, tmp_path: Path) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        biller = street.miners["miner"].workshop.biller
        greedy = type("Greedy", (type(biller),), {"price": lambda *_: CAP})
        street.miners["miner"].workshop.biller = greedy(
            biller.key, biller.chain_id, biller.genesis_hash
        )
        result = do(street, Terms(model=LINE[0], max_price=CAP, attempts=1))
        assert result.job.state is JobState.FAILED
        assert states(result) == [(AttemptState.RETURNED, "objected_price")]


def test_claim_whose_output_never_comes_is_disputed_before_its_window_ends(
    node: LedgerNode, tmp_path: Path
) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        street.doors["miner"].is_deaf = True
        street.client.add(TERMS, b"abc", job_id="one")
        with pytest.raises(Left, match="disputed"):
            street.client.finish("one")


def test_client_that_lost_the_answer_gets_it_again_and_accepts_on_the_chain(
    node: LedgerNode, tmp_path: Path
) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        street.client.add(TERMS, b"abc", job_id="one")
        street.client.reserve("one")
        street.doors["miner"].is_deaf = True
        with pytest.raises(Left):
            run_for(street, blocks=3)
        street.doors["miner"].is_deaf = False
        result = street.client.finish("one")
        assert result.job.state is JobState.DONE
        assert street.book.output_of("one") == b"cba"
        assert street.miners["miner"].worker.worked == 1


def run_for(street: Street, *, blocks: int) -> None:
    """Pursue the last attempt until some blocks have gone by, then let it be killed."""
    until = street.node.chain.height + blocks

    def kill() -> None:
        if street.node.chain.height >= until:
            raise Left(detail="killed")

    street.node.others.append(kill)
    try:
        street.client.finish("one")
    except Left:
        street.node.others = [street.collect]
        raise


def test_miner_that_is_gone_for_good_costs_nothing_but_time(
    node: LedgerNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "RELEASE_MS", 100)
    with a_street(node, tmp_path, miner=Answers()) as street:
        street.client.add(
            Terms(model=LINE[0], max_price=CAP, attempts=1, expires_after=10), b"abc", job_id="one"
        )
        street.client.reserve("one")
        street.doors["miner"].miner = None
        result = street.client.finish("one")
        assert states(result) == [(AttemptState.RETURNED, "expired")]
        assert node.chain.balance("client") == 10_000_000


def test_miner_that_was_killed_at_work_gives_back_at_its_next_start(
    node: LedgerNode, tmp_path: Path
) -> None:
    def die(_: bytes) -> bytes:
        raise KeyboardInterrupt

    with a_street(node, tmp_path, miner=Answers(die)) as street:
        street.client.add(Terms(model=LINE[0], max_price=CAP, attempts=1), b"abc", job_id="one")
        street.client.reserve("one")
        door = street.doors["miner"]
        request = door_request(street)
        door.miner.desk.take(request)  # type: ignore[union-attr] # it is there
        street.miners["miner"] = door.miner = a_miner(node, tmp_path)
        result = street.client.finish("one")
        assert states(result) == [(AttemptState.RETURNED, "interrupted")]


def door_request(street: Street) -> bytes:
    """Return the request for the job's work, as the client sends it."""
    (attempt,) = street.client.look("one").attempts
    dialogue = Dialogue(street.account, street.book, TERMS, None, attempt)
    request = dialogue._request(Ask.WORK)
    key = key_of("client")
    return sign_request(request, key=key, genesis_hash=street.account.genesis_hash).encode()


def test_released_job_has_its_money_back_and_is_not_tried_again(
    node: LedgerNode, tmp_path: Path
) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        street.client.add(TERMS, b"abc", job_id="one")
        street.client.reserve("one")
        assert node.chain.balance("client") == 10_000_000 - CAP
        result = street.client.release("one")
        assert states(result) == [(AttemptState.RETURNED, "released")]
        assert result.job.state is JobState.FAILED
        assert node.chain.balance("client") == 10_000_000
        assert node.chain.height < TERMS.expires_after
        assert street.miners["miner"].worker.worked == 0
        assert street.client.finish("one") == street.client.look("one")


def test_release_without_the_miner_says_when_the_money_comes(
    node: LedgerNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "RELEASE_MS", 50)
    with a_street(node, tmp_path, miner=Answers()) as street:
        long = Terms(model=LINE[0], max_price=CAP, expires_after=100_000)
        street.client.add(long, b"abc", job_id="one")
        street.client.reserve("one")
        street.doors["miner"].miner = None
        with pytest.raises(Left, match="comes back at height"):
            street.client.release("one")


def test_reservation_that_the_client_cannot_pay_is_void(node: LedgerNode, tmp_path: Path) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        result = do(street, Terms(model=LINE[0], max_price=10**9, attempts=1))
        ((state, reason),) = states(result)
        assert state is AttemptState.VOID
        assert "10000000" in reason


def test_client_killed_after_it_wrote_the_reservation_down_goes_on(
    node: LedgerNode, tmp_path: Path
) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        street.client.add(TERMS, b"abc", job_id="one")
        street.client._begin(street.client.look("one").job, 1)
        (attempt,) = street.client.look("one").attempts
        assert attempt.state is AttemptState.RESERVING
        assert street.client.finish("one").job.state is JobState.DONE
        node.blocks_until(node.chain.height + 3)
        assert len(street.client.look("one").attempts) == 1


def test_node_that_is_away_leaves_the_job_open(
    node: LedgerNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt_module, "FINAL_MS", 50)
    with a_street(node, tmp_path, miner=Answers()) as street:
        street.client.add(TERMS, b"abc", job_id="one")
        street.client.reserve("one")
        node.is_away = True
        with pytest.raises(Left, match="away"):
            street.client.finish("one")
        node.is_away = False
        assert street.client.finish("one").job.state is JobState.DONE


def test_nobody_offers_what_is_wanted(
    node: LedgerNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(miners_module, "PATIENCE_MS", 50)
    with a_street(node, tmp_path, miner=Answers()) as street:
        only = Terms(model=LINE[0], max_price=CAP, miner=format_address(key_of("stranger").address))
        for number, terms in enumerate(
            (
                Terms(model="other", max_price=CAP),
                Terms(model=LINE[0], max_price=1, max_rate=1),
                only,
            )
        ):
            street.client.add(terms, b"abc", job_id=f"job-{number}")
            with pytest.raises(NoMiner):
                street.client.finish(f"job-{number}")
            assert street.client.look(f"job-{number}").job.state is JobState.FAILED
        street.doors["miner"].miner = None
        street.client.add(TERMS, b"abc", job_id="away")
        with pytest.raises(NoMiner, match="does not answer at the address of its card"):
            street.client.finish("away")


def test_what_is_outside_its_bounds_is_refused_before_anything_is_written(
    node: LedgerNode, tmp_path: Path
) -> None:
    with a_street(node, tmp_path, miner=Answers()) as street:
        street.client.add(TERMS, b"abc", job_id="one")
        for terms, input_, name, said in (
            (TERMS, b"", "one", "there is a job"),
            (TERMS, b"", "a b", "no name"),
            (TERMS, b"", "x" * 63, "no name"),
            (TERMS, bytes(INPUT_BYTES_MAX + 1), "two", "an input has"),
            (Terms(model="m", max_price=1, parameters="x" * 5_000), b"", "two", "parameters have"),
        ):
            with pytest.raises(ConfigError, match=said):
                street.client.add(terms, input_, job_id=name)
        with pytest.raises(ConfigError, match="no job 'two'"):
            street.client.look("two")


def test_node_that_is_behind_lets_no_reservation_be_made_twice(
    node: LedgerNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt_module, "FINAL_MS", 100)
    (tmp_path / "behind").mkdir()
    with (
        ledger_node(tmp_path / "behind") as behind,
        a_street(node, tmp_path, miner=Answers()) as street,
    ):
        behind.makes_blocks = False
        street.client.add(TERMS, b"abc", job_id="one")
        street.client._begin(street.client.look("one").job, 1)
        (attempt,) = street.client.look("one").attempts
        sent = street.account.find_sent(attempt.reservation_id)
        assert sent is not None
        street.account.wait_final(sent, timeout_ms=60_000)
        # The client is killed before it notes that, and another of its jobs writes something down.
        street.account.write_down(Transfer(key_of("stranger").address, 1))
        street.account.node = behind.view
        with pytest.raises(Left, match="not final"):
            street.client.finish("one")
        assert states(street.client.look("one")) == [(AttemptState.RESERVING, "")]
        street.account.node = node.view
        result = street.client.finish("one")
        assert states(result) == [(AttemptState.PAID, "")]
        assert street.miners["miner"].worker.worked == 1
