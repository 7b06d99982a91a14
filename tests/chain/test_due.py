"""The queue of due work: one order, however the work came in."""

import random

import pytest

from chain.due import DueDraft, DueQueue, due_key, due_subject


def a_queue(*keys: bytes) -> DueQueue:
    queue = DueQueue()
    draft = DueDraft(queue)
    for key in keys:
        draft.add(key)
    queue.apply(draft)
    return queue


def test_key_orders_by_height_then_subject() -> None:
    keys = [due_key(9, b"z"), due_key(10, b"a"), due_key(10, b"ab"), due_key(256, b"")]
    assert keys == sorted(keys)
    assert [due_subject(key) for key in keys] == [b"z", b"a", b"ab", b""]


def test_draft_shows_queue_and_additions_in_order() -> None:
    draft = DueDraft(a_queue(due_key(3, b"c"), due_key(1, b"b"), due_key(5, b"e")))
    draft.add(due_key(2, b"d"))
    draft.remove(due_key(1, b"b"))
    assert list(draft.until(3)) == [due_key(2, b"d"), due_key(3, b"c")]
    assert list(draft.until(0)) == []


def test_draft_leaves_the_queue_alone() -> None:
    queue = a_queue(due_key(1, b"a"))
    draft = DueDraft(queue)
    draft.add(due_key(1, b"b"))
    draft.remove(due_key(1, b"a"))
    assert queue.keys == [due_key(1, b"a")]
    queue.apply(draft)
    assert queue.keys == [due_key(1, b"b")]


def test_taking_back_what_was_added_or_removed_changes_nothing() -> None:
    queue = a_queue(due_key(1, b"a"))
    draft = DueDraft(queue)
    draft.add(due_key(1, b"b"))
    draft.remove(due_key(1, b"b"))
    draft.remove(due_key(1, b"a"))
    draft.add(due_key(1, b"a"))
    assert (draft.added, draft.removed) == (set(), set())


def test_work_is_added_once_and_removed_once() -> None:
    draft = DueDraft(a_queue(due_key(1, b"a")))
    with pytest.raises(AssertionError):
        draft.add(due_key(1, b"a"))
    with pytest.raises(AssertionError):
        draft.remove(due_key(1, b"b"))


def test_reader_may_remove_what_it_was_given() -> None:
    queue = a_queue(*(due_key(1, bytes([number])) for number in range(9)))
    draft = DueDraft(queue)
    draft.add(due_key(1, b"\x04\x04"))
    seen = []
    for key in draft.until(1):
        draft.remove(key)
        seen.append(key)
    assert len(seen) == 10
    assert seen == sorted(seen)
    queue.apply(draft)
    assert len(queue) == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_queue_is_a_sorted_set(seed: int) -> None:
    dice = random.Random(seed)
    queue = DueQueue()
    expected: set[bytes] = set()
    for height in range(60):
        draft = DueDraft(queue)
        for _ in range(dice.randrange(80)):
            key = due_key(height + dice.randrange(1, 50), dice.randbytes(3))
            if key not in expected:
                expected.add(key)
                draft.add(key)
        for key in dice.sample(sorted(expected), dice.randrange(len(expected) + 1) // 3):
            expected.remove(key)
            draft.remove(key)
        due = sorted(key for key in expected if key < due_key(height + 1, b""))
        assert list(draft.until(height)) == due
        for key in due[:10]:
            draft.remove(key)
            expected.remove(key)
        queue.apply(draft)
        assert queue.keys == sorted(expected)
        assert all(key in queue for key in expected)


def test_removed_work_does_not_pile_up() -> None:
    queue = a_queue(*(due_key(number + 2, b"") for number in range(5_000)))
    draft = DueDraft(queue)
    for number in range(1, 4_999):
        draft.remove(due_key(number + 2, b""))
    queue.apply(draft)
    assert queue.keys == [due_key(2, b""), due_key(5_001, b"")]
    assert len(queue._heap) == 2
