"""The event machine: everything the chain does, one event in, ordered effects out.

Theory of operation. ``Agreement`` decides which block is final; its assembly turns the names in a
proposal into an executed block; the mempool holds what waits; ``CatchUp`` asks for blocks that
others have finished, and ``Sync`` takes them in. This file ties them together. It opens no socket,
reads no clock and rolls no dice: whoever runs it brings events with the time in them and performs
the effects in order.
"""

from typing import assert_never

from chain import events as world
from chain.advance import Chain
from chain.agreement import FORGED_WEIGHT, MALFORMED_WEIGHT, Agreement
from chain.catch_up import CatchUp
from chain.certificate import Certificate, SignatureCheck
from chain.codec import sequence
from chain.consensus.evidence import decode_evidence_message, is_evidence_message
from chain.consensus.height_state import Step
from chain.consensus.intake import VerifiedSignatures
from chain.consensus.look import ConsensusLook
from chain.consensus.sign_state import Signer
from chain.consensus.timing import Timing
from chain.crypto import check_signature
from chain.errors import ChainError, InvalidSignature, LimitExceeded, MalformedMessage
from chain.exchange import Topic
from chain.mempool import Mempool
from chain.payload_pairs import BUNDLE_BYTES_MAX, encode_claim_bundle
from chain.state import Ledger
from chain.sync import Sync
from chain.transaction import claims_in


