"""The transactions of one key: their place, and the order among keys."""

import pytest

from chain.errors import MempoolFull, ReplacementFeeTooLow, WrongNonce
from chain.nonce_queue import NONCE_GAP_MAX, PER_KEY_MAX, NonceQueue, in_order
from tests.support.builders import a_transfer
from tests.support.chain import Chain


def a_queue(*fees: int, by: str = "client", first: int = 0) -> NonceQueue:
    chain, queue = Chain(), NonceQueue()
    for nonce, fee in enumerate(fees, start=first):
        queue.by_nonce[nonce] = chain.verify(a_transfer(by=by, nonce=nonce, fee=fee))
    return queue


def test_place_is_from_the_next_nonce_to_a_little_after_the_first_gap() -> None:
    queue = a_queue(1, 1, first=5)
    for nonce in (7, 7 + NONCE_GAP_MAX):
        queue.check_place(a_transfer(nonce=nonce), first=5)
    for nonce in (4, 8 + NONCE_GAP_MAX):
        with pytest.raises(WrongNonce):
            queue.check_place(a_transfer(nonce=nonce), first=5)


def test_replacement_pays_a_tenth_more() -> None:
    queue = a_queue(100)
    with pytest.raises(ReplacementFeeTooLow):
        queue.check_place(a_transfer(fee=109), first=0)
    queue.check_place(a_transfer(fee=110), first=0)
    with pytest.raises(ReplacementFeeTooLow):
        a_queue(0).check_place(a_transfer(fee=0), first=0)


def test_key_has_a_limit() -> None:
    queue = a_queue(*[1] * PER_KEY_MAX)
    with pytest.raises(MempoolFull):
        queue.check_place(a_transfer(nonce=PER_KEY_MAX), first=0)


def test_best_fee_comes_first_and_each_keys_nonces_in_order() -> None:
    queues = {b"a": a_queue(50, 900, first=3), b"b": a_queue(400, 60, by="miner")}
    fees = [one.transaction.fee for one in in_order(queues, {b"a": 3, b"b": 0}.__getitem__)]
    assert fees == [400, 60, 50, 900]


def test_what_waits_behind_a_gap_is_not_offered() -> None:
    assert not list(in_order({b"a": a_queue(9, first=1)}, lambda _: 0))
