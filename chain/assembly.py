"""Blocks of the height being agreed on: from the names of their parts to an executed block.

A block is judged only when every part is here. What the mempool does not hold is asked of the
peer that named the block, then of the others; nothing missing ever makes a block invalid, and
neither do names of parts that its header does not bind.
"""

from collections.abc import Callable, Iterable, Sequence

from chain.block import Block
from chain.certificate import SignatureCheck
from chain.consensus.events import BlockJudged, JudgeBlock
from chain.consensus.messages import Proposal
from chain.crypto import check_signature
from chain.errors import ChainError, InvalidBlock, MalformedMessage
from chain.events import Ask, Effect, Punish, Report
from chain.exchange import ProtocolId
from chain.execution import ExecutedBlock, execute_block
from chain.fetch import BlockWanted, PartsWanted, decode_fetch, encode_block_answer
from chain.mempool import Mempool
from chain.part_pool import PartPool
from chain.primitives import Hash
from chain.proposal import CompactBlock, compact_block, fill_block, missing_parts
from chain.receipt import Receipt
from chain.state import Ledger
from chain.validation import VerifiedBlock, VerifiedTransaction, check_block_roots, verify_block
from chain.wanted import Content, Wanted

CONTENT_WEIGHT = 50
"""Score that a peer loses for a content that is not the block it names."""

BLOCKS_MAX = 16
"""Incomplete blocks, executed drafts and decoded contents that are held; the oldest give way."""

Step = Effect | BlockJudged


