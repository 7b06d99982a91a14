"""The same key: done once, answered alike, and nothing else is done under it."""

import asyncio
from pathlib import Path

import pytest

from node.api.callers import Caller
from node.api.problems import RpcError
from node.api.rest_idempotency import Answered, Once, fingerprint_of, key_of, scope_of
from node.api.rest_journal import RestJournal

SCOPE, ASKED, OTHER = b"s" * 32, b"a" * 32, b"b" * 32


class Work:
    """What is done, as often as it is."""

    def __init__(self, status: int = 201) -> None:
        self.status, self.times = status, 0
        self.has_begun, self.may_end = asyncio.Event(), asyncio.Event()
        self.may_end.set()

    async def __call__(self) -> Answered:
        self.times += 1
        self.has_begun.set()
        await self.may_end.wait()
        return self.status, b"%d" % self.times


async def refusal(once: Once, asked: bytes, work: Work) -> str:
    with pytest.raises(RpcError) as caught:
        await once.do(SCOPE, asked, work)
    return caught.value.reason


@pytest.mark.parametrize("status", [201, 402])
def test_answer_comes_again_and_the_work_is_not_done_again(tmp_path: Path, status: int) -> None:
    async def run() -> None:
        work, path = Work(status), tmp_path / "api.db"
        once = Once(RestJournal.open(path))
        assert await once.do(SCOPE, ASKED, work) == ((status, b"1"), False)
        for again in (once, Once(RestJournal.open(path))):
            assert await again.do(SCOPE, ASKED, work) == ((status, b"1"), True)
            assert await refusal(again, OTHER, work) == "idempotency_key_reused"
        assert work.times == 1

    asyncio.run(run())


def test_what_comes_while_it_is_under_way_is_refused(tmp_path: Path) -> None:
    async def run() -> None:
        once, work = Once(RestJournal.open(tmp_path / "api.db")), Work()
        work.may_end.clear()
        first = asyncio.create_task(once.do(SCOPE, ASKED, work))
        await work.has_begun.wait()
        assert await refusal(once, ASKED, work) == "idempotency_in_flight"
        assert await refusal(once, OTHER, work) == "idempotency_key_reused"
        work.may_end.set()
        assert await first == ((201, b"1"), False)

    asyncio.run(run())


def test_failure_of_the_moment_is_not_kept_but_what_the_key_was_for(tmp_path: Path) -> None:
    async def run() -> None:
        once, work = Once(RestJournal.open(tmp_path / "api.db")), Work(503)
        assert await once.do(SCOPE, ASKED, work) == ((503, b"1"), False)
        assert await refusal(once, OTHER, work) == "idempotency_key_reused"
        work.status = 201
        assert await once.do(SCOPE, ASKED, work) == ((201, b"2"), False)

    asyncio.run(run())


def test_key_is_bound_to_its_caller_and_what_it_asks() -> None:
    local, key = Caller(b"\x7f\0\0\1", is_local=True), Caller(b"x", is_local=False, key=b"k")
    scopes = {
        scope_of(caller, method, path, name)
        for caller in (local, key)
        for method in ("POST", "DELETE")
        for path in ("/v1/a", "/v1/b")
        for name in ("1", "2")
    }
    assert len(scopes) == 16
    moved = Caller(b"y", is_local=True, key=b"k")
    assert scope_of(moved, "POST", "/", "1") == scope_of(key, "POST", "/", "1")


@pytest.mark.parametrize("text", [None, "", " ", "a b", "ä", "x" * 256, "a\n"])
def test_key_is_visible_and_not_long(text: str | None) -> None:
    with pytest.raises(RpcError) as caught:
        key_of(text)
    assert caught.value.reason == "idempotency_key_missing"


def test_key_is_whatever_a_caller_likes() -> None:
    assert key_of('"8e03978e-40d5"') == '"8e03978e-40d5"'
    assert key_of("x" * 255)


def test_fingerprint_is_of_what_is_said_and_not_how() -> None:
    assert fingerprint_of({"a": 1, "b": [2]}) == fingerprint_of({"b": [2], "a": 1})
    assert fingerprint_of({"a": 1}) != fingerprint_of({"a": "1"})
    assert fingerprint_of(["\ud800"])
