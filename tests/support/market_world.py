"""A market on one machine without a network: the chain's own rules behind the RPC's own methods.

``LedgerNode`` keeps a real chain in a database, a real mempool, and answers with the functions
that serve JSON-RPC. Each look at the chain's height makes a block of what waits, so that whoever
waits for a block gets one.
"""

# ruff: noqa: ANN401 -- JSON, and fields handed on by name

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from chain.errors import ChainError, PeerError
from chain.mempool import Mempool
from chain.primitives import Hash
from chain.receipt import decode_receipt
from chain.transaction import claims_in
from chain.validation import verify_transaction
from node.api import problems
from node.api.core_link import Submission
from node.api.methods import METHODS
from node.api.problems import RpcError
from node.api.requests import read_params
from node.api.services import Services
from node.api_frames import SubmitResult
from node.market.account import Account
from node.market.journal import Journal
from node.market.node_view import NodeView
from node.rpc_client import RpcRefused
from tests.support.builders import FREE, GENESIS_HASH, key_of
from tests.support.small_chain import StoredChain, services_of, stored_chain

URL = "http://127.0.0.1:1"
BALANCES = {"client": 10_000_000, "miner": 1_000_000, "stranger": 1_000_000}

_METHODS = {method.name: method for method in METHODS}


class LedgerNode:
    """A node that is all chain.

    Attributes:
        chain: the chain in memory.
        is_away: whether it answers nothing.
        makes_blocks: whether a look at the height, or at a reservation, makes one.
        heard: the methods that were called.
        others: what else goes on in the world, a step each at every look.
    """

    def __init__(self, stored: StoredChain, services: Services) -> None:
        """Serve a stored chain."""
        self._stored = stored
        self._services = services
        self.chain = stored.chain
        self.mempool = Mempool(self.chain.ledger)
        self.is_away = False
        self.makes_blocks = True
        self.heard: list[str] = []
        self.others: list[Callable[[], None]] = []

    @property
    def view(self) -> NodeView:
        """The node as miners and clients see it."""
        return NodeView(URL, self.call)

    def call(self, _url: str, method: str, *parameters: object) -> Any:
        """Answer a call as the API edge does.

        Raises:
            PeerError: it is away.
            RpcRefused: the call fails.
        """
        self.heard.append(method)
        if self.is_away:
            raise PeerError(detail="away")
        if method in ("ait_status", "ait_getReservation") and self.makes_blocks:
            self.block()
            self._let_others_work()
        found = _METHODS[method]
        try:
            with patch.object(self._services, "core", self):
                params = read_params(found.params, list(parameters))
                return asyncio.run(_awaited(found.call(self._services, params)))
        except (RpcError, ChainError) as error:
            fault = error if isinstance(error, RpcError) else problems.rejected(error)
            raise RpcRefused(
                detail=fault.message, rpc_code=int(fault.code), reason=fault.reason
            ) from None

    def _let_others_work(self) -> None:
        """Run what else goes on in the world, unless it is what asks."""
        others, self.others = self.others, []
        for work in others:
            work()
        self.others = others

    status = None
    is_open = True

    async def submit(self, submission: Submission) -> SubmitResult:
        """Admit a transaction to the mempool, as the core does."""
        verified = verify_transaction(submission.transaction, genesis_hash=GENESIS_HASH)
        receipts = [decode_receipt(one) for one in submission.receipts]
        try:
            if claims_in(verified.transaction):
                self.mempool.add_claims(verified, receipts)
                for one in receipts:
                    self.chain.keep(one)
            else:
                self.mempool.add(verified)
        except ChainError as error:
            return SubmitResult.refused(0, error, verified.id)
        return SubmitResult(0, verified.id)

    def block(self) -> None:
        """Make a block of what waits."""
        waiting = [one.transaction for one in self.mempool.candidates()]
        self._stored.block(*waiting)
        self.mempool.settle(self.chain.blocks[-1].state.changes)

    def blocks_until(self, height: int) -> None:
        """Make blocks up to a height."""
        while self.chain.height < height:
            self.block()


async def _awaited(answer: Any) -> Any:
    return await answer


@contextmanager
def ledger_node(folder: Path, **genesis: Any) -> Iterator[LedgerNode]:
    """Run a node of a new chain; miner, client and stranger have money."""
    fields = {"balances": BALANCES, "parameters": FREE} | genesis
    with stored_chain(folder, **fields) as stored, services_of(folder) as services:
        yield LedgerNode(stored, services)


def an_account(node: LedgerNode, folder: Path, who: str) -> Account:
    """Return a person at work, with a journal of their own."""
    return Account(key_of(who), node.view, Journal.open(folder / f"{who}.db"))


def reservation_of(node: LedgerNode, reservation_id: Hash) -> Any:
    """Return what the chain says about a reservation that must be there."""
    found = node.view.find_reservation(reservation_id)
    assert found is not None
    return found
