from collections.abc import Callable

import pytest

from chain.errors import PeerError
from chain.primitives import Hash
from node.market import correspondence as module
from node.market.card import make_card
from node.market.correspondence import Correspondence
from node.market.messages import Ask, Reason, decode_request
from node.market.replies import Done, Objection, Offered, Refused, Reply, decode_verdict
from tests.node.market.test_card import PLACE
from tests.node.market.test_messages import a_request
from tests.node.market.test_replies import DONE
from tests.support.builders import GENESIS_HASH, key_of

OTHER = PLACE.replace("26700", "26701")
CARD = make_card(key_of("miner"), [PLACE, OTHER], genesis_hash=GENESIS_HASH)
MINER = Correspondence(CARD, key_of("client"))


class Wire:
    """Answers at some addresses, and keeps what passes."""

    def __init__(self, answers: dict[str, bytes]) -> None:
        self.answers = answers
        self.requests: list[bytes] = []
        self.verdicts: list[bytes] = []

    def ask(
        self,
        address: str,
        genesis_hash: Hash,
        request: bytes,
        judge: Callable[[bytes], bytes],
        *,
        timeout_s: float,
    ) -> None:
        assert genesis_hash == GENESIS_HASH
        assert timeout_s > 0
        self.requests.append(request)
        if address not in self.answers:
            raise PeerError(detail="nobody there")
        self.verdicts.append(judge(self.answers[address]))


def wire(monkeypatch: pytest.MonkeyPatch, reply: Reply | bytes, at: str = PLACE) -> Wire:
    found = Wire({at: reply if isinstance(reply, bytes) else reply.encode()})
    monkeypatch.setattr(module, "ask_miner", found.ask)
    return found


def test_enquiry_is_signed_and_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = wire(monkeypatch, Offered(5, 1_000))
    assert MINER.enquire("llama3.2", "gpu_seconds") == Offered(5, 1_000)
    request = decode_request(passed.requests[0])
    request.check(GENESIS_HASH)
    assert (request.ask, request.input, passed.verdicts) == (Ask.ENQUIRE, b"", [b""])


def test_answer_is_judged_and_the_verdict_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = wire(monkeypatch, DONE)
    judged: list[Done] = []

    def judge(done: Done) -> Objection:
        judged.append(done)
        return Objection.OUTPUT

    assert MINER.ask(a_request(), judge, timeout_ms=1_000) is None
    assert judged == [DONE]
    assert decode_verdict(passed.verdicts[0]) is Objection.OUTPUT


def test_refusal_is_returned_and_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    wire(monkeypatch, Refused(Reason.BUSY))
    assert MINER.ask(a_request(), pytest.fail, timeout_ms=1_000) == Refused(Reason.BUSY)


def test_second_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = wire(monkeypatch, Offered(5, 1_000), at=OTHER)
    assert MINER.enquire("llama3.2", "gpu_seconds") == Offered(5, 1_000)
    assert len(passed.requests) == 2


def test_nobody_at_any_address_is_a_peer_error(monkeypatch: pytest.MonkeyPatch) -> None:
    wire(monkeypatch, b"", at="elsewhere")
    with pytest.raises(PeerError, match="nobody there; nobody there"):
        MINER.enquire("llama3.2", "gpu_seconds")


@pytest.mark.parametrize("answer", [b"", b"nonsense", Offered(5, 1).encode()])
def test_answer_to_something_else_is_a_peer_error(
    answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire(monkeypatch, answer)
    with pytest.raises(PeerError):
        MINER.ask(a_request(), pytest.fail, timeout_ms=1_000)


def test_work_as_the_answer_to_an_enquiry_is_a_peer_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wire(monkeypatch, DONE)
    with pytest.raises(PeerError, match="something else"):
        MINER.enquire("llama3.2", "gpu_seconds")
