import json
from pathlib import Path

import pytest

from chain.errors import ConfigError
from chain.primitives import Hash
from node.market.card import keep_cards, make_card, put_card, read_card, read_cards
from tests.support.builders import GENESIS_HASH, key_of

PLACE = "/ip4/127.0.0.1/tcp/26700/p2p/12D3KooWAtYm5r16NLzAiTomyaNDQbNWGh1TQXtemo9BvRqYUGA9"
CARD = make_card(key_of("miner"), [PLACE], genesis_hash=GENESIS_HASH)


def written(folder: Path, **changes: object) -> Path:
    """Write the card with some fields changed."""
    path = folder / "miner.card.json"
    path.write_text(json.dumps(json.loads(CARD.encode()) | changes))
    return path


def test_card_reads_back_and_names_its_miner(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert read_card(path, genesis_hash=GENESIS_HASH) == CARD
    assert CARD.provider == key_of("miner").address
    assert read_cards(tmp_path, genesis_hash=GENESIS_HASH) == {CARD.provider: CARD}
    assert read_cards(tmp_path / "none", genesis_hash=GENESIS_HASH) == {}


def test_card_that_is_given_once_is_known_from_then_on(tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    known = {CARD.provider: CARD}
    assert keep_cards(folder, [written(tmp_path)], genesis_hash=GENESIS_HASH) == known
    assert keep_cards(folder, [], genesis_hash=GENESIS_HASH) == known
    moved = make_card(key_of("miner"), [PLACE] * 2, genesis_hash=GENESIS_HASH)
    put_card(folder, moved)
    assert read_cards(folder, genesis_hash=GENESIS_HASH) == {CARD.provider: moved}
    with pytest.raises(ConfigError, match="cannot write"):
        put_card(written(tmp_path), CARD)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"addresses": [PLACE.replace("26700", "26701")]}, "not signed"),
        ({"public_key": key_of("stranger").public_key.hex()}, "not its key's"),
        ({"provider": "ait1other"}, "not its key's"),
        ({"signature": "00" * 64}, "not signed"),
        ({"addresses": []}, "addresses"),
        ({"addresses": ["here"]}, "must be an address"),
        ({"addresses": [PLACE] * 9}, "addresses"),
        ({"note": "x"}, "no document has"),
        ({"form": "other"}, "form"),
    ],
)
def test_changed_card_is_refused(changes: dict[str, object], said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        read_card(written(tmp_path, **changes), genesis_hash=GENESIS_HASH)


def test_card_of_another_chain_and_what_is_no_card_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    with pytest.raises(ConfigError, match="another chain"):
        read_card(path, genesis_hash=Hash(bytes(32)))
    path.write_bytes(b"x" * 20_000)
    with pytest.raises(ConfigError, match="more than"):
        read_card(path, genesis_hash=GENESIS_HASH)
    with pytest.raises(ConfigError, match="cannot read"):
        read_card(tmp_path / "none", genesis_hash=GENESIS_HASH)
