import pytest

from chain.errors import PeerError
from node.cli.asking import ask, understanding
from node.rpc_client import NodeUnreachable
from tests.support.answers import node_that_says


def test_result_comes_back() -> None:
    with node_that_says({"height": 3}) as url:
        assert ask(url, "ait_status") == {"height": 3}


def test_nobody_there_is_said() -> None:
    with pytest.raises(NodeUnreachable):
        ask("http://127.0.0.1:1", "ait_status")


@pytest.mark.parametrize("answer", [{}, [], None, 3, "x", {"items": None}, {"items": ["x"]}])
def test_answer_of_another_form_is_the_nodes_fault(answer: object) -> None:
    with pytest.raises(PeerError, match="does not answer as a node"), understanding("http://a"):
        int(answer["items"][0]["height"])  # type: ignore[index]
