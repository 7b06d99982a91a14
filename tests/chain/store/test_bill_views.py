"""When an entry of a bill is right, and a page of them."""

from dataclasses import replace

import pytest

from chain.primitives import ZERO_HASH
from chain.store.bill_views import BillEntry, BillPage

PAID = BillEntry(
    row=1,
    height=1,
    time_ms=1,
    kind="paid",
    amount=30,
    recomputed=30,
    after=70,
    carried=100,
    sign=-1,
    transaction_id=None,
    receipt_hash=None,
    reservation_id=ZERO_HASH,
    job_id="job-1",
    counterparty=None,
)


def test_entry_that_follows_and_was_found_again_is_right() -> None:
    assert PAID.is_right
    assert replace(PAID, sign=0, after=100).is_right


@pytest.mark.parametrize("change", [{"recomputed": 29}, {"after": 71}, {"carried": 99}])
def test_entry_that_differs_is_not(change: dict[str, int]) -> None:
    assert not replace(PAID, **change).is_right


def test_last_page_must_leave_the_total() -> None:
    assert BillPage((PAID,), None, 70).is_right
    assert not BillPage((PAID,), None, 71).is_right
    assert BillPage((PAID,), 1, 71).is_right
    assert not BillPage((replace(PAID, recomputed=1),), 1, 70).is_right
