import pytest

from chain.exchange import ProtocolId, Topic
from p2p.topics import TOPIC_BYTES_MAX
from p2p.verdicts import SizeChecks, Verdict


@pytest.mark.parametrize("topic", Topic)
def test_size_decides_by_default(topic: Topic) -> None:
    limit = TOPIC_BYTES_MAX[topic]
    checks = SizeChecks()
    assert checks.check_gossip(topic, b"") is Verdict.REJECT
    assert checks.check_gossip(topic, bytes(1)) is Verdict.ACCEPT
    assert checks.check_gossip(topic, bytes(limit)) is Verdict.ACCEPT
    assert checks.check_gossip(topic, bytes(limit + 1)) is Verdict.REJECT


def test_questions_are_left_to_the_core_by_default() -> None:
    checks = SizeChecks()
    assert checks.serve(ProtocolId.SYNC, "peer", b"from 1") is None
    assert checks.check_response(ProtocolId.SYNC, b"blocks") is Verdict.ACCEPT
