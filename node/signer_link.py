"""A node's side of its signer: a key and a sign log that are in another process.

The calls wait, as a write to the disk waits: there is nothing for a validator to do before its
signer has answered. A signer that is away costs votes and nothing else: the node stays silent,
says so, and goes on following the chain. Only in the middle of a vote, when something is signed
and not yet kept, does it wait; if the signer stays away then, the node stops.
"""

import socket
from pathlib import Path

import structlog

from chain.crypto import SigningKind, check_signature, signing_bytes
from chain.errors import ChainError, ConfigError, StoreError
from chain.primitives import Hash, PublicKey, Signature
from node.clock import monotonic_ms, pause
from node.signer_frames import ANSWERS, Answer, Hello, Keep, Kept, Refused, Sign, Signed, Welcome
from p2p.frames import FrameDecoder, FrameMessage, pack, unpack

REPLY_S = 2.0
"""Seconds in which a signer answers; it syncs its disk twice meanwhile."""

AGAIN_MS = 1_000
"""Milliseconds before a signer that is away is looked for again."""

START_MS = 10_000
"""Milliseconds that a starting node waits for its signer: both may start with the machine."""

KEEP_MS = 10_000
"""Milliseconds that a node waits in the middle of a vote."""

_READ_BYTES = 1024 * 1024

log = structlog.get_logger()


class RemoteSigner:
    """The signer of a node, and its sign log.

    Attributes:
        public_key: 32 bytes.
        record: the last one kept, or None.
        blocks: full bytes of the blocks that the first record named, by hash.
    """

    def __init__(self, path: Path, genesis_hash: Hash) -> None:
        """Wait for the signer of a socket.

        Raises:
            ConfigError: nobody answers in time, or it refuses this chain.
        """
        self._path, self._genesis_hash = path, genesis_hash
        self._socket: socket.socket | None = None
        self._again_ms = 0
        welcome = self._wait()
        self.public_key: PublicKey = welcome.public_key
        self.record: bytes | None = welcome.record or None
        self.blocks = dict(welcome.blocks)

    @property
    def is_open(self) -> bool:
        """Whether the signer was there when it was last asked."""
        return self._socket is not None

    def close(self) -> None:
        """Let another node have the signer."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def sign(self, kind: SigningKind, body: bytes) -> Signature | None:
        """Return the signature of a vote or a proposal, or None where there will be none.

        Raises:
            StoreError: the signer is not the one it was; the node must stop.
        """
        answer = self._ask(Sign(kind, body)) if self._is_there() else None
        match answer:
            case Signed(signature):
                self._check(kind, body, signature)
                return signature
            case Refused(reason):
                log.warning("signer_refused", reason=reason)
        return None

    def append(self, *, height: int, record: bytes, blocks: dict[Hash, bytes]) -> None:  # noqa: ARG002 - a sign log's
        """Let the signer keep a record, and wait for it.

        Raises:
            StoreError: it does not, in time; what was signed must not leave this node.
        """
        deadline_ms = monotonic_ms() + KEEP_MS
        while monotonic_ms() < deadline_ms:
            answer = self._ask(Keep(record, blocks)) if self._is_there(record) else None
            match answer:
                case Kept():
                    self.record = record
                    return
                case Refused(reason):
                    raise StoreError(detail=f"the signer at {self._path} refuses: {reason}")
            pause(0.05)
        raise StoreError(
            detail=f"the signer at {self._path} went away in the middle of a vote; start it, and "
            "then this node"
        )

    def _check(self, kind: SigningKind, body: bytes, signature: Signature) -> None:
        message = signing_bytes(kind, self._genesis_hash, body)
        try:
            check_signature(
                public_key=self.public_key, message=message, signature=signature, what="vote"
            )
        except ChainError as error:
            raise StoreError(detail=f"the signer at {self._path} fails: {error}") from None

    # The line.

    def _wait(self) -> Welcome:
        deadline_ms = monotonic_ms() + START_MS
        while True:
            answer = self._dial()
            if isinstance(answer, Welcome):
                return answer
            if answer is not None and monotonic_ms() >= deadline_ms:
                raise ConfigError(detail=f"the signer at {self._path} refuses: {answer.reason}")
            if monotonic_ms() >= deadline_ms:
                detail = f"no signer answers at {self._path}; start it: aitbc signer serve"
                raise ConfigError(detail=detail)
            pause(0.1)

    def _is_there(self, unsure: bytes | None = None) -> bool:
        """Tell whether the signer is connected, after another attempt where it was not.

        Args:
            unsure: a record that it may have kept without our knowing.

        Raises:
            StoreError: another one is there now, or it has signed for somebody else meanwhile.
        """
        if self._socket is not None:
            return True
        if monotonic_ms() < self._again_ms:
            return False
        started_ms = monotonic_ms()
        welcome = self._dial()
        if not isinstance(welcome, Welcome):
            # A signer that is silent costs the node's time; it gets a tenth of it at most.
            waited_ms = monotonic_ms() - started_ms
            self._again_ms = monotonic_ms() + (0 if unsure else max(AGAIN_MS, 10 * waited_ms))
            return False
        known = {self.record or b"", unsure if unsure is not None else self.record or b""}
        if welcome.public_key != self.public_key or welcome.record not in known:
            self.close()
            raise StoreError(
                detail=f"the signer at {self._path} has another key, or signed for another node "
                "meanwhile; make sure that one node uses it, and start that one again"
            )
        log.info("signer_back", path=str(self._path))
        return True

    def _dial(self) -> Welcome | Refused | None:
        """Connect and say hello; a refusal ends the connection again."""
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(REPLY_S)
        try:
            line.connect(str(self._path))
        except OSError:
            line.close()
            return None
        self._socket = line
        answer = self._ask(Hello(self._genesis_hash))
        if isinstance(answer, Welcome):
            return answer
        self.close()
        return answer if isinstance(answer, Refused) else None

    def _ask(self, wish: FrameMessage) -> Answer | None:
        """Return the answer, or None from a signer that is lost."""
        assert self._socket is not None
        try:
            self._socket.sendall(pack(wish))
            return self._read(self._socket)
        except (OSError, ChainError) as error:
            hint = "this validator stays silent until its signer is back"
            log.warning(
                "signer_lost", path=str(self._path), reason=str(error) or "it hung up", hint=hint
            )
            self.close()
            return None

    @staticmethod
    def _read(line: socket.socket) -> Answer:
        """Return the next answer.

        Raises:
            OSError: the line is cut, or silent for too long.
            MalformedMessage: it is none.
        """
        decoder = FrameDecoder()
        while data := line.recv(_READ_BYTES):
            for frame in decoder.feed(data):
                return unpack(frame, ANSWERS)
        raise ConnectionResetError
