import random

import pytest

from chain.store.pages import ROW_MAX
from chain.store.views import ReceiptFilter
from node.api.cursors import decode_cursor, encode_cursor, first_below, next_cursor
from node.api.problems import RpcError
from node.api.reasons import RpcCode
from tests.support.builders import address_of_name

EVERYTHING = ReceiptFilter()
OF_THE_MINER = ReceiptFilter(provider=address_of_name("miner"), status="paid")


@pytest.mark.parametrize("row", [0, 1, 2**40, ROW_MAX])
def test_cursor_comes_back(row: int) -> None:
    assert decode_cursor(encode_cursor(OF_THE_MINER, row), OF_THE_MINER) == row


@pytest.mark.parametrize(
    "other",
    [
        EVERYTHING,
        ReceiptFilter(client=address_of_name("miner"), status="paid"),
        ReceiptFilter(provider=address_of_name("miner")),
        ReceiptFilter(provider=address_of_name("miner"), status="paid", model="llama3.2"),
    ],
)
def test_cursor_of_another_filter_is_refused(other: ReceiptFilter) -> None:
    with pytest.raises(RpcError) as refusal:
        decode_cursor(encode_cursor(OF_THE_MINER, 7), other)
    assert "another filter" in refusal.value.message


@pytest.mark.parametrize("text", ["", "a", "AAAA", "é", "🙂", "=" * 24, "A" * 23, "Av" * 32])
def test_text_that_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(RpcError) as refusal:
        decode_cursor(text, EVERYTHING)
    assert refusal.value.code is RpcCode.INVALID_PARAMS


def test_random_texts_are_refused() -> None:
    dice = random.Random(1)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for _ in range(300):
        with pytest.raises(RpcError):
            decode_cursor("".join(dice.choices(letters, k=dice.randrange(40))), EVERYTHING)


def test_lists_of_other_things_have_cursors_of_their_own() -> None:
    cursor = encode_cursor("periods", 7)
    assert decode_cursor(cursor, "periods") == 7
    for other in ("ledger", OF_THE_MINER, EVERYTHING):
        with pytest.raises(RpcError):
            decode_cursor(cursor, other)


def test_page_that_is_full_has_a_next_one() -> None:
    cursor = next_cursor("periods", [9, 8, 7], limit=3)
    assert first_below(cursor, "periods") == 7
    assert next_cursor("periods", [9, 8], limit=3) is None
    assert next_cursor("periods", [], limit=1) is None
    assert first_below(None, "periods") == ROW_MAX
