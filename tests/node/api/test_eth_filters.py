import pytest

from node.api.callers import Caller
from node.api.eth_filters import (
    EXPIRY_MS,
    FILTERS_MAX,
    FILTERS_OF_ONE_MAX,
    EthFilters,
    Followed,
)
from node.api.problems import RpcError

FAR, OTHER, HERE = (
    Caller(network, is_local=is_local)
    for network, is_local in ((b"\x01" * 4, False), (b"\x02" * 4, False), (b"\x7f\0\0\x01", True))
)


class Clock:
    now_ms = 0

    def __call__(self) -> int:
        return self.now_ms


def test_filter_is_found_by_its_id_and_removed_once() -> None:
    filters = EthFilters()
    one, other = (filters.make(FAR, Followed.BLOCKS, height) for height in (5, 6))
    assert filters.find(one).next_height == 5
    assert filters.find(other).next_height == 6
    assert filters.remove(one)
    assert not filters.remove(one)
    with pytest.raises(RpcError) as caught:
        filters.find(one)
    assert caught.value.reason == "filter_not_found"


def test_ids_cannot_be_guessed_and_fit_sixteen_digits() -> None:
    filters = EthFilters()
    ids = {int(filters.make(FAR, Followed.BLOCKS, 0), 16) for _ in range(FILTERS_OF_ONE_MAX)}
    assert len(ids) == FILTERS_OF_ONE_MAX
    assert all(2**62 <= one < 2**63 for one in ids)


def test_filter_that_nobody_asks_is_forgotten() -> None:
    clock = Clock()
    filters = EthFilters(clock)
    asked, unasked = (filters.make(FAR, Followed.BLOCKS, 0) for _ in range(2))
    clock.now_ms = EXPIRY_MS
    filters.find(asked)
    clock.now_ms += 1
    assert filters.find(asked)
    with pytest.raises(RpcError):
        filters.find(unasked)
    assert len(filters) == 1


def test_one_network_has_a_few_and_keeps_none_from_others() -> None:
    clock = Clock()
    filters = EthFilters(clock)
    for _ in range(FILTERS_OF_ONE_MAX):
        filters.make(FAR, Followed.BLOCKS, 0)
    with pytest.raises(RpcError) as caught:
        filters.make(FAR, Followed.BLOCKS, 0)
    assert caught.value.reason == "too_many_filters"
    assert caught.value.data["limit"] == FILTERS_OF_ONE_MAX
    assert filters.make(OTHER, Followed.BLOCKS, 0)
    clock.now_ms = EXPIRY_MS + 1
    assert filters.make(FAR, Followed.BLOCKS, 0)


def test_this_machine_has_as_many_as_there_may_be() -> None:
    filters = EthFilters()
    for _ in range(FILTERS_MAX):
        filters.make(HERE, Followed.BLOCKS, 0)
    with pytest.raises(RpcError):
        filters.make(HERE, Followed.BLOCKS, 0)
    with pytest.raises(RpcError):
        filters.make(FAR, Followed.BLOCKS, 0)
    assert len(filters) == FILTERS_MAX
