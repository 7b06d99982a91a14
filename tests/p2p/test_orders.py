import pytest

from chain.errors import MalformedMessage
from p2p.frames import Frame, FrameDecoder, FrameKind, pack, unpack
from p2p.orders import ORDERS, Cut, Order
from p2p.protocols import CUT_PEERS_MAX
from tests.support.network_frames import EVERY_ORDER


@pytest.mark.parametrize("order", EVERY_ORDER, ids=lambda order: type(order).__name__)
def test_order_comes_back_from_its_frame(order: Order) -> None:
    (frame,) = FrameDecoder().feed(pack(order))
    assert unpack(frame, ORDERS) == order


@pytest.mark.parametrize("order", EVERY_ORDER, ids=lambda order: type(order).__name__)
def test_body_with_a_byte_more_or_less_is_refused(order: Order) -> None:
    body = order.encode()
    for wrong in (body + b"\0", body[:-1] if body else b"\1"):
        with pytest.raises(MalformedMessage):
            unpack(Frame(order.KIND, wrong), ORDERS)


def test_too_many_peers_to_be_cut_off_from_are_refused() -> None:
    many = Cut(("peer",) * (CUT_PEERS_MAX + 1)).encode()
    with pytest.raises(MalformedMessage, match="64 at most"):
        Cut.decode(many)


def test_every_order_has_an_example() -> None:
    kinds = [kind for kind in FrameKind if kind < 32]
    assert sorted(order.KIND for order in EVERY_ORDER) == kinds == sorted(ORDERS)
