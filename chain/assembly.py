"""Blocks of the height being agreed on: from the names of their parts to an executed block.

A block is judged only when every part is here. What the mempool does not hold is asked of the
peer that named the block, then of the others; nothing missing ever makes a block invalid.
"""

from collections import ChainMap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from chain.block import Block
from chain.consensus.events import BlockJudged, JudgeBlock
from chain.errors import ChainError
from chain.events import Ask, Effect, Protocol, Punish, Report
from chain.execution import ExecutedBlock, execute_block
from chain.fetch import BlockWanted, Parts, PartsWanted, decode_fetch, encode_block_answer
from chain.mempool import Mempool
from chain.primitives import Hash
from chain.proposal import CompactBlock, compact_block, fill_block, missing_parts
from chain.receipt import Receipt
from chain.state import Ledger
from chain.validation import VerifiedBlock, VerifiedTransaction, verify_block

MALFORMED_WEIGHT = 50
"""Score that a peer loses for a proposal whose content is not the block it names."""

BLOCKS_MAX = 16
"""Blocks looked at in one height; more rounds than that drop the oldest."""

Step = Effect | BlockJudged


@dataclass
class _Wanted:
    """A block that is not complete: what is known of it and whom we have asked."""

    block_hash: Hash
    compact: CompactBlock | None
    asked: list[str] = field(default_factory=list)
    request: int | None = None


