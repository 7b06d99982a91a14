from chain.exchange import Topic
from chain.primitives import Hash
from p2p.topics import TOPIC_BYTES_MAX, topic_name, topic_names

GENESIS = Hash(bytes.fromhex("0123abcd") + bytes(28))


def test_name_holds_the_start_of_the_genesis_hash() -> None:
    assert topic_name(GENESIS, Topic.TX) == "/aitbc/0123abcd/tx/1"
    assert list(topic_names(GENESIS)) == [
        "/aitbc/0123abcd/tx/1",
        "/aitbc/0123abcd/receipt/1",
        "/aitbc/0123abcd/block/1",
    ]


def test_another_chain_shares_no_topic() -> None:
    assert not topic_names(GENESIS).keys() & topic_names(Hash(bytes(32))).keys()


def test_every_topic_has_a_limit() -> None:
    assert TOPIC_BYTES_MAX.keys() == set(Topic)
