import pytest

from chain import codec
from chain.errors import MalformedMessage
from chain.primitives import TRANSACTION_BYTES_MAX
from node.api_frames import API_ORDERS, API_REPORTS, ApiKind
from node.api_questions import ANSWER_BYTES_MAX, Answer, Question, Topic
from p2p.frames import Frame, FrameDecoder, pack, unpack


@pytest.mark.parametrize("topic", Topic)
def test_question_comes_back_from_its_frame(topic: Topic) -> None:
    question = Question(2**32 - 1, topic, bytes(TRANSACTION_BYTES_MAX))
    (frame,) = FrameDecoder().feed(pack(question))
    assert unpack(frame, API_REPORTS) == question


def test_answer_comes_back_from_its_frame() -> None:
    answer = Answer(0, bytes(ANSWER_BYTES_MAX))
    (frame,) = FrameDecoder().feed(pack(answer))
    assert unpack(frame, API_ORDERS) == answer


@pytest.mark.parametrize(
    "body",
    [
        b"",
        codec.u32(1) + codec.text8("weather") + codec.bytes32(b""),
        codec.u32(1) + codec.text8("mempool") + codec.bytes32(bytes(TRANSACTION_BYTES_MAX + 1)),
        Question(1, Topic.MEMPOOL).encode() + b"x",
    ],
)
def test_what_is_no_question_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        unpack(Frame(ApiKind.QUESTION, body), API_REPORTS)


def test_answer_above_its_bound_is_refused() -> None:
    with pytest.raises(MalformedMessage):
        Answer.decode(Answer(1, bytes(ANSWER_BYTES_MAX + 1)).encode())
