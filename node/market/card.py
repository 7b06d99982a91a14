"""A miner's card: where its clients reach it, signed by the miner's account.

An offer on the chain says what a miner sells and to which account it is paid, never where it is.
The miner hands its card to whom it likes, by whatever way; a client that holds it knows which peer
to trust with a prompt. No node, no gossip and no public surface ever sees one.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from chain.address import format_address
from chain.codec import bytes32, sequence
from chain.crypto import SecretKey, SigningKind, address_of, check_signature, signing_bytes
from chain.errors import ConfigError, InvalidSignature
from chain.primitives import SIGNATURE_BYTES, Address, Hash, PublicKey, Signature
from chain.store.durable_file import write_file
from genesis.closed_json import fill_form, parse_object, read_file
from node.documents import CARD_BYTES_MAX, CARD_FORM, WORDS, CardForm

SUFFIX = ".card.json"
CARDS_MAX = 1_024
"""Cards read from one folder."""


@dataclass(frozen=True, slots=True)
class MinerCard:
    """Where a miner is reached.

    Attributes:
        genesis_hash: of its chain.
        public_key: of the miner's account, 32 bytes.
        addresses: multiaddresses, each ending in the miner's peer id.
        signature: 64 bytes, kind ``miner card``, over the rest.
    """

    genesis_hash: Hash
    public_key: PublicKey
    addresses: tuple[str, ...]
    signature: Signature

    @property
    def provider(self) -> Address:
        """The miner's account."""
        return address_of(self.public_key)

    @property
    def signing_bytes(self) -> bytes:
        """What the miner signs."""
        places = sequence(one.encode() for one in self.addresses)
        body = self.public_key + bytes32(places)
        return signing_bytes(SigningKind.MINER_CARD, self.genesis_hash, body)

    def encode(self) -> bytes:
        """Return the card's file."""
        document = {
            "form": CARD_FORM,
            "genesis_hash": self.genesis_hash.hex(),
            "provider": format_address(self.provider),
            "public_key": self.public_key.hex(),
            "addresses": list(self.addresses),
            "signature": self.signature.hex(),
        }
        return json.dumps(document, indent=2).encode() + b"\n"

    @classmethod
    def of(cls, form: CardForm) -> Self:
        """Return the card that a form holds."""
        return cls(
            genesis_hash=Hash(bytes.fromhex(form.genesis_hash)),
            public_key=PublicKey(bytes.fromhex(form.public_key)),
            addresses=tuple(form.addresses),
            signature=Signature(bytes.fromhex(form.signature)),
        )


def make_card(key: SecretKey, addresses: Sequence[str], *, genesis_hash: Hash) -> MinerCard:
    """Return a signed card."""
    unsigned = Signature(bytes(SIGNATURE_BYTES))
    card = MinerCard(genesis_hash, key.public_key, tuple(addresses), unsigned)
    return replace(card, signature=key.sign(card.signing_bytes))


def read_card(path: Path, *, genesis_hash: Hash) -> MinerCard:
    """Read a card and check it.

    Raises:
        ConfigError: it cannot be read, is no card, is of another chain, or not the miner's word.
    """
    what = f"the card {path}"
    document = parse_object(
        read_file(path, bytes_max=CARD_BYTES_MAX), what=what, bytes_max=CARD_BYTES_MAX
    )
    form = fill_form(CardForm, document, what=what, words=WORDS)
    card = MinerCard.of(form)
    if card.genesis_hash != genesis_hash:
        raise ConfigError(detail=f"{what} is of another chain")
    if form.provider != format_address(card.provider):
        raise ConfigError(detail=f"{what} names an account that is not its key's")
    try:
        check_signature(
            public_key=card.public_key,
            message=card.signing_bytes,
            signature=card.signature,
            what="card",
        )
    except InvalidSignature:
        raise ConfigError(detail=f"{what} is not signed by the miner it names") from None
    return card


def read_cards(folder: Path, *, genesis_hash: Hash) -> dict[Address, MinerCard]:
    """Return the cards of a folder by their miner; none where there is no folder.

    Raises:
        ConfigError: one of them is no card of this chain.
    """
    paths = sorted(folder.glob(f"*{SUFFIX}"))[:CARDS_MAX]
    cards = (read_card(path, genesis_hash=genesis_hash) for path in paths)
    return {card.provider: card for card in cards}


def keep_cards(
    folder: Path, more: Iterable[Path], *, genesis_hash: Hash
) -> dict[Address, MinerCard]:
    """Put some cards into a folder, and return all that are there by their miner.

    Raises:
        ConfigError: one of them is no card of this chain, or the folder cannot be written.
    """
    for path in more:
        put_card(folder, read_card(path, genesis_hash=genesis_hash))
    return read_cards(folder, genesis_hash=genesis_hash)


def put_card(folder: Path, card: MinerCard) -> Path:
    """Write a card into a folder, in place of an older one of its miner, and return where.

    Raises:
        ConfigError: the folder cannot be written.
    """
    path = folder / f"{format_address(card.provider)}{SUFFIX}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_file(path, card.encode())
    except OSError as error:
        raise ConfigError(detail=f"cannot write {path}: {error.strerror}") from None
    return path
