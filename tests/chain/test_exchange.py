"""The numbers of what peers exchange are on the wire between processes: they never change."""

from chain.exchange import ProtocolId, Topic


def test_numbers_stay() -> None:
    assert {one.name: one.value for one in ProtocolId} == {"SYNC": 1, "FETCH": 2}
    assert {one.name: one.value for one in Topic} == {"TX": 1, "RECEIPT": 2, "BLOCK": 3}
