"""The closed forms of the ``eth_`` view's parameters, in the order in which clients send them."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from chain.primitives import BLOCK_TRANSACTIONS_MAX, Address, Hash
from chain.store.pages import PAGE_MAX
from node.api.forms import AddressText, Closed, HashText, HeightNumber, address_of, find_hash

TAGS = frozenset({"latest", "earliest", "pending", "safe", "finalized"})
"""Names of blocks: all but ``earliest`` are the last one, since every block is final."""

TOPICS_MAX = 4
CHOICES_MAX = 1_000
"""Addresses of a filter, or alternatives of a topic."""

ACCOUNT_PAGE_MAX = 100
"""Transactions of a page of Otterscan."""

FEE_BLOCKS_MAX = PAGE_MAX
PERCENTILES_MAX = 100

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,16}", re.ASCII)
_NO_BLOCK = "it is no block number, as 0x1a, and no name, as latest"


def quantity_of(text: str | int) -> int:
    """Return the number of a checked quantity."""
    return text if isinstance(text, int) else int(text, 16)


def _check_quantity(text: str) -> str:
    if not _QUANTITY.fullmatch(text):
        detail = "it is no quantity, as 0x1a"
        raise ValueError(detail)
    return text


def _check_number(text: str | int) -> str | int:
    if isinstance(text, str) and text not in TAGS and not _QUANTITY.fullmatch(text):
        raise ValueError(_NO_BLOCK)
    return text


def _unwrapped(block: object) -> object:
    """Return the number, name or hash that an object holds (EIP-1898)."""
    if isinstance(block, dict):
        held = [block[name] for name in ("blockNumber", "blockHash") if name in block]
        return held[0] if held else None
    return block


def _check_block(block: str | int) -> str | int:
    if isinstance(block, str) and find_hash(block) is not None:
        return block
    return _check_number(block)


Quantity = Annotated[str, AfterValidator(_check_quantity)]
Number = Annotated[HeightNumber | str, AfterValidator(_check_number)]
AnyBlock = Annotated[HeightNumber | str, BeforeValidator(_unwrapped), AfterValidator(_check_block)]
TopicText = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{64}$")]
Choices = Annotated[list[TopicText], Field(max_length=CHOICES_MAX)]


class Anything(BaseModel):
    """Whatever a client sends with a call that is never done.

    Attributes:
        first: not looked at.
        second: not looked at.
        third: not looked at.
    """

    model_config = ConfigDict(extra="ignore")

    first: Any = None
    second: Any = None
    third: Any = None


class NumberParams(Closed):
    """Which block.

    Attributes:
        block: its number or name.
        full: whether its transactions come whole and not as hashes.
    """

    block: Number
    full: bool = False


class HashParams(Closed):
    """Which block.

    Attributes:
        block_hash: its hash.
        full: whether its transactions come whole and not as hashes.
    """

    block_hash: HashText
    full: bool = False


class AnyBlockParams(Closed):
    """Which block.

    Attributes:
        block: its number, name or hash.
    """

    block: AnyBlock


class PlaceParams(Closed):
    """Which transaction.

    Attributes:
        block: the block's number, name or hash.
        index: its place in the block, from 0.
    """

    block: AnyBlock
    index: Quantity


class TransactionParams(Closed):
    """Which transaction.

    Attributes:
        transaction_hash: its id.
    """

    transaction_hash: HashText


class StateParams(Closed):
    """Whose state.

    Attributes:
        address: of the account.
        block: must be the last one.
    """

    address: AddressText
    block: AnyBlock = "latest"


class StorageParams(Closed):
    """Which word of a contract; there are none.

    Attributes:
        address: of the account.
        slot: of the word.
        block: not looked at.
    """

    address: AddressText
    slot: Annotated[str, StringConstraints(max_length=66)]
    block: AnyBlock = "latest"


class FeeHistoryParams(Closed):
    """Which blocks' fees.

    Attributes:
        block_count: how many.
        newest: the last of them.
        percentiles: of what senders paid.
    """

    block_count: Quantity | Annotated[int, Field(ge=0)]
    newest: Number
    percentiles: Annotated[
        list[Annotated[int | Decimal, Field(ge=0, le=100)]] | None,
        Field(max_length=PERCENTILES_MAX),
    ] = None


class DataParams(Closed):
    """Some bytes.

    Attributes:
        data: as hexadecimal digits after ``0x``.
    """

    data: Annotated[str, StringConstraints(pattern=r"^0x([0-9a-fA-F]{2})*$")]


class LogFilter(Closed):
    """Which logs; what is not given does not matter.

    Attributes:
        from_block: the first block; the last one unless it is given.
        to_block: the last block.
        address: of the pseudo-contract, or several.
        topics: for each place a topic, several of which one must be there, or null.
        block_hash: the only block, instead of the first and last.
    """

    from_block: Number | None = None
    to_block: Number | None = None
    address: AddressText | Annotated[list[AddressText], Field(max_length=CHOICES_MAX)] | None = None
    topics: Annotated[list[TopicText | Choices | None], Field(max_length=TOPICS_MAX)] | None = None
    block_hash: HashText | None = None

    def addresses(self) -> frozenset[Address] | None:
        """Return the wanted addresses; None for any."""
        if self.address is None or self.address == []:
            return None
        given = [self.address] if isinstance(self.address, str) else self.address
        return frozenset(one for one in map(address_of, given) if one is not None)

    def wanted_topics(self) -> list[frozenset[Hash] | None]:
        """Return for each place the topics of which one must be there; None for any."""
        places: list[frozenset[Hash] | None] = []
        for place in self.topics or ():
            given = [place] if isinstance(place, str) else place or []
            places.append(frozenset(Hash(bytes.fromhex(one[2:])) for one in given) or None)
        return places


class FilterParams(Closed):
    """Which logs.

    Attributes:
        filter: what they must be.
    """

    filter: LogFilter


class FilterIdParams(Closed):
    """Which filter.

    Attributes:
        filter_id: as it was given when it was made.
    """

    filter_id: Quantity


class BlockPageParams(Closed):
    """Which part of a block.

    Attributes:
        block: its number, name or hash.
        page: counted from the end of the block, from 0.
        page_size: transactions of a page.
    """

    block: AnyBlock
    page: Annotated[int, Field(ge=0, le=BLOCK_TRANSACTIONS_MAX)]
    page_size: Annotated[int, Field(ge=1, le=ACCOUNT_PAGE_MAX)]


class AccountPageParams(Closed):
    """Which part of an account's history.

    Attributes:
        address: of the account.
        height: where it begins; 0 for the end of the chain.
        page_size: transactions of a page, and what else is in its last block.
    """

    address: AddressText
    height: HeightNumber
    page_size: Annotated[int, Field(ge=1, le=ACCOUNT_PAGE_MAX)]


class SenderParams(Closed):
    """Which transaction.

    Attributes:
        address: who sent it.
        nonce: of its own key.
    """

    address: AddressText
    nonce: Quantity | Annotated[int, Field(ge=0)]
