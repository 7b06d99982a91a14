import pytest

from chain.errors import MalformedMessage
from p2p.frames import KIND_API_MIN, Frame, FrameDecoder, FrameKind, pack, unpack
from p2p.reports import REPORTS, Ready, Report
from tests.support.network_frames import EVERY_REPORT


@pytest.mark.parametrize("report", EVERY_REPORT, ids=lambda report: type(report).__name__)
def test_report_comes_back_from_its_frame(report: Report) -> None:
    (frame,) = FrameDecoder().feed(pack(report))
    assert unpack(frame, REPORTS) == report


@pytest.mark.parametrize("report", EVERY_REPORT, ids=lambda report: type(report).__name__)
def test_body_with_a_byte_more_or_less_is_refused(report: Report) -> None:
    body = report.encode()
    for wrong in (body + b"\0", body[:-1] if body else b"\1"):
        with pytest.raises(MalformedMessage):
            unpack(Frame(report.KIND, wrong), REPORTS)


def test_every_report_has_an_example() -> None:
    kinds = [kind for kind in FrameKind if 32 <= kind < KIND_API_MIN]
    assert sorted(report.KIND for report in EVERY_REPORT) == kinds == sorted(REPORTS)


def test_ready_refuses_a_flood_of_addresses() -> None:
    with pytest.raises(MalformedMessage):
        Ready.decode(Ready(("/ip4/127.0.0.1/tcp/1",) * 65, "peer").encode())