class Assembly:
    """The blocks of one height, complete or on their way."""

    def __init__(
        self,
        ledger: Ledger,
        mempool: Mempool,
        next_request: Callable[[], int],
        *,
        check: SignatureCheck = check_signature,
    ) -> None:
        """Start with none.

        Args:
            ledger: the final state.
            mempool: where most parts are.
            next_request: gives a fresh request number.
            check: the signature check for the votes in blocks.
        """
        self._ledger, self._next_request, self._check = ledger, next_request, check
        self._peers: dict[str, None] = {}
        self._executed: dict[Hash, ExecutedBlock] = {}
        self._verified: dict[Hash, VerifiedBlock] = {}
        self._wanted: dict[Hash, Wanted] = {}
        self._contents: dict[bytes, Content] = {}
        self._parts = PartPool(mempool)

    def peer_up(self, peer: str) -> None:
        """Ask a peer too from now on."""
        self._peers[peer] = None

    def peer_down(self, peer: str) -> None:
        """Ask a peer for nothing more; its open requests fail by themselves."""
        self._peers.pop(peer, None)

    # Complete blocks.

    def reset(self, last: ExecutedBlock) -> None:
        """Go on to the next height; the last block stays, for peers that ask for it.

        So do blocks of heights to come: the sign log's, while the node catches up to its height.
        """
        height = last.block.header.height
        kept = [one for one in self._verified.values() if one.block.header.height > height]
        self._executed.clear()
        self._verified.clear()
        self._wanted.clear()
        self._parts.clear()
        for verified in (last.verified, *kept):
            self.remember(verified)

    def remember(self, verified: VerifiedBlock) -> None:
        """Hold a block that the sign log kept, or that was found valid, and all its parts.

        A round brings two at most, and what they share is held once.
        """
        self._verified[verified.block.hash] = verified
        self._parts.add(verified.transactions, verified.receipts)

    def keep(self, executed: ExecutedBlock) -> None:
        """Keep an executed block of this height, whoever made it."""
        while len(self._executed) >= BLOCKS_MAX:
            del self._executed[next(iter(self._executed))]
        self._executed[executed.hash] = executed
        self.remember(executed.verified)

    def block_bytes(self, block_hash: Hash) -> bytes:
        """Return the bytes of a block of this height that is valid."""
        return self._verified[block_hash].block.encode()

    def get_executed(self, block_hash: Hash) -> ExecutedBlock:
        """Return a valid block of this height, executed again if its draft gave way."""
        if block_hash not in self._executed:
            verified = self._verified[block_hash]
            self.keep(execute_block(self._ledger, verified, check=self._check))
        return self._executed[block_hash]

    # Blocks to judge.

    def read_content(self, proposal: Proposal, peer: str | None) -> CompactBlock:
        """Return the block that a proposal carries.

        Raises:
            MalformedMessage: the content does not decode, or is not the block it names.
        """
        known = self._contents.get(proposal.content)
        if known is None:
            while len(self._contents) >= BLOCKS_MAX:
                del self._contents[next(iter(self._contents))]
            known = Content(CompactBlock.decode(proposal.content), peer)
            self._contents[proposal.content] = known
        if known.compact.header.hash != proposal.block_hash:
            raise MalformedMessage(detail="the content is not the block that the proposal names")
        return known.compact

    def learn(self, compact: CompactBlock, peer: str) -> None:
        """Note a final block's parts, for when the machine asks about its hash."""
        self._want(compact.header.hash).learn(Content(compact, peer))

    def judge(self, question: JudgeBlock) -> list[Step]:
        """Begin to answer the machine's question; the answer may come at once."""
        block_hash, proposal = question.block_hash, question.proposal
        if block_hash in self._executed:
            return [BlockJudged(block_hash=block_hash, valid=True)]
        if block_hash in self._verified:
            return self._execute(self._verified[block_hash])
        wanted, peer = self._want(block_hash), question.peer
        if proposal is not None:
            content = self._contents.get(proposal.content)
            if content is None:
                content = Content(self.read_content(proposal, None), None)
            wanted.learn(content)
            peer = content.peer or peer
        return self._complete(wanted, peer)

    def _want(self, block_hash: Hash) -> Wanted:
        wanted = self._wanted.get(block_hash)
        if wanted is None:
            while len(self._wanted) >= BLOCKS_MAX:
                del self._wanted[next(iter(self._wanted))]
            wanted = self._wanted[block_hash] = Wanted(block_hash)
        return wanted

    def _complete(self, wanted: Wanted, peer: str | None) -> list[Step]:
        """Judge the block if nothing is missing, else ask for what is."""
        steps: list[Step] = []
        missing: list[PartsWanted] = []
        for content in list(wanted.contents):
            transactions, receipts = self._parts.gather(content.compact)
            absent, documents = missing_parts(content.compact, transactions, receipts)
            if absent or documents:
                missing.append(PartsWanted(tuple(absent), tuple(documents)))
                continue
            block = fill_block(content.compact, transactions, receipts)
            try:
                verified = verify_block(
                    block, known=transactions, known_receipts=receipts, check=self._check
                )
            except ChainError as error:
                if _is_bound(block):
                    return [*steps, *self._refuse(block, error)]
                wanted.contents.remove(content)
                steps += _blame(content.peer, error)
            else:
                return [*steps, *self._execute(verified)]
        return steps + self._ask(wanted, peer, missing)

    def _execute(self, verified: VerifiedBlock) -> list[Step]:
        try:
            executed = execute_block(self._ledger, verified, check=self._check)
        except ChainError as error:
            return self._refuse(verified.block, error)
        self._wanted.pop(executed.hash, None)
        self.keep(executed)
        content = compact_block(verified).encode()
        return [BlockJudged(block_hash=executed.hash, valid=True, content=content)]

    def _refuse(self, block: Block, error: ChainError) -> list[Step]:
        self._wanted.pop(block.hash, None)
        fields = (("height", block.header.height), ("hash", block.hash.hex()))
        report = Report("block_refused", (*fields, ("code", error.code), ("reason", str(error))))
        return [report, BlockJudged(block_hash=block.hash, valid=False)]

    # Questions and answers.

    def _ask(
        self, wanted: Wanted, preferred: str | None, missing: Sequence[PartsWanted]
    ) -> list[Step]:
        """Ask the next peer for the parts of the content that lacks fewest, or for the whole."""
        peer = wanted.choose_peer(preferred, self._peers)
        if peer is None:
            return []
        question: PartsWanted | BlockWanted = BlockWanted(wanted.block_hash)
        if missing and not wanted.as_whole:
            question = min(missing, key=lambda one: len(one.transactions) + len(one.receipts))
        request = self._next_request()
        wanted.asked.add(peer)
        wanted.open[request] = peer
        payload = question.encode()
        return [Ask(request=request, protocol=ProtocolId.FETCH, peer=peer, payload=payload)]

    def retry(self) -> list[Step]:
        """Ask again for everything that is missing and not asked for."""
        steps: list[Step] = []
        for wanted in list(self._wanted.values()):
            if not wanted.open:
                wanted.start_again()
                steps += self._complete(wanted, None)
        return steps

    def parts_received(
        self,
        request: int,
        transactions: Iterable[VerifiedTransaction],
        receipts: Iterable[Receipt],
    ) -> list[Step]:
        """Take parts that were asked for and go on with their block; others are dropped."""
        wanted = self._find(request)
        if wanted is None:
            return []
        del wanted.open[request]
        names = {name for one in wanted.contents for name in one.compact.transactions}
        documents = {name for one in wanted.contents for name in one.compact.receipts}
        self._parts.add(
            (one for one in transactions if one.full_id in names),
            (one for one in receipts if one.sidecar_id in documents),
        )
        return self._complete(wanted, None)

    def block_received(self, request: int, verified: VerifiedBlock) -> list[Step]:
        """Take a block that was asked for by its hash; another one costs its sender."""
        wanted = self._find(request)
        if wanted is None:
            return []
        peer = wanted.open.pop(request)
        if verified.block.hash == wanted.block_hash and _is_bound(verified.block):
            return self._execute(verified)
        lie = MalformedMessage(detail="the block is not the one that was asked for")
        return [*_blame(peer, lie), *self._complete(wanted, None)]

    def request_failed(self, request: int) -> list[Step]:
        """Ask the next peer."""
        wanted = self._find(request)
        if wanted is None:
            return []
        del wanted.open[request]
        return self._complete(wanted, None)

    def _find(self, request: int) -> Wanted | None:
        return next((one for one in self._wanted.values() if request in one.open), None)

    def answer(self, payload: bytes) -> bytes:
        """Answer a peer's fetch with what is here; empty for nothing.

        Raises:
            MalformedMessage: the question is none.
        """
        wanted = decode_fetch(payload)
        if isinstance(wanted, PartsWanted):
            return self._parts.answer(wanted)
        verified = self._verified.get(wanted.block_hash)
        return b"" if verified is None else encode_block_answer(verified.block.encode())


def _is_bound(block: Block) -> bool:
    """Tell whether a block's header names these very parts; others are not the block's fault."""
    try:
        check_block_roots(block)
    except InvalidBlock:
        return False
    return True


def _blame(peer: str | None, error: ChainError) -> list[Step]:
    report = Report("content_refused", (("peer", peer), ("reason", str(error))))
    return [report] if peer is None else [report, Punish(peer=peer, weight=CONTENT_WEIGHT)]
