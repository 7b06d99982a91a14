"""What a miner or a client learns from a node, by JSON-RPC alone, in types.

The node may be anybody's and is believed about the state of the chain only as far as its owner
trusts it; what it answers is checked for its form. Amounts are base units.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from chain.address import format_address
from chain.errors import AitbcError, MalformedMessage, PeerError
from chain.kind import Kind
from chain.primitives import Address, Hash
from node.market.chain_states import (
    OfferState,
    ReceiptState,
    ReservationState,
    Tip,
    read_hash,
    read_offer,
    read_receipt,
    read_reservation,
)
from node.rpc_client import RpcRefused, call

NOT_FOUND = -32001
REJECTED = -32003
RECORD_MAX = 100
"""Receipts that a miner's record is read from: the newest."""

T = TypeVar("T")


class Refused(AitbcError):
    """A rule of the chain refuses a transaction or a receipt.

    Attributes:
        reason: the rule's stable code.
        detail: the node's sentence.
    """

    reason: str
    detail: str
    code = "rule_refuses"
    sentence = "{detail}"


Caller = Callable[..., Any]
"""Calls a method of a node: URL, method, parameters."""


class NodeView:
    """A node's JSON-RPC."""

    def __init__(self, url: str, caller: Caller = call) -> None:
        """Name the node; nothing is asked yet.

        Args:
            url: of its JSON-RPC.
            caller: calls it.
        """
        self.url = url
        self._caller = caller

    def _call(self, method: str, *parameters: object) -> Any:  # noqa: ANN401 - JSON
        return self._caller(self.url, method, *parameters)

    def _hand_in(self, method: str, *parameters: str) -> None:
        """Hand something in.

        Raises:
            Refused: a rule refuses it.
            PeerError: the node is away, or does not take it now.
        """
        try:
            self._call(method, *parameters)
        except RpcRefused as error:
            if error.rpc_code != REJECTED:
                raise
            raise Refused(reason=error.reason, detail=str(error)) from None

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn an answer of another form into a PeerError.

        Raises:
            PeerError: always the same sentence; what was answered is not repeated.
        """
        try:
            yield
        except (AttributeError, KeyError, TypeError, ValueError, MalformedMessage):
            detail = f"{self.url} does not answer as a node of this program"
            raise PeerError(detail=detail) from None

    def _find(self, method: str, name: str, read: Callable[[Any], T]) -> T | None:
        try:
            found = self._call(method, name)
        except RpcRefused as error:
            if error.rpc_code == NOT_FOUND:
                return None
            raise
        with self._reading():
            return read(found)

    def tip(self) -> Tip:
        """Return where the chain is."""
        status = self._call("ait_status")
        with self._reading():
            genesis_hash = read_hash(status["genesisHash"])
            return Tip(str(status["chainId"]), genesis_hash, int(status["height"]))

    def nonce(self, account: Address) -> int:
        """Return the next nonce of an account's own key in final blocks."""
        found = self._call("ait_getAccount", format_address(account))
        with self._reading():
            return int(found["nonce"])

    def minimum_fee(self, kind: Kind, size_bytes: int) -> int:
        """Return the least fee of a transaction."""
        found = self._call("ait_estimateFee", kind.name.lower(), size_bytes)
        with self._reading():
            return int(found["minimumFee"])

    def find_reservation(self, reservation_id: Hash) -> ReservationState | None:
        """Return a reservation, live or ended, or None."""
        return self._find("ait_getReservation", reservation_id.hex(), read_reservation)

    def find_transaction(self, transaction_id: Hash) -> int | None:
        """Return the height of a final transaction, or None."""
        name = transaction_id.hex()
        return self._find("ait_getTransaction", name, lambda found: int(found["height"]))

    def offers(self) -> list[OfferState]:
        """Return the live offers of all miners, as far as a node lists them."""
        pricing = self._call("ait_getPricing")
        with self._reading():
            return [read_offer(one, one["provider"]) for one in pricing["offers"]]

    def offers_of(self, provider: Address) -> list[OfferState]:
        """Return the live offers of one miner."""
        found = self._call("ait_getOffers", format_address(provider))
        with self._reading():
            return [read_offer(one, format_address(provider)) for one in found["offers"]]

    def receipts_of(
        self, provider: Address, *, limit: int = RECORD_MAX, cursor: str | None = None
    ) -> tuple[list[ReceiptState], str | None]:
        """Return a page of a miner's receipts, newest first, and where the next one begins."""
        name = format_address(provider)
        found = self._call("ait_getReceipts", None, name, None, None, limit, cursor)
        with self._reading():
            following = found["nextCursor"]
            items = [read_receipt(one) for one in found["items"]]
            return items, None if following is None else str(following)

    def record_of(self, provider: Address) -> tuple[int, int]:
        """Return how many of a miner's newest receipts were paid, and how many were not."""
        statuses = [one.status for one in self.receipts_of(provider)[0]]
        bad = sum(one in ("disputed", "split", "refunded") for one in statuses)
        return statuses.count("paid"), bad

    def send(self, data: bytes) -> None:
        """Hand in a signed transaction.

        Raises:
            Refused: a rule refuses it.
            PeerError: the node is away, or does not take it now.
        """
        self._hand_in("ait_sendTransaction", data.hex())

    def submit_receipt(self, document: bytes, claim: bytes) -> None:
        """Hand in a receipt with its claim.

        Raises:
            Refused: a rule refuses it.
            PeerError: the node is away, or does not take it now.
        """
        self._hand_in("ait_submitReceipt", document.decode(), claim.hex())
