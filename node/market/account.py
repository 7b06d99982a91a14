"""An account at work: its transactions get their nonces, are written down, sent and sent again.

Several jobs of one client run at once, in threads and in processes, and each reserves. The journal
gives every transaction the lowest nonce that no live one has, in the same step that writes it
down; whoever waits for a block hands all of them in again, lowest first, since a node forgets what
waits when it stops, and a later nonce waits for an earlier one.
"""

from collections.abc import Callable
from dataclasses import dataclass

from chain.crypto import SecretKey
from chain.errors import AitbcError, PeerError
from chain.kind import Kind
from chain.payloads import Payload
from chain.primitives import Hash
from chain.transaction import SignedTransaction, sign_transaction
from node.clock import monotonic_ms, pause
from node.market.journal import Journal, Writing
from node.market.node_view import NodeView, Refused

VALID_FOR = 60
"""Heights in which a transaction must find its block; then it is dead for good."""

POLL_S = 0.2
SEND_AGAIN_MS = 3_000
WAITING_MAX = 32
"""Transactions of one account that wait at once; a node takes 64."""

WAITS = frozenset({"already_known", "replacement_fee_too_low"})
"""Refusals that mean: it waits there already."""

_LET_GO = """
DELETE FROM sent WHERE
    nonce < ? AND id NOT IN (SELECT reservation_id FROM attempt WHERE state = 'reserving')
    OR nonce >= ? AND valid_until < ?
"""
"""What is decided goes: its nonce is taken, or its heights have passed without that. A reservation
whose attempt has not seen it decided stays: the next node that is asked may be behind this one, and
what is neither there nor here would be taken for dead and made twice."""

_FOR_NOW = frozenset({"wrong_nonce", "mempool_full"})
"""Refusals that another block may end."""


class NotFinal(AitbcError):
    """A transaction has not found a block.

    Attributes:
        detail: why, in words.
        is_dead: whether it never will; else it is only not yet known.
    """

    detail: str
    is_dead: bool
    code = "not_final"
    sentence = "{detail}"


@dataclass(frozen=True, slots=True)
class Sent:
    """A transaction that is written down.

    Attributes:
        id: 32 bytes; of a reservation, the reservation's id.
        nonce: of the account's own key.
        data: its stored form.
        valid_until: the last height that may hold it.
    """

    id: Hash
    nonce: int
    data: bytes
    valid_until: int


Also = Callable[[Writing, Sent], None]


