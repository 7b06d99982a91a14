"""Questions and answers: one stream each, with limits on size, time and number.

What we ask goes to one named peer, or to up to ``ATTEMPTS_MAX`` of those connected, best first.
What we are asked is answered here if the checks can, and otherwise by the core.
"""

import itertools
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import trio

from chain.errors import ChainError, MalformedMessage, PeerError
from chain.exchange import ProtocolId
from chain.primitives import Hash
from p2p.lanes import Gate
from p2p.network import Network, PeerStream, StreamUser
from p2p.protocols import ANSWER_BYTES_MAX, REQUEST_BYTES_MAX, request_name
from p2p.scores import Traffic
from p2p.streams import MessageReader, write_message
from p2p.verdicts import Checks, Verdict

ATTEMPTS_MAX = 3
ASKING_PER_PEER_MAX = 4
"""Questions that we have with one peer at once; half of what it allows."""

SERVING_PER_PEER_MAX = 8
SERVING_MAX = 32
"""Questions being answered, for all peers: 32 answers of 16 MiB are the most memory they take."""

ANSWER_TIMEOUT_S = 15.0
QUESTION_TIMEOUT_S = 5.0
MALFORMED_WEIGHT = 25

log = logging.getLogger(__name__)


class CoreAnswers(Protocol):
    """What serving asks of the one who talks with the core."""

    async def ask_core(self, protocol: ProtocolId, peer: str, payload: bytes, /) -> bytes:
        """Have the core answer a peer's question.

        Raises:
            PeerError: it did not in time.
        """
        ...


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that passed the checks, and who gave it."""

    peer: str
    payload: bytes


class Requests:
    """Both sides of every protocol of question and answer."""

    def __init__(
        self,
        network: Network,
        genesis_hash: Hash,
        *,
        checks: Checks,
        gate: Gate,
        core: CoreAnswers,
        candidates: Callable[[], Sequence[str]],
    ) -> None:
        """Serve the protocols.

        Args:
            network: where streams come from.
            genesis_hash: 32 bytes; its start is in every protocol's name.
            checks: answer questions and judge answers.
            gate: knows the peers.
            core: answers what the checks leave to it.
            candidates: the peers to ask when no peer is named, best first.
        """
        self._network = network
        self._names = {protocol: request_name(genesis_hash, protocol) for protocol in ProtocolId}
        self._checks = checks
        self._gate = gate
        self._core = core
        self._candidates = candidates
        self._turn = itertools.count()
        self._asking: dict[str, trio.CapacityLimiter] = {}
        self._serving: Counter[str] = Counter()
        self._serving_all = trio.CapacityLimiter(SERVING_MAX)
        self._one_at_a_time = trio.CapacityLimiter(1)
        for protocol, name in self._names.items():
            network.serve(name, self._server_of(protocol))

    async def ask(self, protocol: ProtocolId, peer: str, payload: bytes) -> Answered:
        """Ask a peer, or any peer when ``peer`` is empty.

        Raises:
            PeerError: no answer that passes the checks came in time.
        """
        reasons = []
        for candidate in [peer] if peer else self._some_peers():
            try:
                return Answered(candidate, await self._ask_one(protocol, candidate, payload))
            except PeerError as error:
                reasons.append(f"{candidate}: {error.detail}")
        raise PeerError(detail="; ".join(reasons) or "no peer is connected")

    def forget(self, peer: str) -> None:
        """Take note that a peer is gone."""
        self._asking.pop(peer, None)

    def _some_peers(self) -> list[str]:
        """Return the peers to try, another one first each time among the best half."""
        peers = list(self._candidates())
        best = (len(peers) + 1) // 2
        shift = next(self._turn) % best if best else 0
        return (peers[shift:best] + peers[:shift] + peers[best:])[:ATTEMPTS_MAX]

    async def _ask_one(self, protocol: ProtocolId, peer: str, payload: bytes) -> bytes:
        """Ask one peer.

        Raises:
            PeerError: it did not answer in time, or badly.
        """
        limiter = self._asking.setdefault(peer, trio.CapacityLimiter(ASKING_PER_PEER_MAX))
        async with limiter:
            answer = await self._exchange(protocol, peer, payload)
        verdict = self._checks.check_response(protocol, answer)
        if verdict is Verdict.REJECT:
            self._gate.penalise(peer, MALFORMED_WEIGHT, f"a bad answer to {protocol.name}")
        if verdict is not Verdict.ACCEPT:
            raise PeerError(detail=f"its answer failed the checks: {verdict.name}")
        return answer

    async def _exchange(self, protocol: ProtocolId, peer: str, payload: bytes) -> bytes:
        """Send a question on a stream of its own and return the answer.

        Raises:
            PeerError: it did not come, or not in time.
        """
        with trio.move_on_after(ANSWER_TIMEOUT_S):
            stream = await self._network.open_stream(peer, self._names[protocol])
            try:
                await write_message(stream, payload)
                answer = await MessageReader(stream, limit=ANSWER_BYTES_MAX).next()
            except MalformedMessage as error:
                self._gate.penalise(peer, MALFORMED_WEIGHT, str(error))
                raise PeerError(detail=error.detail) from error
            finally:
                await stream.reset()
            if answer is None:
                raise PeerError(detail="it closed without an answer")
            return answer
        raise PeerError(detail=f"no answer within {ANSWER_TIMEOUT_S} s")

    def _server_of(self, protocol: ProtocolId) -> StreamUser:
        """Return what serves the streams of one protocol."""

        async def serve(stream: PeerStream) -> None:
            await self._serve(protocol, stream)

        return serve

    async def _serve(self, protocol: ProtocolId, stream: PeerStream) -> None:
        """Read one question and answer it; who asks too much at once is refused."""
        peer = stream.peer
        if self._serving[peer] >= SERVING_PER_PEER_MAX:
            await stream.reset()
            return
        self._serving[peer] += 1
        try:
            async with self._serving_all:
                await self._answer(protocol, stream)
        except ChainError as error:
            self._gate.penalise(peer, MALFORMED_WEIGHT, f"a bad {protocol.name}: {error}")
            await stream.reset()
        except PeerError as error:
            log.debug("no answer for %s: %s", peer, error)
            await stream.reset()
        finally:
            self._serving -= Counter((peer,))

    async def _answer(self, protocol: ProtocolId, stream: PeerStream) -> None:
        """Answer the question on a stream.

        Raises:
            ChainError: the question is malformed.
            PeerError: it did not come in time, nobody could answer it, or the stream failed.
        """
        question = None
        with trio.move_on_after(QUESTION_TIMEOUT_S):
            question = await MessageReader(stream, limit=REQUEST_BYTES_MAX).next()
        if question is None:
            raise PeerError(detail="it asked nothing")
        await self._gate.admit(stream.peer, len(question), Traffic.QUESTION)
        answer = await trio.to_thread.run_sync(
            self._checks.serve, protocol, stream.peer, question, limiter=self._one_at_a_time
        )
        if answer is None:
            answer = await self._core.ask_core(protocol, stream.peer, question)
        await self._gate.admit(stream.peer, len(answer), Traffic.ANSWER)
        await write_message(stream, answer)
        await stream.close()
