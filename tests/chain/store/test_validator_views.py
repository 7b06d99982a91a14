"""Where a page of evidence goes on."""

from chain.crypto import SigningKind
from chain.store.book import row_id
from chain.store.validator_views import EvidenceView
from tests.support.seats import seat_key


def test_row_says_where_the_next_page_begins() -> None:
    key = seat_key(1).public_key
    view = EvidenceView(7, 2, key, 3, 0, SigningKind.PREVOTE, "v1")
    assert view.row == row_id(7, 2)
