"""Transfers that are sent while the network is under fire, and what has to become of them.

A client does what a client can: it keeps what it signed, offers it to another node when the first
one fails, and offers it again when it does not become final. The same bytes are paid once.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from chain.address import format_address
from chain.errors import PeerError
from chain.kind import Kind
from chain.payloads import Transfer
from chain.primitives import Address
from chain.transaction import sign_transaction
from genesis.document import read_genesis
from genesis.make import DEVNET_BALANCE, development_accounts, development_key
from node.clock import monotonic_ms, pause
from node.devnet import DevnetNode
from node.rpc_client import RpcRefused, call

SHOPS = ("shop-0", "shop-1", "shop-2")
VALID_FOR = 500
"""Heights."""

CALL_S = 2.0
AGAIN_MS = 6_000
"""Milliseconds without a fault after which an offer that is not final is made again; a node that
knows a transfer alone puts it into its own next block."""

POLL_S = 0.1

ADMITTED = frozenset({"already_known", "wrong_nonce"})
"""Refusals of what was admitted before: it waits, or is final."""

LATER = frozenset({"core_unavailable", "too_many_submissions", "mempool_full", "timeout"})


@dataclass
class Sent:
    """A signed transfer.

    Attributes:
        id: as the RPC writes it.
        raw: hexadecimal.
        nonce: of its payer.
        to: whom it pays.
        amount: base units.
        offered_ms: when it was offered last, or 0.
        is_offered_again: whether one offer was not enough.
    """

    id: str
    raw: str
    nonce: int
    to: Address
    amount: int
    offered_ms: int = 0
    is_offered_again: bool = False


@dataclass
class Transfers:
    """Payments of the devnet's accounts to some shops.

    Attributes:
        genesis_file: of their chain.
        dice: decide who pays whom.
        sent: every one ever signed.
        waiting: those not seen in a final block yet.
        spent: base units by payer, fees included.
        failures: why offers were not taken, each time.
    """

    genesis_file: Path
    dice: random.Random
    sent: list[Sent] = field(default_factory=list)
    waiting: list[Sent] = field(default_factory=list)
    spent: Counter[Address] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read whose chain it is, and know the payers."""
        self._genesis = read_genesis(self.genesis_file)
        self._payers = [account.key for account in development_accounts()]
        self._nonces: Counter[Address] = Counter()
        self._shops = [development_key(name).address for name in SHOPS]

    def send(self, node: DevnetNode, *, height: int) -> None:
        """Sign the next transfer and offer it to a node.

        Args:
            node: may fail to take it; then another one will be asked.
            height: a recent one of the chain.
        """
        payer, to = self.dice.choice(self._payers), self.dice.choice(self._shops)
        nonce, amount = self._nonces[payer.address], self.dice.randrange(1, 1_000)
        fee = self._genesis.parameters.minimum_fee(Kind.TRANSFER, size_bytes=200)
        signed = sign_transaction(
            Transfer(to=to, amount=amount),
            key=payer,
            genesis_hash=self._genesis.hash,
            nonce=nonce,
            fee=fee,
            valid_until=height + VALID_FOR,
        )
        self._nonces[payer.address] += 1
        self.spent[payer.address] += amount + fee
        transfer = Sent(
            id=f"0x{signed.id(self._genesis.hash).hex()}",
            raw=f"0x{signed.encode().hex()}",
            nonce=nonce,
            to=to,
            amount=amount,
        )
        self.sent.append(transfer)
        self.waiting.append(transfer)
        self._offer(transfer, node)

    def _offer(self, transfer: Sent, node: DevnetNode) -> None:
        """Offer a transfer; a node that fails is asked again later, or another one is.

        Raises:
            RpcRefused: a rule refuses it.
        """
        transfer.offered_ms = monotonic_ms()
        try:
            call(node.rpc, "ait_sendTransaction", transfer.raw, timeout_s=CALL_S)
        except RpcRefused as refused:
            if refused.reason not in ADMITTED | LATER:
                raise
            self.failures.append(str(refused))
        except PeerError as failure:
            self.failures.append(str(failure))

    def settle(self, nodes: list[DevnetNode], *, within_s: float) -> None:
        """Wait until everything is final; offer again what is not after a while."""
        started_ms = monotonic_ms()
        deadline_ms = started_ms + int(within_s * 1_000)
        while True:
            self.waiting = [one for one in self.waiting if not self._is_final(one, nodes)]
            if not self.waiting:
                return
            assert monotonic_ms() < deadline_ms, f"not final within {within_s} s: {self.waiting}"
            for transfer in self.waiting:
                if monotonic_ms() - max(started_ms, transfer.offered_ms) > AGAIN_MS:
                    transfer.is_offered_again = True
                    self._offer(transfer, self.dice.choice(nodes))
            pause(POLL_S)

    def _is_final(self, transfer: Sent, nodes: list[DevnetNode]) -> bool:
        try:
            call(nodes[0].rpc, "ait_getTransaction", transfer.id, timeout_s=CALL_S)
        except PeerError:
            return False
        return True

    @property
    def offered_again(self) -> int:
        """How many transfers did not become final by one offer alone."""
        return sum(one.is_offered_again for one in self.sent)

    def check(self, node: DevnetNode, final: Counter[str]) -> None:
        """Check that each transfer is final exactly once, and that its money went where it should.

        Args:
            node: whose balances are looked at.
            final: how often each transfer's id is in the blocks.
        """
        ids = Counter(one.id for one in self.sent)
        assert final == ids, f"once in a block each: {final - ids} too often, {ids - final} missing"
        income: Counter[Address] = Counter()
        for one in self.sent:
            income[one.to] += one.amount
        for shop in self._shops:
            assert balance_of(node, shop) == income[shop]
        paid_first = self._genesis.parameters.new_account_fee * len(income)
        left = sum(balance_of(node, payer.address) for payer in self._payers)
        assert left == len(self._payers) * DEVNET_BALANCE - self.spent.total() - paid_first


def balance_of(node: DevnetNode, address: Address) -> int:
    """Return an account's base units as a node's RPC shows them."""
    return int(call(node.rpc, "ait_getAccount", format_address(address))["balance"])
