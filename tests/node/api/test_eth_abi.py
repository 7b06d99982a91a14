import json
from pathlib import Path

import pytest

from chain.crypto import keccak256
from node.api import eth_abi

DOCUMENT = json.loads(Path(eth_abi.__file__).with_name("eth_abi.json").read_bytes())


def test_transfer_is_the_event_that_every_tool_knows() -> None:
    assert eth_abi.EVENTS["Transfer"].hash.hex() == (
        "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    )


def test_topics_are_the_indexed_values_and_data_the_others() -> None:
    event = eth_abi.EVENTS["ReceiptSettled"]
    signature = b"ReceiptSettled(bytes32,address,address,uint256,uint256,uint256)"
    assert event.hash == keccak256(signature)
    topics = event.topics(b"\x01" * 32, b"\x02" * 20, b"\x03" * 20)
    assert topics == [event.hash, b"\x01" * 32, b"\x02".rjust(13, b"\0") + b"\x02" * 19, topics[3]]
    assert event.data([1, 2, 3]) == b"".join(one.to_bytes(32, "big") for one in (1, 2, 3))


def test_calls_begin_with_their_selector() -> None:
    call = eth_abi.FUNCTIONS["release"].call(b"\x05" * 32)
    assert call == keccak256(b"release(bytes32)")[:4] + b"\x05" * 32


@pytest.mark.parametrize("entry", DOCUMENT["abi"], ids=lambda entry: entry["name"])
def test_entry_can_be_told_apart(entry: dict[str, object]) -> None:
    inputs = entry["inputs"]
    assert isinstance(inputs, list)
    assert sum(bool(one.get("indexed")) for one in inputs) <= 3
    known = {**eth_abi.EVENTS, **eth_abi.FUNCTIONS}
    assert len({one.hash for one in known.values()}) == len(known) == len(DOCUMENT["abi"])
