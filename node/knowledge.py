"""What the core knows and no database does, as JSON for the API edges.

Most of it is told to peers anyhow, or may be: votes, what waits, what a transaction would do. What
is the operator's alone reaches an edge's caller by no public port.
Each answer is a look at one moment and takes a few milliseconds at most.
"""

from collections import Counter
from itertools import islice
from typing import assert_never

import msgspec

from chain import mempool
from chain.checked import checked_transaction
from chain.codec import Reader, decode_whole
from chain.consensus.height_state import Step
from chain.consensus.look import ConsensusLook
from chain.engine import Engine
from chain.errors import InvalidTransaction
from chain.kind import Kind
from chain.outcome import Outcome, OutcomeKind
from chain.primitives import ZERO_HASH, Hash
from chain.trial import try_transaction
from node.administration import Administration, Peers
from node.api_questions import Question, Topic

Facts = dict[str, object]


class Knowledge:
    """Answers questions about an engine."""

    def __init__(self, engine: Engine, peers: Peers) -> None:
        """Look at this engine; only an operator's questions change what it keeps."""
        self._engine = engine
        self._operator = Administration(engine, peers)

    def tell(self, question: Question) -> bytes:
        """Return the answer to a question, as JSON text.

        Raises:
            ChainError: its data are not what its topic takes: the edge is broken.
        """
        topic = question.topic
        match topic:
            case Topic.CONSENSUS:
                facts = self._consensus()
            case Topic.MEMPOOL:
                facts = self._mempool(count=decode_whole(question.data, Reader.u16))
            case Topic.SIMULATE:
                facts = self._simulate(question.data)
            case Topic.PEERS:
                facts = self._operator.peers()
            case Topic.BAN:
                facts = self._operator.ban(question.data)
            case Topic.CUT:
                facts = self._operator.cut(question.data)
            case Topic.EVICT:
                facts = self._operator.evict(question.data)
            case Topic.LOG_LEVEL:
                facts = self._operator.log_level(question.data)
            case _:
                assert_never(topic)
        return msgspec.json.encode(facts)

    def _consensus(self) -> Facts:
        look = self._engine.look
        if look is None:
            ledger = self._engine.ledger
            return {
                "height": ledger.height + 1,
                "round": None,
                "step": Step.NOT_STARTED.name.lower(),
                "quorum": ledger.validators.quorum,
                "validators": [],
            }
        return {
            "height": look.height,
            "round": look.round if look.round >= 0 else None,
            "step": look.step.name.lower(),
            "quorum": look.validators.quorum,
            "validators": _validators(look),
        }

    def _mempool(self, *, count: int) -> Facts:
        pool = self._engine.mempool
        kinds = Counter(one.transaction.kind for one in pool.transactions.values())
        return {
            "count": len(pool),
            "bytes": pool.size_bytes,
            "countMax": mempool.TRANSACTIONS_MAX,
            "bytesMax": mempool.BYTES_MAX,
            "byKind": {kind.name.lower(): kinds[kind] for kind in Kind if kinds[kind]},
            "next": [_hex(one.id) for one in islice(pool.candidates(), count)],
        }

    def _simulate(self, data: bytes) -> Facts:
        ledger = self._engine.ledger
        verified = checked_transaction(data, genesis_hash=ledger.genesis_hash)
        facts: Facts = {"atHeight": ledger.height, "transactionId": _hex(verified.id)}
        try:
            outcome = try_transaction(ledger, verified)
        except InvalidTransaction as error:
            refusal = {"reason": error.code, "message": str(error), **vars(error)}
            return facts | {"applies": False, "outcome": None, "refusal": refusal}
        return facts | {"applies": True, "outcome": _outcome(outcome), "refusal": None}


def _validators(look: ConsensusLook) -> list[Facts]:
    return [
        {
            "name": one.name,
            "publicKey": _hex(one.public_key),
            "isProposer": index == look.proposer,
            "prevote": _vote(look.prevotes.get(index)),
            "precommit": _vote(look.precommits.get(index)),
        }
        for index, one in enumerate(look.validators)
    ]


def _vote(block_hash: Hash | None) -> str | None:
    """Return a vote for people; None where none was seen."""
    if block_hash is None:
        return None
    return "nil" if block_hash == ZERO_HASH else _hex(block_hash)


def _outcome(outcome: Outcome) -> Facts:
    return {
        "kind": OutcomeKind(outcome.kind).name.lower(),
        "fee": str(outcome.fee),
        "paid": str(outcome.paid),
        "returned": str(outcome.returned),
        "pending": str(outcome.pending),
    }


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"