class Assembly:
    """The blocks of one height, complete or on their way."""

    def __init__(self, ledger: Ledger, mempool: Mempool, next_request: Callable[[], int]) -> None:
        """Start with none.

        Args:
            ledger: the final state.
            mempool: where most parts are.
            next_request: gives a fresh request number.
        """
        self._ledger, self._mempool, self._next_request = ledger, mempool, next_request
        self.executed: dict[Hash, ExecutedBlock] = {}
        self.peers: list[str] = []
        self._wanted: dict[Hash, _Wanted] = {}
        self._transactions: dict[Hash, VerifiedTransaction] = {}
        self._receipts: dict[Hash, Receipt] = {}

    def reset(self, last: ExecutedBlock | None) -> None:
        """Go on to the next height; the last block stays, for peers that ask for it."""
        self.executed = {} if last is None else {last.hash: last}
        self._wanted.clear()
        self._transactions.clear()
        self._receipts.clear()

    def keep(self, executed: ExecutedBlock) -> None:
        """Keep an executed block of this height, whoever made it."""
        while len(self.executed) >= BLOCKS_MAX:
            del self.executed[next(iter(self.executed))]
        self.executed[executed.hash] = executed

    def remember_parts(
        self, transactions: Iterable[VerifiedTransaction], receipts: Iterable[Receipt]
    ) -> None:
        """Hold parts of this height beside the mempool."""
        self._transactions |= {one.full_id: one for one in transactions}
        self._receipts |= {one.sidecar_id: one for one in receipts}

    def learn(self, compact: CompactBlock) -> None:
        """Note a block's compact form, for when the machine asks about its hash."""
        self._want(compact.header.hash, compact)

    def judge(self, question: JudgeBlock) -> list[Step]:
        """Begin to answer the machine's question; the answer may come at once."""
        if question.block_hash in self.executed:
            return [BlockJudged(block_hash=question.block_hash, valid=True)]
        wanted = self._want(question.block_hash, None)
        wanted.asked.clear()
        if wanted.compact is None and question.proposal is not None:
            try:
                wanted.compact = self._read_content(question)
            except ChainError as error:
                return self._blame(question.peer, error)
        return self._complete(wanted, question.peer)

    def _want(self, block_hash: Hash, compact: CompactBlock | None) -> _Wanted:
        wanted = self._wanted.get(block_hash)
        if wanted is None:
            while len(self._wanted) >= BLOCKS_MAX:
                del self._wanted[next(iter(self._wanted))]
            wanted = self._wanted[block_hash] = _Wanted(block_hash, compact)
        elif wanted.compact is None:
            wanted.compact = compact
        return wanted

    def _read_content(self, question: JudgeBlock) -> CompactBlock:
        """Decode a proposal's content and check that it is the block the proposal names.

        Raises:
            ChainError: it is not, or a new block was made by somebody else than its proposer.
        """
        proposal = question.proposal
        assert proposal is not None
        compact = CompactBlock.decode(proposal.content)
        if compact.header.hash != question.block_hash:
            raise ChainError
        proposer = self._ledger.validators[proposal.index].public_key
        if proposal.pol_round < 0 and compact.header.proposer != proposer:
            raise ChainError
        return compact

    @staticmethod
    def _blame(peer: str | None, error: ChainError) -> list[Step]:
        report = Report("proposal_refused", (("peer", peer), ("reason", str(error))))
        return [report] if peer is None else [report, Punish(peer=peer, weight=MALFORMED_WEIGHT)]

    def _complete(self, wanted: _Wanted, peer: str | None) -> list[Step]:
        """Judge the block if nothing is missing, else ask for what is."""
        if wanted.compact is None:
            return self._ask(wanted, peer, BlockWanted(wanted.block_hash).encode())
        transactions = ChainMap(self._transactions, self._mempool.transactions)
        receipts = ChainMap(self._receipts, self._mempool.receipts)
        absent, documents = missing_parts(wanted.compact, transactions, receipts)
        if absent or documents:
            request = PartsWanted(transactions=tuple(absent), receipts=tuple(documents))
            return self._ask(wanted, peer, request.encode())
        del self._wanted[wanted.block_hash]
        block = fill_block(wanted.compact, transactions, receipts)
        try:
            verified = verify_block(block, known=transactions, known_receipts=receipts)
        except ChainError as error:
            return self._refuse(block, error)
        return self._execute(verified)

    def _execute(self, verified: VerifiedBlock) -> list[Step]:
        try:
            executed = execute_block(self._ledger, verified)
        except ChainError as error:
            return self._refuse(verified.block, error)
        self.keep(executed)
        content = compact_block(verified).encode()
        return [BlockJudged(block_hash=executed.hash, valid=True, content=content)]

    @staticmethod
    def _refuse(block: Block, error: ChainError) -> list[Step]:
        fields = (("height", block.header.height), ("hash", block.hash.hex()))
        report = Report("block_refused", (*fields, ("code", error.code), ("reason", str(error))))
        return [report, BlockJudged(block_hash=block.hash, valid=False)]

    def _ask(self, wanted: _Wanted, peer: str | None, payload: bytes) -> list[Step]:
        """Ask the given peer, or the next one not asked yet; when all were, wait to be retried."""
        candidates = [peer] if peer else [one for one in self.peers if one not in wanted.asked]
        if not candidates:
            return []
        wanted.asked.append(candidates[0])
        wanted.request = self._next_request()
        request, asked = wanted.request, candidates[0]
        return [Ask(request=request, protocol=Protocol.FETCH, peer=asked, payload=payload)]

    def retry(self) -> list[Step]:
        """Ask again for everything that is missing and not asked for."""
        steps: list[Step] = []
        for wanted in list(self._wanted.values()):
            if wanted.request is None:
                wanted.asked.clear()
                steps += self._complete(wanted, None)
        return steps

    def parts_received(
        self,
        request: int,
        transactions: Iterable[VerifiedTransaction],
        receipts: Iterable[Receipt],
    ) -> list[Step]:
        """Take parts that were asked for and go on with their block."""
        wanted = self._find(request)
        if wanted is None or wanted.compact is None:
            return []
        names, documents = set(wanted.compact.transactions), set(wanted.compact.receipts)
        self.remember_parts(
            (one for one in transactions if one.full_id in names),
            (one for one in receipts if one.sidecar_id in documents),
        )
        return self._complete(wanted, None)

    def block_received(self, request: int, verified: VerifiedBlock) -> list[Step]:
        """Take a block that was asked for by its hash."""
        wanted = self._find(request)
        if wanted is None:
            return []
        if verified.block.hash != wanted.block_hash:
            return self._complete(wanted, None)
        del self._wanted[wanted.block_hash]
        return self._execute(verified)

    def request_failed(self, request: int) -> list[Step]:
        """Ask the next peer."""
        wanted = self._find(request)
        return [] if wanted is None else self._complete(wanted, None)

    def _find(self, request: int) -> _Wanted | None:
        for wanted in self._wanted.values():
            if wanted.request == request:
                wanted.request = None
                return wanted
        return None

    def answer(self, payload: bytes) -> bytes:
        """Answer a peer's fetch with what is here; empty for nothing.

        Raises:
            MalformedMessage: the question is none.
        """
        wanted = decode_fetch(payload)
        if isinstance(wanted, BlockWanted):
            executed = self.executed.get(wanted.block_hash)
            return b"" if executed is None else encode_block_answer(executed.block.encode())
        transactions = ChainMap(self._transactions, self._mempool.transactions)
        receipts = ChainMap(self._receipts, self._mempool.receipts)
        for executed in self.executed.values():
            transactions = transactions.new_child(
                {one.full_id: one for one in executed.verified.transactions}
            )
            receipts = receipts.new_child(
                {one.sidecar_id: one for one in executed.verified.receipts}
            )
        return Parts(
            transactions=tuple(
                transactions[name].data for name in wanted.transactions if name in transactions
            ),
            receipts=tuple(receipts[name].document for name in wanted.receipts if name in receipts),
        ).encode()
