"""Sending a transaction of one's own: the node is asked for the numbers, and not for the key.

What a node says of nonce, fee and height can at worst make a transaction that is refused; what it
says of the chain decides where the signature holds, so a caller who means one chain names it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chain.address import format_address
from chain.crypto import SecretKey
from chain.errors import AitbcError, ConfigError
from chain.kind import Kind
from chain.payloads import Payload
from chain.primitives import AMOUNT_MAX, HASH_BYTES, HEIGHT_MAX, Hash
from chain.transaction import SignedTransaction, sign_transaction
from node.clock import monotonic_ms, pause
from node.rpc_client import RpcRefused, StrangeAnswer, call

VALID_FOR = 60
"""Heights in which a transaction must find its block: a minute of one-second blocks."""

POLL_S = 0.2

STALLED_MS = 60_000
"""Milliseconds without a new block after which nobody waits any longer."""


class NotFinal(AitbcError):
    """A transaction that was admitted has not found its block, or never will."""

    detail: str
    code = "not_final"
    sentence = "{detail}"


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain that a node follows, as it says itself.

    Attributes:
        id: its name.
        genesis_hash: 32 bytes; part of everything signed.
        height: of its last block.
    """

    id: str
    genesis_hash: Hash
    height: int


def get_chain(url: str, *, meant: Hash | None = None) -> Chain:
    """Ask a node which chain it follows.

    Args:
        url: of the node.
        meant: the genesis hash of the chain that the caller means.

    Raises:
        ConfigError: the node follows another chain than the one that is meant.
        PeerError: the node does not answer, or not as it should.
    """
    match call(url, "ait_status"):
        case {"chainId": str(name), "genesisHash": str(digits), "height": int(height)} if (
            0 <= height <= HEIGHT_MAX
        ):
            chain = Chain(name, _hash_of(digits, url), height)
        case _:
            raise _strange(url)
    if meant is not None and chain.genesis_hash != meant:
        raise ConfigError(detail=f"{url} follows another chain than the one that was named")
    return chain


def make_transaction(
    url: str, chain: Chain, payload: Payload, *, key: SecretKey, fee: int | None = None
) -> SignedTransaction:
    """Return a signed transaction with the key's next nonce.

    Args:
        url: of the node that says nonce and fee.
        chain: the one it is signed for.
        payload: what it does.
        key: of the account that acts and pays.
        fee: base units; the least that the chain takes unless given.

    Raises:
        PeerError: the node does not answer, or not as it should.
    """
    match call(url, "ait_getAccount", format_address(key.address)):
        case {"nonce": int(nonce)} if 0 <= nonce <= AMOUNT_MAX:
            pass
        case _:
            raise _strange(url)

    def signed(paid: int) -> SignedTransaction:
        return sign_transaction(
            payload,
            key=key,
            genesis_hash=chain.genesis_hash,
            nonce=nonce,
            fee=paid,
            valid_until=chain.height + VALID_FOR,
        )

    chosen = _minimum_fee(url, payload.kind, len(signed(0).encode())) if fee is None else fee
    return signed(chosen)


def send(url: str, chain: Chain, transaction: SignedTransaction) -> Hash:
    """Hand a transaction in and return its id; one that waits there already is well.

    Raises:
        RpcRefused: a rule refuses it.
        PeerError: the node does not answer.
    """
    try:
        call(url, "ait_sendTransaction", transaction.encode().hex())
    except RpcRefused as error:
        if error.reason != "already_known":
            raise
    return transaction.id(chain.genesis_hash)


def wait_final(
    url: str,
    transaction_id: Hash,
    *,
    valid_until: int,
    tell: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """Wait until a transaction is in a block, and return it as the node shows it.

    Args:
        url: of the node.
        transaction_id: of the transaction.
        valid_until: the last height that may hold it.
        tell: told of each height that did not.

    Raises:
        NotFinal: its heights have passed, or the chain stands still.
        PeerError: the node does not answer.
    """
    seen, moved_ms = -1, monotonic_ms()
    while True:
        height = get_chain(url).height
        found = find_transaction(url, transaction_id)
        if found is not None:
            return found
        if height > valid_until:
            detail = f"no block took the transaction until height {valid_until}; send it again"
            raise NotFinal(detail=detail)
        if height != seen:
            seen, moved_ms = height, monotonic_ms()
            tell(height)
        elif monotonic_ms() - moved_ms > STALLED_MS:
            detail = f"the chain stands still at height {height}; the transaction waits"
            raise NotFinal(detail=f"{detail}: aitbc tx show 0x{transaction_id.hex()}")
        pause(POLL_S)


def find_transaction(url: str, transaction_id: Hash) -> dict[str, Any] | None:
    """Return a final transaction as the node shows it, or None.

    Raises:
        PeerError: the node does not answer, or not as it should.
    """
    try:
        found = call(url, "ait_getTransaction", transaction_id.hex())
    except RpcRefused as error:
        if error.reason == "transaction_not_found":
            return None
        raise
    match found:
        case {"height": int()}:
            return dict(found)
    raise _strange(url)


def _minimum_fee(url: str, kind: Kind, size_bytes: int) -> int:
    """Return the least fee of a transaction.

    Raises:
        PeerError: the node does not say one that can be.
    """
    match call(url, "ait_estimateFee", kind.name.lower(), size_bytes):
        case {"minimumFee": str(digits)} if digits.isascii() and digits.isdigit():
            if len(digits) <= len(str(AMOUNT_MAX)) and int(digits) <= AMOUNT_MAX:
                return int(digits)
    raise _strange(url)


def _hash_of(digits: str, url: str) -> Hash:
    try:
        data = bytes.fromhex(digits.removeprefix("0x"))
    except ValueError:
        data = b""
    if len(data) != HASH_BYTES:
        raise _strange(url)
    return Hash(data)


def _strange(url: str) -> StrangeAnswer:
    return StrangeAnswer(detail=f"{url} does not answer as a node of this program")
