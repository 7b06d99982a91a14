"""Who acts in the market: a key, a node to speak to, and a folder of its own.

On a devnet the key and the node are those of ``devnet.json``, and all share one folder of cards,
so that a miner is found as soon as it serves.
"""

from dataclasses import dataclass
from pathlib import Path

from chain.address import format_address
from chain.crypto import SecretKey
from chain.errors import ConfigError
from node.devnet import Devnet
from node.market.account import Account
from node.market.journal import Journal
from node.market.node_view import NodeView

CARDS = "cards"


@dataclass(frozen=True, slots=True)
class Party:
    """A miner or a client.

    Attributes:
        key: signs for its account.
        url: of the node's JSON-RPC.
        home: its folder: journal, network identity, and what else it keeps.
        cards: folder of the cards of miners that it can reach.
        genesis: the genesis document that it trusts, or None.
    """

    key: SecretKey
    url: str
    home: Path
    cards: Path
    genesis: Path | None = None

    @property
    def journal(self) -> Path:
        """What it is about to do."""
        return self.home / "journal.db"

    @property
    def node_key(self) -> Path:
        """A miner's network identity; never its account's key."""
        return self.home / "node_key"

    @property
    def card(self) -> Path:
        """A miner's own card."""
        return self.home / f"{format_address(self.key.address)}.card.json"

    def open_account(self) -> Account:
        """Open the journal and ask the node for its chain.

        Raises:
            ConfigError: the journal cannot be written.
            PeerError: the node does not answer.
            StoreError: the journal is none of ours.
        """
        return Account(self.key, NodeView(self.url), Journal.open(self.journal))


def party_of_devnet(root: Path, name: str) -> Party:
    """Return one of a devnet's accounts.

    Raises:
        ConfigError: there is no devnet, or it has no such account.
    """
    devnet = Devnet(root)
    document = devnet.read()
    for account in document["accounts"]:
        if account["name"] == name:
            key = SecretKey(bytes.fromhex(account["private_key"]))
            home = devnet.root / "market" / name
            return Party(
                key,
                devnet.nodes()[0].rpc,
                home,
                devnet.root / "market" / CARDS,
                devnet.root / "genesis.json",
            )
    names = ", ".join(str(account["name"]) for account in document["accounts"])
    raise ConfigError(detail=f"the devnet has no account {name!a}; it has {names}")


def party_of_key(key: SecretKey, *, url: str, home: Path | None = None) -> Party:
    """Return the owner of a key, in a folder of its own.

    Args:
        key: its own account's.
        url: of a node's JSON-RPC.
        home: the folder, unless it is the usual one of this account.
    """
    folder = home or Path.home() / ".aitbc" / "market" / format_address(key.address)
    return Party(key, url, folder, folder / CARDS)
