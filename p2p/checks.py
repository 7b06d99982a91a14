"""The stateless checks of a stranger's bytes, made here so that the core need not.

Everything is judged by size, form, chain and signature alone. What fails can never become valid,
so its sender pays; whether it can be applied now is the core's to say.
"""

from pathlib import Path

from chain.block import Block
from chain.codec import decode_whole, sequence
from chain.errors import ChainError, ConfigError, MalformedMessage, WrongChain
from chain.evidence import Evidence, check_evidence
from chain.exchange import ProtocolId, Topic
from chain.fetch import (
    SYNC_BYTES_MAX,
    Parts,
    SyncWanted,
    decode_fetch_answer,
    decode_sync_answer,
)
from chain.payload_pairs import decode_announcement, decode_claim_bundle, decode_final_block
from chain.primitives import BLOCK_CLAIMS_MAX, TRANSACTION_BYTES_MAX, Hash
from chain.receipt import Receipt
from chain.store.queries import ChainReader
from chain.transaction import claims_in
from chain.validation import (
    check_claim_agrees,
    verify_block,
    verify_receipt_document,
    verify_transaction,
)
from p2p.settings import EdgeSettings
from p2p.topics import TOPIC_BYTES_MAX
from p2p.verdicts import Verdict

GOSSIP_ITEMS_MAX = BLOCK_CLAIMS_MAX
"""Transactions, or pairs of receipt and claim, in one gossiped payload."""


class ChainChecks:
    """Checks for one chain, and answers to sync requests from its database."""

    def __init__(self, *, chain_id: str, genesis_hash: Hash, database: Path) -> None:
        """Name the chain; the database is opened when the first peer asks.

        Args:
            chain_id: name of the chain.
            genesis_hash: 32 bytes.
            database: opened for reading only.
        """
        self._chain_id, self._genesis_hash = chain_id, genesis_hash
        self._database = database
        self._reader: ChainReader | None = None

    def check_gossip(self, topic: Topic, payload: bytes) -> Verdict:
        """Accept a payload whose every part verifies."""
        try:
            match topic:
                case Topic.TX:
                    self._check_transactions(payload)
                case Topic.RECEIPT:
                    self._check_claims(payload)
                case Topic.BLOCK:
                    compact, _ = decode_announcement(payload)
                    self._check_chain(compact.header.chain_id, compact.header.genesis_hash)
                    for piece in compact.evidence:
                        check_evidence(Evidence.decode(piece), genesis_hash=self._genesis_hash)
        except ChainError:
            return Verdict.REJECT
        return Verdict.ACCEPT

    def _check_transactions(self, payload: bytes) -> None:
        """Check a batch of transactions that travel alone.

        Raises:
            ChainError: one does not verify, or is a claim, which travels with its document.
        """
        for data in _items(payload, item_max=TRANSACTION_BYTES_MAX):
            verified = verify_transaction(data, genesis_hash=self._genesis_hash)
            if claims_in(verified.transaction):
                raise MalformedMessage(detail="a claim travels with its receipt document")

    def _check_claims(self, payload: bytes) -> None:
        """Check a batch of claims with their documents.

        Raises:
            ChainError: one does not verify, or claim and document disagree.
        """
        for bundle in _items(payload, item_max=TOPIC_BYTES_MAX[Topic.RECEIPT]):
            documents, data = decode_claim_bundle(bundle)
            verified = verify_transaction(data, genesis_hash=self._genesis_hash)
            claims = claims_in(verified.transaction)
            if not claims or len(claims) != len(documents):
                raise MalformedMessage(detail="claims and receipt documents do not match")
            for claim, document in zip(claims, documents, strict=True):
                check_claim_agrees(claim, self._receipt(document))

    def _receipt(self, document: bytes) -> Receipt:
        return verify_receipt_document(
            document, chain_id=self._chain_id, genesis_hash=self._genesis_hash
        )

    def _check_chain(self, chain_id: str, genesis_hash: Hash) -> None:
        if chain_id != self._chain_id or genesis_hash != self._genesis_hash:
            raise WrongChain(what="block")

    def check_response(self, protocol: ProtocolId, payload: bytes) -> Verdict:
        """Accept an answer whose every part verifies; an empty one says "I have nothing"."""
        try:
            if protocol is ProtocolId.SYNC:
                for item in decode_sync_answer(payload):
                    self._check_block(decode_final_block(item)[0])
            elif payload:
                self._check_fetched(payload)
        except ChainError:
            return Verdict.REJECT
        return Verdict.ACCEPT

    def _check_block(self, data: bytes) -> None:
        block = Block.decode(data)
        self._check_chain(block.header.chain_id, block.header.genesis_hash)
        verify_block(block, known={}, known_receipts={})

    def _check_fetched(self, payload: bytes) -> None:
        answer = decode_fetch_answer(payload)
        if not isinstance(answer, Parts):
            self._check_block(answer)
            return
        for data in answer.transactions:
            verify_transaction(data, genesis_hash=self._genesis_hash)
        for document in answer.receipts:
            self._receipt(document)

    def serve(self, protocol: ProtocolId, peer: str, payload: bytes) -> bytes | None:  # noqa: ARG002 - interface
        """Answer a sync request from the database; leave a fetch to the core.

        Raises:
            MalformedMessage: the request does not decode.
        """
        if protocol is not ProtocolId.SYNC:
            return None
        wanted = SyncWanted.decode(payload)
        if self._reader is None:
            self._reader = ChainReader.open(self._database)
        items = self._reader.sync_range(wanted.from_height, wanted.count, SYNC_BYTES_MAX)
        return sequence(items)


def chain_checks(settings: EdgeSettings) -> ChainChecks:
    """Return the checks that an edge's settings name by ``chain_id`` and ``database``.

    Raises:
        ConfigError: an option is missing.
    """
    options = settings.checks_options
    if options.keys() != {"chain_id", "database"}:
        raise ConfigError(detail="the chain's checks need the options chain_id and database")
    return ChainChecks(
        chain_id=options["chain_id"],
        genesis_hash=settings.genesis_hash,
        database=Path(options["database"]),
    )


def _items(payload: bytes, *, item_max: int) -> list[bytes]:
    """Return the items of a gossiped batch.

    Raises:
        MalformedMessage: it does not decode, is empty or too long.
    """
    items = decode_whole(
        payload,
        lambda reader: reader.sequence(count_max=GOSSIP_ITEMS_MAX, item_max=item_max),
    )
    if not items:
        raise MalformedMessage(detail="the batch is empty")
    return items