class Engine:
    """The chain's rules as a machine; one for each node."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        last_certificate: Certificate | None,
        signer: Signer | None,
        timing: Timing,
        check: SignatureCheck = check_signature,
        is_key_unique: bool = True,
    ) -> None:
        """Take over the final state; nothing happens until ``Started`` comes.

        Args:
            ledger: the final state.
            last_certificate: of the ledger's tip; None before the first block.
            signer: a validator's key; None for a node that only follows.
            timing: the consensus timeouts.
            check: the check of validators' signatures; the simulation hands in a faster one.
            is_key_unique: whether the node must stop when another one signs with its key.
        """
        self._chain = Chain(ledger, last_certificate, VerifiedSignatures(check))
        self.catch_up = CatchUp(ledger, self._chain.next_request)
        self._agreement = Agreement(
            self._chain,
            signer=signer,
            timing=timing,
            note_height=self._note_height,
            is_advancing=lambda: self.catch_up.is_advancing,
            is_key_unique=is_key_unique,
        )
        self._sync = Sync(self._chain, self._agreement, self.catch_up)

    @property
    def ledger(self) -> Ledger:
        """The final state."""
        return self._chain.ledger

    @property
    def mempool(self) -> Mempool:
        """What waits for a block."""
        return self._chain.mempool

    @property
    def best(self) -> int:
        """How high the chain is, as far as we can tell."""
        return self.catch_up.best(self._chain.now_ms)

    @property
    def is_behind(self) -> bool:
        """Whether the chain is farther than we are, as far as we can tell."""
        return self.catch_up.is_behind(self._chain.now_ms)

    @property
    def round(self) -> int:
        """The round of the height being agreed on."""
        return self._agreement.machine.position[1]

    @property
    def step(self) -> Step:
        """What this node does next in that round."""
        return self._agreement.machine.position[2]

    @property
    def look(self) -> ConsensusLook | None:
        """What people may see of the agreement; None before the first height."""
        return self._agreement.machine.look()

    def handle(self, event: world.Event) -> list[world.Effect]:
        """Take one event and return the effects, to be performed in their order."""
        self._chain.effects = []
        self._chain.now_ms = getattr(event, "now_ms", self._chain.now_ms)
        self._dispatch(event)
        return self._chain.effects

    def _dispatch(self, event: world.Event) -> None:  # noqa: C901, PLR0912 - one arm an event
        agreement, assembly = self._agreement, self._agreement.assembly
        match event:
            case world.Started():
                if event.record is not None:
                    agreement.restore(event.record, event.blocks)
                agreement.listen()
                agreement.start_height()
            case world.ConsensusReceived():
                self._consensus_received(event)
            case world.TimerFired():
                agreement.timer_fired(event.timer)
            case world.TransactionArrived():
                self._transaction_arrived(event)
            case world.PeerUp():
                agreement.peer_up(event.peer)
                self._chain.effects += self._chain.evidence.greet(event.peer)
            case world.PeerDown():
                agreement.peer_down(event.peer)
                self.catch_up.gone(event.peer)
            case world.PeerStatus():
                self._note_height(event.peer, event.height)
            case world.CatchUpTick():
                self._sync.tick()
                agreement.tick()
            case world.PartsReceived():
                parts = (event.transactions, event.receipts)
                agreement.take_steps(assembly.parts_received(event.request, *parts))
            case world.BlocksReceived():
                self._blocks_received(event)
            case world.BlockAnnounced():
                self._sync.announced(event)
            case world.RequestFailed():
                self._request_failed(event)
            case world.NextBlock():
                self._sync.next_block()
            case world.FetchAsked():
                self._fetch_asked(event)
            case _:
                assert_never(event)

    def _consensus_received(self, event: world.ConsensusReceived) -> None:
        """Learn evidence, of whatever height; a forged one costs its bringer."""
        if not is_evidence_message(event.data):
            self._agreement.message_received(event.peer, event.data)
            return
        try:
            evidence = decode_evidence_message(event.data)
        except MalformedMessage as error:
            self._chain.blame(event.peer, error, weight=MALFORMED_WEIGHT)
            return
        try:
            self._chain.effects += self._chain.evidence.learn(evidence)
        except InvalidSignature as error:
            self._chain.blame(event.peer, error, weight=FORGED_WEIGHT)

    def _note_height(self, peer: str, height: int) -> None:
        self._chain.effects += self.catch_up.note(peer, height)

    def _blocks_received(self, event: world.BlocksReceived) -> None:
        if event.request in self.catch_up.open:
            self._sync.answered(event)
            return
        assembly = self._agreement.assembly
        if event.blocks:
            steps = assembly.block_received(event.request, event.blocks[0][0])
        else:
            steps = assembly.request_failed(event.request)
        self._agreement.take_steps(steps)

    def _request_failed(self, event: world.RequestFailed) -> None:
        if event.request in self.catch_up.open:
            self._sync.failed(event.request)
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
            self._admit(event)
        except ChainError as error:
            refusal = error
        if event.ticket is None:
            return
        if refusal is None:
            self._chain.effects.append(_gossip(event))
        self._chain.effects.append(world.Reply(event.ticket, verified.id, refusal))

    def _admit(self, event: world.TransactionArrived) -> None:
        """Put a transaction into the mempool.

        Raises:
            MalformedMessage: claims without their documents, or documents without claims.
            LimitExceeded: claims and documents are too large to be gossiped together.
            ChainError: the mempool refuses it.
        """
        claims = claims_in(event.verified.transaction)
        if len(claims) != len(event.receipts):
            raise MalformedMessage(detail="a claim travels with its receipt, and nothing else does")
        size = len(event.verified.data) + sum(len(one.document) for one in event.receipts)
        if size > BUNDLE_BYTES_MAX:
            what = "the size of claims with their documents"
            raise LimitExceeded(what=what, got=size, limit=BUNDLE_BYTES_MAX)
        if claims:
            self.mempool.add_claims(event.verified, event.receipts)
        else:
            self.mempool.add(event.verified)


def _gossip(event: world.TransactionArrived) -> world.Gossip:
    if not event.receipts:
        return world.Gossip(Topic.TX, sequence([event.verified.data]))
    documents = [one.document for one in event.receipts]
    bundle = encode_claim_bundle(documents=documents, claim=event.verified.data)
    return world.Gossip(Topic.RECEIPT, sequence([bundle]))
