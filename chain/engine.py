"""The event machine: everything the chain does, one event in, ordered effects out.

Theory of operation. ``Agreement`` decides which block is final; its assembly turns the names in a
proposal into an executed block; the mempool holds what waits; ``CatchUp`` fetches blocks that
others have finished. This file ties them together. It opens no socket, reads no clock and rolls
no dice: whoever runs it brings events with the time in them and performs the effects in order.
"""

from typing import assert_never

from chain import events as world
from chain.advance import Chain
from chain.agreement import MALFORMED_WEIGHT, Agreement
from chain.catch_up import CatchUp
from chain.certificate import Certificate, VoteKind, check_certificate
from chain.claim import ClaimTransaction
from chain.codec import sequence
from chain.consensus import events as machine_events
from chain.consensus.messages import CertificateMessage
from chain.consensus.sign_state import Signer
from chain.consensus.timing import Timing
from chain.errors import ChainError, InvalidBlock, InvalidCertificate
from chain.execution import execute_block
from chain.mempool import Mempool
from chain.payload_pairs import encode_claim_pair
from chain.state import Ledger
from chain.validation import VerifiedBlock

LIAR_WEIGHT = 100
"""Score that a peer loses for a block or certificate that cannot be true: a ban."""


class Engine:
    """The chain's rules as a machine; one for each node."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        last_certificate: Certificate | None,
        signer: Signer | None,
        timing: Timing,
    ) -> None:
        """Take over the final state; nothing happens until ``Started`` comes.

        Args:
            ledger: the final state.
            last_certificate: of the ledger's tip; None before the first block.
            signer: a validator's key; None for a node that only follows.
            timing: the consensus timeouts.
        """
        self._chain = Chain(ledger, last_certificate)
        self.catch_up = CatchUp(ledger, self._chain.next_request)
        self._agreement = Agreement(
            self._chain,
            signer=signer,
            timing=timing,
            note_height=self._note_height,
            is_catching_up=lambda: self.catch_up.is_active,
        )

    @property
    def ledger(self) -> Ledger:
        """The final state."""
        return self._chain.ledger

    @property
    def mempool(self) -> Mempool:
        """What waits for a block."""
        return self._chain.mempool

    @property
    def round(self) -> int:
        """The round of the height being agreed on."""
        return self._agreement.round

    def handle(self, event: world.Event) -> list[world.Effect]:
        """Take one event and return the effects, to be performed in their order."""
        self._chain.effects = []
        self._chain.now_ms = max(self._chain.now_ms, getattr(event, "now_ms", 0))
        self._dispatch(event)
        return self._chain.effects

    def _dispatch(self, event: world.Event) -> None:  # noqa: C901, PLR0912 - one arm an event
        agreement, assembly = self._agreement, self._agreement.assembly
        match event:
            case world.Started():
                if event.record is not None:
                    agreement.restore(event.record, event.blocks)
                agreement.start_height()
            case world.ConsensusReceived():
                agreement.message_received(event.peer, event.data)
            case world.TimerFired():
                agreement.feed(machine_events.TimerFired(event.timer))
            case world.TransactionArrived():
                self._transaction_arrived(event)
            case world.PeerUp():
                agreement.peer_up(event.peer)
            case world.PeerDown():
                agreement.peer_down(event.peer)
                self.catch_up.gone(event.peer)
            case world.PeerStatus():
                self._note_height(event.peer, event.height)
            case world.CatchUpTick():
                self._chain.effects += self.catch_up.tick()
                agreement.take_steps(assembly.retry())
            case world.PartsReceived():
                parts = (event.transactions, event.receipts)
                agreement.take_steps(assembly.parts_received(event.request, *parts))
            case world.BlocksReceived():
                self._blocks_received(event)
            case world.BlockAnnounced():
                self._block_announced(event)
            case world.RequestFailed():
                self._request_failed(event)
            case world.FetchAsked():
                self._fetch_asked(event)
            case _:
                assert_never(event)

    def _note_height(self, peer: str, height: int) -> None:
        self._chain.effects += self.catch_up.note(peer, height)

    def _blocks_received(self, event: world.BlocksReceived) -> None:
        if event.request != self.catch_up.request:
            if event.blocks:
                steps = self._agreement.assembly.block_received(event.request, event.blocks[0][0])
                self._agreement.take_steps(steps)
            return
        before = self.ledger.height
        try:
            for verified, certificate in event.blocks:
                if verified.block.header.height > before:
                    self._take_final_block(verified, certificate)
        except ChainError as error:
            fields = (("peer", event.peer), ("reason", str(error)))
            self._chain.effects.append(world.Report("sync_refused", fields))
            self._chain.effects.append(world.Punish(peer=event.peer, weight=LIAR_WEIGHT))
            self.catch_up.answered(event.request, progress=False)
        else:
            self.catch_up.answered(event.request, progress=self.ledger.height > before)
        self._chain.effects += self.catch_up.ask()
        self._agreement.start_height()

    def _take_final_block(self, verified: VerifiedBlock, certificate: Certificate | None) -> None:
        """Execute and commit a block that its certificate proves final.

        Raises:
            InvalidCertificate: it proves nothing, or another block.
            InvalidBlock: the block does not follow the tip or breaks a rule.
        """
        if certificate is None or certificate.kind is not VoteKind.PRECOMMIT:
            raise InvalidCertificate(detail="it is no commit certificate")
        if certificate.block_hash != verified.block.hash:
            raise InvalidCertificate(detail="it is another block's")
        if verified.block.header.height != self.ledger.height + 1:
            raise InvalidBlock(detail="it does not follow the last final block")
        check_certificate(
            certificate,
            validators=self.ledger.validators,
            genesis_hash=self.ledger.genesis_hash,
        )
        executed = execute_block(self.ledger, verified)
        self._chain.commit(executed, certificate)
        self._agreement.assembly.reset(executed)

    def _block_announced(self, event: world.BlockAnnounced) -> None:
        header = event.compact.header
        if header.height > self.ledger.height + 1:
            self._note_height(event.peer, header.height)
        elif header.height == self.ledger.height + 1:
            self._agreement.assembly.learn(event.compact)
            self._agreement.take_message(event.peer, CertificateMessage(event.certificate))

    def _request_failed(self, event: world.RequestFailed) -> None:
        if self.catch_up.answered(event.request, progress=False):
            self._chain.effects += self.catch_up.ask()
            self._agreement.start_height()
        else:
            steps = self._agreement.assembly.request_failed(event.request)
            self._agreement.take_steps(steps)

    def _fetch_asked(self, event: world.FetchAsked) -> None:
        try:
            payload = self._agreement.assembly.answer(event.payload)
        except ChainError:
            self._chain.effects.append(world.Punish(peer=event.peer, weight=MALFORMED_WEIGHT))
            payload = b""
        self._chain.effects.append(world.Answer(request=event.request, payload=payload))

    def _transaction_arrived(self, event: world.TransactionArrived) -> None:
        """Admit a transaction; one that a caller handed in is gossiped and answered."""
        verified, refusal = event.verified, None
        try:
            if isinstance(verified.transaction, ClaimTransaction):
                assert event.receipt is not None
                self.mempool.add_claim(verified, event.receipt)
            else:
                self.mempool.add(verified)
        except ChainError as error:
            refusal = error
        if event.ticket is None:
            return
        if refusal is None:
            self._chain.effects.append(_gossip(event))
        self._chain.effects.append(world.Reply(event.ticket, verified.id, refusal))


def _gossip(event: world.TransactionArrived) -> world.Gossip:
    if event.receipt is None:
        return world.Gossip(world.Topic.TRANSACTIONS, sequence([event.verified.data]))
    pair = encode_claim_pair(document=event.receipt.document, claim=event.verified.data)
    return world.Gossip(world.Topic.RECEIPTS, sequence([pair]))
