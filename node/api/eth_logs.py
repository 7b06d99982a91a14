"""What moved money, as logs of two pseudo-contracts.

Every log is of a transaction; those of work that fell due are of the block's last one, which
stands for it. A log's index grows with its place and leaves gaps, so that it can be told without
counting the logs before it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from chain.crypto import sha256
from chain.keccak_tree import AbiValue
from chain.outcome import OutcomeKind
from chain.primitives import DUE_WORK_MAX, ZERO_ADDRESS, Address, Hash
from chain.store.money_events import CLAIM_ENDINGS, MoneyEvent
from node.api.eth_abi import COIN, EVENTS, SETTLEMENT
from node.api.eth_words import WEI_PER_UNIT, hex_address, quantity
from node.api.words import Json, hex_of

LOGS_PER_TRANSACTION = 2 * DUE_WORK_MAX
"""Room for the logs of a transaction in a block's numbers: two for each claim of a batch."""

_SETTLED = EVENTS["ReceiptSettled"]
_NAMES = {
    OutcomeKind.TRANSFERRED: "Transfer",
    OutcomeKind.RESERVED: "Reserved",
    OutcomeKind.CLAIMED: "Claimed",
    OutcomeKind.RELEASED: "Released",
    OutcomeKind.ACCEPTED: "Accepted",
    OutcomeKind.DISPUTED: "Disputed",
    OutcomeKind.RESOLVED: "Resolved",
    OutcomeKind.EXPIRED: "Expired",
    OutcomeKind.MATURED: "Matured",
    OutcomeKind.UNDECIDED: "Undecided",
}
_KINDS_BY_TOPIC = {
    **{Hash(EVENTS[name].hash): frozenset({kind}) for kind, name in _NAMES.items()},
    Hash(_SETTLED.hash): CLAIM_ENDINGS,
}


@dataclass(frozen=True, slots=True)
class Log:
    """One log.

    Attributes:
        event: what it tells of.
        address: of the pseudo-contract.
        topics: each of 32 bytes.
        data: the values that are no topics.
        position: its place among the logs of its transaction.
    """

    event: MoneyEvent
    address: Address
    topics: list[bytes]
    data: bytes
    position: int

    def content(self, block_hash: Hash) -> Json:
        """Return it as clients read it."""
        index = self.event.index * LOGS_PER_TRANSACTION + self.position
        return {
            "address": _shown(self.address),
            "topics": [hex_of(topic) for topic in self.topics],
            "data": hex_of(self.data),
            "blockNumber": quantity(self.event.height),
            "blockHash": hex_of(block_hash),
            "transactionHash": hex_of(
                self.event.transaction_id or due_work_id(block_hash, self.event.height)
            ),
            "transactionIndex": quantity(self.event.index),
            "logIndex": quantity(index),
            "removed": False,
        }


@cache
def _shown(address: Address) -> str:
    assert address in (COIN, SETTLEMENT)
    return hex_address(address)


def due_work_id(block_hash: Hash, height: int) -> Hash:
    """Return the hash of the transaction that stands for a block's due work.

    Its last eight bytes are the height, so that it is found without an index.
    """
    return Hash(sha256(b"aitbc/due-work" + block_hash)[:24] + height.to_bytes(8, "big"))


def logs_of(events: Iterable[MoneyEvent]) -> Iterator[Log]:
    """Yield the logs of events, in their order."""
    for event in events:
        address = COIN if event.kind is OutcomeKind.TRANSFERRED else SETTLEMENT
        entry = EVENTS[_NAMES[event.kind]]
        subjects, data = _values(event)
        yield Log(event, address, entry.topics(*subjects), entry.data(data), 2 * event.step)
        if event.ends_claim:
            topics = _SETTLED.topics(event.subject, event.client, event.provider)
            values = [wei * WEI_PER_UNIT for wei in (event.paid, event.fee, event.returned)]
            yield Log(event, address, topics, _SETTLED.data(values), 2 * event.step + 1)


def _values(event: MoneyEvent) -> tuple[list[AbiValue], list[AbiValue]]:
    """Return the indexed values of an event and the others."""
    amount = event.amount * WEI_PER_UNIT
    match event.kind:
        case OutcomeKind.TRANSFERRED:
            return [event.client, event.provider], [amount]
        case OutcomeKind.RELEASED | OutcomeKind.EXPIRED:
            return [event.subject, event.client], [event.returned * WEI_PER_UNIT]
        case OutcomeKind.DISPUTED:
            bond = event.pending * WEI_PER_UNIT
            return [event.subject, event.client, event.provider], [bond]
        case _:
            return [event.subject, event.client, event.provider], [amount]


def kinds_of(
    addresses: frozenset[Address] | None, topics: list[frozenset[Hash] | None]
) -> frozenset[OutcomeKind]:
    """Return the kinds of event that can have a log of these addresses and this first topic."""
    wanted = topics[0] if topics else None
    kinds: frozenset[OutcomeKind] = frozenset(_NAMES)
    if wanted is not None:
        kinds = frozenset().union(*(_KINDS_BY_TOPIC.get(topic, frozenset()) for topic in wanted))
    coin = frozenset({OutcomeKind.TRANSFERRED})
    if addresses is not None and COIN not in addresses:
        kinds -= coin
    if addresses is not None and SETTLEMENT not in addresses:
        kinds &= coin
    return kinds


def fits(log: Log, topics: list[frozenset[Hash] | None]) -> bool:
    """Return whether a log has one of the wanted topics at each place."""
    if len(topics) > len(log.topics):
        return False
    return all(
        wanted is None or topic in wanted for topic, wanted in zip(log.topics, topics, strict=False)
    )


NOBODY = hex_address(ZERO_ADDRESS)
"""Who sends what proves itself with many signatures or is due."""
