import random

import pytest

from chain.store.pages import ROW_MAX
from chain.store.views import ReceiptFilter
from node.api.cursors import decode_cursor, encode_cursor
from node.api.problems import RpcCode, RpcError
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
