import random

import pytest

from chain.errors import InsufficientBalance, MalformedMessage
from chain.primitives import TRANSACTION_BYTES_MAX, Hash, Height
from node.api_frames import (
    API_ORDERS,
    API_REPORTS,
    ApiKind,
    ApiOrder,
    ApiReady,
    ApiReport,
    NodeStatus,
    Notice,
    Submit,
    SubmitResult,
)
from node.api_questions import Answer, Question, Topic
from p2p.beat import Beat
from p2p.frames import KIND_API_MIN, Frame, FrameDecoder, FrameKind, pack, unpack

A_HASH = Hash(bytes(range(32)))
TOO_POOR = InsufficientBalance(needed=6, available=5)
BEAT = Beat(rss_bytes=90_000_000, peers=3, shed=0)

EVERY_REPORT: tuple[ApiReport, ...] = (
    ApiReady("http://127.0.0.1:8545"),
    Submit(7, b"transaction"),
    Submit(2**32 - 1, b"claim", (b"document",)),
    Submit(8, b"batch", (b"first", b"second")),
    Question(9, Topic.MEMPOOL, b"limit"),
    BEAT,
)
EVERY_ORDER: tuple[ApiOrder, ...] = (
    SubmitResult(7, A_HASH),
    SubmitResult.refused(7, TOO_POOR, A_HASH),
    Notice(Height(9), A_HASH),
    NodeStatus(
        peers=3,
        mempool=12,
        round=0,
        catching_up=False,
        best=9,
        blocks_per_s=None,
        remaining_s=None,
        validator=True,
        name="node-1",
        version="0.1.0",
    ),
    Answer(9, b'{"count":0}'),
    BEAT,
)


@pytest.mark.parametrize("report", EVERY_REPORT, ids=lambda one: type(one).__name__)
def test_report_comes_back_from_its_frame(report: ApiReport) -> None:
    (frame,) = FrameDecoder().feed(pack(report))
    assert unpack(frame, API_REPORTS) == report


@pytest.mark.parametrize("order", EVERY_ORDER, ids=lambda one: type(one).__name__)
def test_order_comes_back_from_its_frame(order: ApiOrder) -> None:
    (frame,) = FrameDecoder().feed(pack(order))
    assert unpack(frame, API_ORDERS) == order


@pytest.mark.parametrize(
    "message", [*EVERY_REPORT, *EVERY_ORDER], ids=lambda one: type(one).__name__
)
def test_body_with_a_byte_more_or_less_is_refused(message: ApiReport | ApiOrder) -> None:
    registry = {**API_REPORTS, **API_ORDERS}
    for wrong in (message.encode() + b"\0", message.encode()[:-1]):
        with pytest.raises(MalformedMessage):
            unpack(Frame(message.KIND, wrong), registry)


def test_every_kind_has_an_example_and_meets_none_of_the_network_edge() -> None:
    kinds = {kind for kind in (*API_REPORTS, *API_ORDERS) if kind != FrameKind.BEAT}
    assert kinds == set(ApiKind)
    assert min(kinds) >= KIND_API_MIN
    assert {one.KIND for one in (*EVERY_REPORT, *EVERY_ORDER)} == kinds | {FrameKind.BEAT}


def test_refusal_carries_code_sentence_and_fields() -> None:
    result = SubmitResult.refused(1, TOO_POOR)
    assert result.code == "insufficient_balance"
    assert "needs 6 base units" in result.sentence
    assert result.fields == {"needed": 6, "available": 5}


def test_transaction_above_its_limit_is_refused() -> None:
    body = Submit(1, bytes(TRANSACTION_BYTES_MAX + 1)).encode()
    with pytest.raises(MalformedMessage):
        Submit.decode(body)


def test_status_is_json_that_people_can_read() -> None:
    status = EVERY_ORDER[3]
    assert b'"catchingUp":false' in status.encode()


@pytest.mark.parametrize("kind", sorted(ApiKind))
def test_random_bodies_are_read_or_refused(kind: int) -> None:
    registry = {**API_REPORTS, **API_ORDERS}
    dice = random.Random(kind)
    for _ in range(500):
        frame = Frame(kind, dice.randbytes(dice.randrange(120)))
        try:
            unpack(frame, registry)
        except MalformedMessage:
            continue
