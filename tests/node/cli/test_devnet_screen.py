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
    """Return what the screen answers to the keys, above the line that names them."""
    *_, last, _, keys = map(str, screen.draw().renderables)
    assert keys.startswith("k kill   s start   p cut off   h heal")
    return "" if last.startswith("HALTED") else last


@pytest.mark.parametrize("key", ["q", "Q", "\x03", "\x04"])
def test_screen_ends_by_a_key(screen: Screen, key: str) -> None:
    assert screen.press("")
    assert not screen.press(key)


def test_key_asks_which_validator(screen: Screen) -> None:
    assert said(screen) == ""
    screen.press("k")
    assert said(screen) == "k: kill which validator?"
    screen.press("0")
    assert said(screen) == "validator-0 does not run"
    screen.press("")
    assert said(screen) == "validator-0 does not run"
    screen.press("x")
    assert said(screen) == ""


def test_validator_that_is_not_there_is_said(screen: Screen) -> None:
    screen.press("s")
    screen.press("7")
    assert said(screen) == "there is no validator 7; there are 0 to 1"


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        ("p0", "no validator runs; start them with: aitbc devnet up"),
        ("pp", "no validator runs; start them with: aitbc devnet up"),
        ("p2", "there is no validator 2; there are 0 to 1"),
        ("h", "no validator runs; start them with: aitbc devnet up"),
        ("f4", "there is no account 4; there are 0 to 3"),
        ("o7", "there is no validator 7; there are 0 to 1"),
        ("k\u0663", ""),
        ("7", ""),
        ("kh", "no validator runs; start them with: aitbc devnet up"),
    ],
)
def test_what_a_key_cannot_do_is_said(screen: Screen, keys: str, answer: str) -> None:
    for key in keys:
        assert screen.press(key)
    assert said(screen) == answer


def test_faucet_names_the_accounts(screen: Screen) -> None:
    screen.press("f")
    assert said(screen).endswith("0 client-0  1 client-1  2 miner-0  3 miner-1")


def test_explorer_of_a_validator_is_where_it_answers(screen: Screen, tmp_path: Path) -> None:
    for key in "o1":
        screen.press(key)
    assert said(screen) == f"{Devnet(tmp_path / 'net').nodes()[1].rpc}/"


def test_who_only_watches_is_told_of_no_keys(tmp_path: Path, screen: Screen) -> None:
    watching = Screen(Devnet(tmp_path / "net"), help_line="Ctrl-C quit")
    *_, foot = map(str, watching.draw().renderables)
    assert foot.strip() == "Ctrl-C quit"
    assert said(screen) == ""
