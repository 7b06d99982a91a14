"""Taking in final blocks that others finished: each proven by its certificate, one at a time.

An answer may bring more blocks than can be executed at once without letting timers and beats
wait. So an event executes one block at most; when the next one is at hand, ``NextBlock`` is asked
for, which comes after other events have had their turn.
"""

from chain import events as world
from chain.advance import Chain
from chain.agreement import Agreement
from chain.catch_up import CatchUp
from chain.certificate import Certificate, check_certificate
from chain.consensus.messages import CertificateMessage
from chain.errors import ChainError, InvalidCertificate, StoreError
from chain.execution import execute_block
from chain.held_blocks import HeldBlock
from chain.validation import check_block_roots

LIAR_WEIGHT = 100
"""Score that a peer loses for a block or certificate that cannot be true: a ban."""


class Sync:
    """Brings blocks that :class:`CatchUp` fetched, or that were announced, into the chain."""

    def __init__(self, chain: Chain, agreement: Agreement, catch_up: CatchUp) -> None:
        """Join the parts of one engine."""
        self._chain, self._agreement, self._catch_up = chain, agreement, catch_up
        self._is_promised = False

    def tick(self) -> None:
        """Ask for what is late; vote again once blocks have ceased to come."""
        self._chain.effects += self._catch_up.tick()
        self._agreement.start_height()

    def answered(self, event: world.BlocksReceived) -> None:
        """Take the answer to a sync request."""
        peer = self._catch_up.open[event.request].peer
        try:
            self._catch_up.answered(event.request, event.blocks)
        except ChainError as error:
            self._refuse(peer, error)
        else:
            if event.blocks:
                self._prove(event.blocks[-1][1])
        self._go_on()

    def failed(self, request: int) -> None:
        """Take note that a sync request had no good answer."""
        self._catch_up.failed(request)
        self._go_on()

    def next_block(self) -> None:
        """Execute the next block, as was asked for."""
        self._is_promised = False
        self._go_on()

    def _go_on(self) -> None:
        """Execute one block if it is at hand, and see what to do next."""
        held = self._catch_up.take_next()
        if held is not None:
            try:
                self._take(held)
            except ChainError as error:
                self._refuse(held.peer, error)
            else:
                self._catch_up.taken(held)
        self._chain.effects += self._catch_up.ask()
        if self._catch_up.has_next and not self._is_promised:
            self._is_promised = True
            self._chain.effects.append(world.BringNextBlock())
        self._agreement.start_height()

    def _refuse(self, peer: str, error: ChainError) -> None:
        fields = (("peer", peer), ("reason", str(error)))
        self._chain.effects.append(world.Report("sync_refused", fields))
        self._chain.effects.append(world.Punish(peer=peer, weight=LIAR_WEIGHT))
        self._catch_up.refuse(peer)

    def _take(self, held: HeldBlock) -> None:
        """Execute and commit the next block, which its certificate proves final.

        Raises:
            InvalidCertificate: it proves nothing.
            InvalidBlock: the block's parts are not its header's.
            StoreError: this node finds invalid what the validators have decided.
        """
        verified, certificate = held.verified, held.certificate
        header = verified.block.header
        self._check(certificate)
        check_block_roots(verified.block)
        try:
            executed = execute_block(self._chain.ledger, verified, check=self._chain.check)
        except ChainError as error:
            detail = (
                f"the validators decided block {header.hash.hex()} at height {header.height}, "
                f"which this node finds invalid ({error}); its program or its data differs from "
                "theirs: compare versions, then restore from a snapshot"
            )
            raise StoreError(detail=detail) from error
        self._agreement.prove(certificate)
        self._chain.commit(executed, certificate)
        self._agreement.overtake(executed)

    def _check(self, certificate: Certificate) -> None:
        """Check that a certificate was made by the validators of the next height.

        Raises:
            InvalidCertificate: it was not.
        """
        ledger = self._chain.ledger
        check_certificate(
            certificate,
            validators=ledger.validators,
            genesis_hash=ledger.genesis_hash,
            check=self._chain.check,
        )

    def _prove(self, certificate: Certificate | None) -> bool:
        """Note how far the chain is if today's validators say so; others may have come since."""
        if certificate is None:
            return False
        try:
            self._check(certificate)
        except InvalidCertificate:
            return False
        self._catch_up.prove(certificate.height)
        self._agreement.prove(certificate)
        return True

    def announced(self, event: world.BlockAnnounced) -> None:
        """Take a gossiped final block whose certificate verifies.

        Who passed a forged one on is not to blame: gossip is relayed before it can be verified.
        """
        header, height = event.compact.header, self._chain.ledger.height
        if header.height <= height or event.certificate.height != header.height:
            return
        if not self._prove(event.certificate):
            return
        self._chain.effects += self._catch_up.note(event.peer, header.height)
        if header.height == height + 1:
            self._agreement.assembly.learn(event.compact, event.peer)
            self._agreement.take_message(event.peer, CertificateMessage(event.certificate))