class Account:
    """One key, the node it speaks to, and its journal."""

    def __init__(self, key: SecretKey, node: NodeView, journal: Journal) -> None:
        """Ask the node of which chain it is.

        Raises:
            PeerError: it does not answer.
        """
        self.key = key
        self.node = node
        self.journal = journal
        tip = node.tip()
        self.chain_id = tip.chain_id
        self.genesis_hash = tip.genesis_hash

    def write_down(self, payload: Payload, *, also: Also = lambda _database, _sent: None) -> Sent:
        """Sign a transaction with a nonce of its own and keep it; nothing is sent yet.

        Args:
            payload: what it does.
            also: writes down, in the same step, what it is for.

        Raises:
            PeerError: the node does not answer, or too many wait already.
            StoreError: the journal does not take it.
        """
        fee = self._fee(payload)
        with self.journal.writing() as database:
            height = self.node.tip().height
            first = self.node.nonce(self.key.address)
            database.execute(_LET_GO, (first, first, height))
            rows = database.execute("SELECT nonce FROM sent WHERE nonce >= ?", (first,)).fetchall()
            taken = {row[0] for row in rows}
            if len(taken) >= WAITING_MAX:
                raise PeerError(detail=f"{WAITING_MAX} transactions of this account wait already")
            nonce = next(one for one in range(first, first + WAITING_MAX + 1) if one not in taken)
            signed = self._sign(payload, nonce=nonce, fee=fee, valid_until=height + VALID_FOR)
            sent = Sent(signed.id(self.genesis_hash), nonce, signed.encode(), height + VALID_FOR)
            database.execute(
                "INSERT INTO sent VALUES (?, ?, ?, ?)",
                (nonce, sent.id, sent.data, sent.valid_until),
            )
            also(database, sent)
        return sent

    def _fee(self, payload: Payload) -> int:
        draft = self._sign(payload, nonce=0, fee=0, valid_until=0)
        return self.node.minimum_fee(Kind(payload.kind), len(draft.encode()))

    def _sign(
        self, payload: Payload, *, nonce: int, fee: int, valid_until: int
    ) -> SignedTransaction:
        return sign_transaction(
            payload,
            key=self.key,
            genesis_hash=self.genesis_hash,
            nonce=nonce,
            fee=fee,
            valid_until=valid_until,
        )

    def find_sent(self, transaction_id: Hash) -> Sent | None:
        """Return a transaction that is still written down."""
        rows = self.journal.read(
            "SELECT id, nonce, data, valid_until FROM sent WHERE id = ?", (transaction_id,)
        )
        return _sent(rows[0]) if rows else None

    def forget(self, sent: Sent) -> None:
        """Let go of a transaction that a rule refuses; its nonce is free again."""
        with self.journal.writing() as database:
            database.execute("DELETE FROM sent WHERE id = ?", (sent.id,))

    def _hand_in(self, sent: Sent) -> None:
        """Send a transaction once.

        Raises:
            NotFinal: a rule refuses it for good; it is forgotten.
            PeerError: the node is away, or cannot take it now.
        """
        try:
            self.node.send(sent.data)
        except Refused as error:
            if error.reason in WAITS or error.reason in _FOR_NOW:
                return
            self.forget(sent)
            raise NotFinal(detail=str(error), is_dead=True) from None

    def wait_final(self, sent: Sent, *, timeout_ms: int) -> int:
        """Send a transaction, again and again, until it is final; return its height.

        Raises:
            NotFinal: it is refused, its heights have passed, or the time is up.
        """
        deadline_ms, send_ms, why = monotonic_ms() + timeout_ms, 0, "the node takes no block"
        while monotonic_ms() < deadline_ms:
            try:
                height = self.find_height(sent)
                if height is not None:
                    return height
                if monotonic_ms() >= send_ms:
                    send_ms = monotonic_ms() + SEND_AGAIN_MS
                    self.push(sent)
            except PeerError as error:
                why = str(error)
            pause(POLL_S)
        raise NotFinal(detail=f"not final in {timeout_ms // 1_000} s: {why}", is_dead=False)

    def find_height(self, sent: Sent) -> int | None:
        """Return the height of the block that holds a transaction, or None while it may come.

        Raises:
            NotFinal: it never will; it is forgotten.
            PeerError: the node is away.
        """
        tip, first = self.node.tip().height, self.node.nonce(self.key.address)
        height = self.node.find_transaction(sent.id)
        if height is not None:
            return height
        if tip > sent.valid_until:
            detail = f"no block took it until height {sent.valid_until}"
        elif first > sent.nonce:
            detail = "another transaction of this account took its nonce"
        else:
            return None
        self.forget(sent)
        raise NotFinal(detail=detail, is_dead=True)

    def push(self, sent: Sent) -> None:
        """Hand in what waits below a transaction, and the transaction.

        Raises:
            NotFinal: a rule refuses it for good; it is forgotten.
            PeerError: the node is away.
        """
        first = self.node.nonce(self.key.address)
        rows = self.journal.read(
            "SELECT id, nonce, data, valid_until FROM sent WHERE nonce >= ? AND nonce < ? "
            "ORDER BY nonce",
            (first, sent.nonce),
        )
        for earlier in map(_sent, rows):
            try:
                self._hand_in(earlier)
            except NotFinal:
                continue  # whoever waits for it is told when he asks himself
        self._hand_in(sent)


def _sent(row: tuple[object, ...]) -> Sent:
    id_, nonce, data, valid_until = row
    assert isinstance(id_, bytes)
    assert isinstance(nonce, int)
    assert isinstance(data, bytes)
    assert isinstance(valid_until, int)
    return Sent(Hash(id_), nonce, data, valid_until)
