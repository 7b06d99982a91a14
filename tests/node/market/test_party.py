from pathlib import Path

import pytest

from chain.address import format_address
from chain.errors import ConfigError, PeerError
from genesis.make import development_key
from node.devnet import Devnet
from node.market.party import party_of_devnet, party_of_key
from tests.support.builders import key_of


def test_account_of_a_devnet_acts_with_its_key_and_shares_the_cards(tmp_path: Path) -> None:
    net = Devnet(tmp_path / "net")
    net.make(validators=1)
    miner, client = (party_of_devnet(net.root, name) for name in ("miner-0", "client-0"))
    assert miner.key.address == development_key("miner-0").address
    assert miner.url == net.nodes()[0].rpc
    assert miner.cards == client.cards
    assert miner.journal != client.journal
    assert miner.card.name.endswith(".card.json")
    assert miner.node_key.parent == miner.home
    with pytest.raises(ConfigError, match="it has client-0"):
        party_of_devnet(net.root, "nobody")
    with pytest.raises(ConfigError, match="holds no devnet"):
        party_of_devnet(tmp_path / "none", "miner-0")


def test_owner_of_a_key_acts_in_a_folder_of_its_own(tmp_path: Path) -> None:
    party = party_of_key(key_of("miner"), url="http://127.0.0.1:1", home=tmp_path / "home")
    assert party.cards == tmp_path / "home" / "cards"
    with pytest.raises(PeerError):
        party.open_account()
    usual = party_of_key(key_of("miner"), url="http://127.0.0.1:1")
    assert usual.home.name == format_address(key_of("miner").address)
