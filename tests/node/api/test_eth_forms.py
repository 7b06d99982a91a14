from typing import Any

import pytest

from node.api import eth_forms
from node.api.problems import RpcError
from node.api.requests import read_params

HASH = "0x" + "ab" * 32


@pytest.mark.parametrize("block", ["latest", "safe", "earliest", "0x0", "0x1a", HASH, 7])
def test_block_goes_by_number_name_or_hash(block: str | int) -> None:
    assert read_params(eth_forms.AnyBlockParams, [block]).block == block


@pytest.mark.parametrize(
    ("given", "meant"),
    [({"blockNumber": "0x5"}, "0x5"), ({"blockHash": HASH, "requireCanonical": True}, HASH)],
)
def test_block_may_come_in_an_object(given: dict[str, Any], meant: str) -> None:
    assert read_params(eth_forms.AnyBlockParams, [given]).block == meant


@pytest.mark.parametrize(
    "block",
    ["", "0x", "1", "newest", "0x" + "1" * 17, -1, True, None, {}, {"blockNumber": {}}, [], 1.5],
)
def test_other_blocks_are_refused(block: object) -> None:
    with pytest.raises(RpcError):
        read_params(eth_forms.AnyBlockParams, [block])


def test_filter_reads_one_address_or_several() -> None:
    one, other = "0x" + "01" * 20, "0x" + "02" * 20
    for given, count in ((one, 1), ([one], 1), ([one, other], 2)):
        wanted = read_params(eth_forms.FilterParams, [{"address": given}]).filter
        assert len(wanted.addresses() or ()) == count
    for nothing in ({}, {"address": []}, {"address": None}):
        assert read_params(eth_forms.FilterParams, [nothing]).filter.addresses() is None


def test_filter_reads_topics_by_place() -> None:
    topics = [HASH, None, [HASH, "0x" + "cd" * 32], []]
    wanted = read_params(eth_forms.FilterParams, [{"topics": topics}]).filter.wanted_topics()
    assert [one and len(one) for one in wanted] == [1, None, 2, None]


@pytest.mark.parametrize(
    "wanted",
    [
        {"topics": [HASH] * 5},
        {"topics": ["0x12"]},
        {"topics": [[HASH] * 1_001]},
        {"address": ["0x12"]},
        {"address": ["0x" + "01" * 20] * 1_001},
        {"fromBlock": HASH},
        {"blockHash": "0x1"},
        {"other": 1},
        None,
        [],
    ],
)
def test_other_filters_are_refused(wanted: object) -> None:
    with pytest.raises(RpcError):
        read_params(eth_forms.FilterParams, [wanted])


def test_anything_goes_where_nothing_is_done() -> None:
    assert read_params(eth_forms.Anything, [{"to": 5}, "latest", {}])
