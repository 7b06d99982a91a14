"""The last certificate is believed only when it proves the last block."""

import pytest

from chain.errors import StoreError
from tests.support.stored_chain import StoredChain, Story


def test_last_certificate_proves_the_last_block(stored: StoredChain, story: Story) -> None:
    stored.reopen()
    assert stored.writer.last_certificate() == stored.chain.last_commit


OTHER = "SELECT data FROM certificate WHERE height = 5"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("DELETE FROM certificate WHERE height = 6", "is missing"),
        ("UPDATE certificate SET data = zeroblob(length(data)) WHERE height = 6", "block 6"),
        (f"UPDATE certificate SET data = ({OTHER}) WHERE height = 6", "another block's"),
    ],
)
def test_damaged_last_certificate_is_refused(
    stored: StoredChain, story: Story, change: str, says: str
) -> None:
    stored.tamper(change)
    stored.reopen()
    with pytest.raises(StoreError, match=says):
        stored.writer.last_certificate()
