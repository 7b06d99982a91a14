import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from chain.crypto import sha256
from chain.errors import MempoolFull
from chain.primitives import Height
from node.api.core_link import QUESTIONS_MAX, CoreLink, Submission
from node.api.problems import RpcError
from node.api_frames import ApiReady, Notice, Submit, SubmitResult
from node.api_questions import Question, Topic
from tests.support.fake_core import STATUS, Decide, FakeCore, Tell, admit

URL = "http://127.0.0.1:1"
PAYMENT = Submission(b"payment")


def silent(_: Submit) -> None:
    """Never answer."""


def with_core(
    path: Path,
    act: Callable[[CoreLink, FakeCore], Awaitable[None]],
    *,
    decide: Decide = admit,
    tell: Tell | None = None,
    submissions_max: int = 10,
) -> None:
    async def run() -> None:
        link = CoreLink(path / "api.sock", submissions_max=submissions_max)
        async with FakeCore(path / "api.sock", decide, tell) as core:
            line = asyncio.create_task(link.run(URL))
            await core.wait_for(lambda: bool(core.ready))
            try:
                await act(link, core)
            finally:
                line.cancel()
                with suppress(asyncio.CancelledError):
                    await line

    asyncio.run(run())


def test_edge_says_first_who_it_is(tmp_path: Path) -> None:
    async def act(link: CoreLink, core: FakeCore) -> None:
        assert core.ready == [ApiReady(URL)]

    with_core(tmp_path, act)


def test_submission_gets_its_own_result(tmp_path: Path) -> None:
    async def act(link: CoreLink, core: FakeCore) -> None:
        names = [b"one", b"two", b"three"]
        results = await asyncio.gather(*(link.submit(Submission(name)) for name in names))
        assert [result.transaction_id for result in results] == [sha256(name) for name in names]
        assert [submit.transaction for submit in core.submits] == names

    with_core(tmp_path, act)


def test_refusal_is_a_result(tmp_path: Path) -> None:
    def refuse(submit: Submit) -> SubmitResult:
        return SubmitResult.refused(submit.ticket, MempoolFull(what="transactions", limit=5))

    async def act(link: CoreLink, core: FakeCore) -> None:
        result = await link.submit(PAYMENT)
        assert (result.code, result.fields["limit"]) == ("mempool_full", 5)

    with_core(tmp_path, act, decide=refuse)


def test_news_of_the_node_are_kept(tmp_path: Path) -> None:
    news = Notice(Height(8), sha256(b"block"))

    async def act(link: CoreLink, core: FakeCore) -> None:
        core.tell(news)
        await link.submit(PAYMENT)
        assert link.notice == news
        assert link.status == STATUS

    with_core(tmp_path, act)


def test_submission_without_a_core_is_refused_at_once(tmp_path: Path) -> None:
    link = CoreLink(tmp_path / "api.sock", submissions_max=10)
    with pytest.raises(RpcError) as refusal:
        asyncio.run(link.submit(PAYMENT))
    assert refusal.value.reason == "core_unavailable"


def test_those_who_wait_are_told_when_the_line_breaks_and_it_is_opened_again(
    tmp_path: Path,
) -> None:
    async def act(link: CoreLink, core: FakeCore) -> None:
        waiting = asyncio.create_task(link.submit(PAYMENT))
        await core.wait_for(lambda: bool(core.submits))
        core.hang_up()
        with pytest.raises(RpcError) as refusal:
            await waiting
        assert refusal.value.reason == "core_unavailable"
        assert link.status is None
        await core.wait_for(lambda: len(core.ready) > 1)
        assert link.is_open

    with_core(tmp_path, act, decide=silent)


def test_what_waits_has_a_bound(tmp_path: Path) -> None:
    async def act(link: CoreLink, core: FakeCore) -> None:
        waiting = [asyncio.create_task(link.submit(PAYMENT)) for _ in range(3)]
        await core.wait_for(lambda: len(core.submits) > 1)
        with pytest.raises(RpcError) as refusal:
            await waiting[2]
        assert refusal.value.reason == "too_many_submissions"
        core.tell(*(admit(submit) for submit in core.submits))
        await asyncio.gather(*waiting[:2])

    with_core(tmp_path, act, decide=silent, submissions_max=2)


def test_caller_that_gives_up_frees_its_place(tmp_path: Path) -> None:
    async def act(link: CoreLink, core: FakeCore) -> None:
        given_up = asyncio.create_task(link.submit(PAYMENT))
        await core.wait_for(lambda: bool(core.submits))
        given_up.cancel()
        with suppress(asyncio.CancelledError):
            await given_up
        second = asyncio.create_task(link.submit(PAYMENT))
        await core.wait_for(lambda: len(core.submits) > 1)
        core.tell(*(admit(submit) for submit in core.submits))
        assert (await second).code == ""

    with_core(tmp_path, act, decide=silent, submissions_max=1)


def test_question_gets_its_own_answer(tmp_path: Path) -> None:
    def tell(question: Question) -> bytes:
        return b'{"asked":"%s","data":%d}' % (question.topic.encode(), len(question.data))

    async def act(link: CoreLink, _: FakeCore) -> None:
        answers = await asyncio.gather(link.ask(Topic.CONSENSUS), link.ask(Topic.MEMPOOL, b"xx"))
        assert answers == [{"asked": "consensus", "data": 0}, {"asked": "mempool", "data": 2}]

    with_core(tmp_path, act, tell=tell)


def test_questions_have_a_limit_and_end_with_the_line(tmp_path: Path) -> None:
    async def act(link: CoreLink, core: FakeCore) -> None:
        asked = [asyncio.create_task(link.ask(Topic.CONSENSUS)) for _ in range(QUESTIONS_MAX)]
        await asyncio.sleep(0)
        with pytest.raises(RpcError) as refusal:
            await link.ask(Topic.CONSENSUS)
        assert refusal.value.reason == "too_many_questions"
        core.hang_up()
        ended = await asyncio.gather(*asked, return_exceptions=True)
        assert {getattr(one, "reason", one) for one in ended} == {"core_unavailable"}

    with_core(tmp_path, act)


def test_nobody_answers_while_the_core_is_away(tmp_path: Path) -> None:
    link = CoreLink(tmp_path / "api.sock", submissions_max=1)
    with pytest.raises(RpcError) as refusal:
        asyncio.run(link.ask(Topic.CONSENSUS))
    assert refusal.value.reason == "core_unavailable"
