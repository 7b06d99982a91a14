from pathlib import Path

import pytest

from chain.errors import ConfigError
from node.devnet import Devnet
from node.devnet_partition import Part, heal, parts_of, peer_of, separate


@pytest.mark.parametrize(
    ("groups", "parts"),
    [
        ([(3,)], ((3,), (0, 1, 2))),
        ([(0, 1), (2, 3)], ((0, 1), (2, 3))),
        ([(1, 0)], ((0, 1), (2, 3))),
        ([(0,), (1,), (2,)], ((0,), (1,), (2,), (3,))),
    ],
)
def test_who_is_in_no_group_is_one_part_more(groups: list[Part], parts: tuple[Part, ...]) -> None:
    assert parts_of(groups, count=4) == parts


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        ([(0, 4)], "there is no validator 4; there are 0 to 3"),
        ([(0, 1), (1, 2)], "validator 1 is named twice"),
        ([(2, 2)], "validator 2 is named twice"),
        ([(0, 1, 2, 3)], "one part of all validators"),
    ],
)
def test_what_cuts_nothing_is_said(groups: list[Part], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        parts_of(groups, count=4)


def test_only_validator_cannot_be_cut_off() -> None:
    with pytest.raises(ConfigError, match="one part of all validators"):
        parts_of([(0,)], count=1)


def test_devnet_that_does_not_run_is_neither_cut_nor_healed(tmp_path: Path) -> None:
    net = Devnet(tmp_path / "net")
    net.make(validators=2)
    for act in (lambda: separate(net, ((0,), (1,))), lambda: heal(net)):
        with pytest.raises(ConfigError, match="no validator runs; start them with"):
            act()


def test_peer_of_a_node_is_in_its_address(tmp_path: Path) -> None:
    net = Devnet(tmp_path / "net")
    net.make(validators=1)
    (node,) = net.nodes()
    assert node.p2p.endswith(f"/p2p/{peer_of(node)}")
