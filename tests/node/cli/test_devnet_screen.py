from pathlib import Path

import pytest

from node.cli.devnet_screen import Screen
from node.devnet import Devnet


@pytest.fixture
def screen(tmp_path: Path) -> Screen:
    """Return the screen of a devnet of two that do not run."""
    net = Devnet(tmp_path / "net")
    net.make(validators=2)
    return Screen(net)


def said(screen: Screen) -> str:
    *_, line = screen.draw().renderables
    return str(line)


@pytest.mark.parametrize("key", ["q", "Q", "\x03", "\x04"])
def test_screen_ends_by_a_key(screen: Screen, key: str) -> None:
    assert screen.press("")
    assert not screen.press(key)


def test_key_asks_which_validator(screen: Screen) -> None:
    assert said(screen).startswith("k NUMBER kill")
    screen.press("k")
    assert said(screen) == "k: which validator?"
    screen.press("0")
    assert said(screen) == "validator-0 does not run"
    screen.press("x")
    assert said(screen).startswith("k NUMBER kill")


def test_validator_that_is_not_there_is_said(screen: Screen) -> None:
    screen.press("s")
    screen.press("7")
    assert said(screen) == "there is no validator 7; there are 0 to 1"
