"""Who the validators are, as a node's JSON-RPC tells it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chain.address import parse_address
from chain.errors import ChainError
from chain.primitives import Hash, PublicKey
from chain.validator_records import ValidatorsRecord
from chain.validators import Validator, ValidatorSet
from node.rpc_client import StrangeAnswer, call


@dataclass(frozen=True, slots=True)
class Seats:
    """The validators of the next heights.

    Attributes:
        genesis_hash: of the node's chain.
        height: of its last block.
        is_following: whether it has peers and knows of none that is further.
        version: how many changes have been approved.
        sets: (first height, set), in rising order; the first is of the last block.
        since: first height of each key's time as a validator.
        tombstoned: keys that contradicted themselves, and never join again.
    """

    genesis_hash: Hash
    height: int
    is_following: bool
    version: int
    sets: tuple[tuple[int, ValidatorSet], ...]
    since: dict[PublicKey, int]
    tombstoned: frozenset[PublicKey] = frozenset()

    def at(self, height: int) -> ValidatorSet:
        """Return the set that votes at a height, from the last block's on."""
        return [validators for start, validators in self.sets if start <= height][-1]

    @property
    def voting(self) -> ValidatorSet:
        """Return who votes on the next block, and so whose approvals count in it."""
        return self.at(self.height + 1)

    @property
    def coming(self) -> ValidatorsRecord:
        """Return what a change in the next block would change."""
        return ValidatorsRecord(self.version, self.sets[-1][1])

    @property
    def keys(self) -> Iterator[tuple[PublicKey, Validator]]:
        """Yield every validator of these sets by its key, the later sets' last."""
        for _, validators in self.sets:
            for one in validators:
                yield one.public_key, one


def get_seats(url: str) -> Seats:
    """Ask a node.

    Raises:
        PeerError: it does not answer, or not as a node of this program does.
    """
    status, found = call(url, "ait_status"), call(url, "ait_getValidators")
    try:
        shapes = [found, *found["coming"]]
        return Seats(
            genesis_hash=Hash(bytes.fromhex(status["genesisHash"].removeprefix("0x"))),
            height=int(found["tipHeight"]),
            is_following=bool(status["peers"]) and status["catchingUp"] is False,
            version=int(found["version"]),
            sets=tuple((int(one["fromHeight"]), _read_set(one)) for one in shapes),
            since={
                _key(one): int(one["sinceHeight"])
                for shape in shapes
                for one in shape["validators"]
            },
            tombstoned=frozenset(map(_key_of, found["tombstoned"])),
        )
    except (ChainError, AttributeError, KeyError, TypeError, ValueError):
        detail = f"{url} does not answer as a node of this program; check the address and versions"
        raise StrangeAnswer(detail=detail) from None


def _read_set(shape: dict[str, Any]) -> ValidatorSet:
    return ValidatorSet(
        Validator(public_key=_key(one), name=one["name"], payee=parse_address(one["payee"]))
        for one in shape["validators"]
    )


def _key(shape: dict[str, Any]) -> PublicKey:
    return _key_of(shape["publicKey"])


def _key_of(text: str) -> PublicKey:
    return PublicKey(bytes.fromhex(text.removeprefix("0x")))
