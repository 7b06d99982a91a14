"""What the API edge and the core tell each other, one class for each kind of frame; no IO here.

The edge checks size, form and signatures before it hands a transaction in, so the core only looks
at the state. Kinds begin at ``KIND_API_MIN`` and never meet those of the network edge; BEAT is
shared, and its ``peers`` are the open connections of callers here. The pattern is that of
``p2p/orders.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, unique
from typing import ClassVar, Self, TypeVar

import msgspec

from chain import codec
from chain.errors import AitbcError, MalformedMessage
from chain.primitives import (
    BATCH_CLAIMS_MAX,
    RECEIPT_BYTES_MAX,
    TRANSACTION_BYTES_MAX,
    ZERO_HASH,
    Hash,
    Height,
)
from node.api_questions import KIND_ANSWER, KIND_QUESTION, Answer, Question
from node.figures import Figures
from p2p.beat import Beat
from p2p.frames import KIND_API_MIN, Registry, registry_of

T = TypeVar("T")

Fields = Mapping[str, int | str]
"""The typed fields of an error by their names."""

TEXT_BYTES_MAX = 4_096
"""Bytes of a sentence, or of one JSON text; the widest error is far below."""


@unique
class ApiKind(IntEnum):
    """The kinds between the core and an API edge."""

    # core -> API edge
    SUBMIT_RESULT = KIND_API_MIN
    NOTICE = 65
    NODE_STATUS = 66
    ANSWER = KIND_ANSWER
    # API edge -> core
    API_READY = 96
    SUBMIT = 97
    QUESTION = KIND_QUESTION


@dataclass(frozen=True, slots=True)
class ApiReady:
    """The first frame of an API edge on every connection: who it is and where it listens.

    Attributes:
        url: where callers reach it, such as ``http://127.0.0.1:8545``, at most 255 characters.
    """

    KIND: ClassVar[int] = ApiKind.API_READY

    url: str

    def encode(self) -> bytes:
        """Return the body."""
        return codec.text8(self.url)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(body, lambda read: cls(read.text8()))


@dataclass(frozen=True, slots=True)
class Submit:
    """Admit a transaction whose form and signatures the edge has checked.

    Exactly one SUBMIT_RESULT of the same ticket follows.

    Attributes:
        ticket: chosen by the edge, below 2^32, not in use on this connection.
        transaction: its stored form.
        receipts: canonical documents of a claim, or of a batch in its order, also checked.
    """

    KIND: ClassVar[int] = ApiKind.SUBMIT

    ticket: int
    transaction: bytes
    receipts: tuple[bytes, ...] = ()

    def encode(self) -> bytes:
        """Return the body."""
        items = codec.bytes32(self.transaction) + codec.sequence(self.receipts)
        return codec.u32(self.ticket) + items

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(
            body,
            lambda read: cls(
                read.u32(),
                read.bytes32(limit=TRANSACTION_BYTES_MAX),
                tuple(read.sequence(count_max=BATCH_CLAIMS_MAX, item_max=RECEIPT_BYTES_MAX)),
            ),
        )


@dataclass(frozen=True, slots=True)
class SubmitResult:
    """What became of a SUBMIT.

    Attributes:
        ticket: of the SUBMIT.
        transaction_id: 32 bytes; zeros when the bytes were no transaction.
        code: "" when admitted, else the stable code of the error.
        sentence: what people read; "" when admitted.
        fields: the error's fields, so that programs need not read the sentence.
    """

    KIND: ClassVar[int] = ApiKind.SUBMIT_RESULT

    ticket: int
    transaction_id: Hash
    code: str = ""
    sentence: str = ""
    fields: Fields = field(default_factory=dict)

    @classmethod
    def refused(cls, ticket: int, error: AitbcError, transaction_id: Hash = ZERO_HASH) -> Self:
        """Return the answer that carries an error."""
        return cls(ticket, transaction_id, error.code, str(error), dict(vars(error)))

    def encode(self) -> bytes:
        """Return the body; fields travel as JSON text, which is empty when there are none."""
        fields = msgspec.json.encode(self.fields) if self.fields else b""
        return b"".join(
            (
                codec.u32(self.ticket),
                self.transaction_id,
                codec.text8(self.code),
                codec.bytes32(self.sentence.encode()),
                codec.bytes32(fields),
            )
        )

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(
            body,
            lambda read: cls(
                read.u32(), read.hash(), read.text8(), _read_text(read), _read_fields(read)
            ),
        )


@dataclass(frozen=True, slots=True)
class Notice:
    """A block was committed; the database has it.

    Attributes:
        height: of the block.
        block_hash: its hash, 32 bytes.
    """

    KIND: ClassVar[int] = ApiKind.NOTICE

    height: Height
    block_hash: Hash

    def encode(self) -> bytes:
        """Return the body."""
        return codec.u64(self.height) + self.block_hash

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(body, lambda read: cls(Height(read.u64()), read.hash()))


class NodeStatus(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What the core alone knows of itself; pushed about once a second, as JSON text.

    Attributes:
        peers: connected peers that speak consensus.
        cut_peers: those that the operator has cut this node off from.
        mempool: waiting transactions.
        round: the current attempt at the next height.
        catching_up: whether the chain is farther than this node, as far as it can tell.
        best: how high the chain is, as far as this node can tell.
        blocks_per_s: the pace at which it catches up; None when it does not, or has just begun.
        remaining_s: seconds until it has caught up at that pace; None when that is not known.
        validator: whether this node votes.
        name: what the node calls itself, at most 64 characters.
        version: of the program.
        figures: what the core counts for its operator.
    """

    KIND: ClassVar[int] = ApiKind.NODE_STATUS

    peers: int
    mempool: int
    round: int
    catching_up: bool
    best: int
    blocks_per_s: int | None
    remaining_s: int | None
    validator: bool
    name: str
    version: str
    cut_peers: int = 0
    figures: Figures = Figures()

    def encode(self) -> bytes:
        """Return the body."""
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body.

        Raises:
            MalformedMessage: it is not the JSON text of a status.
        """
        if len(body) > TEXT_BYTES_MAX:
            raise MalformedMessage(detail=f"a status of {len(body)} bytes")
        return _from_json(body, cls)


def _from_json(data: bytes, form: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=form)
    except msgspec.MsgspecError as error:
        raise MalformedMessage(detail="a frame's JSON is not of its form") from error


def _read_text(reader: codec.Reader) -> str:
    try:
        return reader.bytes32(limit=TEXT_BYTES_MAX).decode()
    except UnicodeDecodeError as error:
        raise MalformedMessage(detail="a sentence is not UTF-8") from error


def _read_fields(reader: codec.Reader) -> Fields:
    data = reader.bytes32(limit=TEXT_BYTES_MAX)
    return _from_json(data, dict[str, int | str]) if data else {}


ApiReport = ApiReady | Submit | Question | Beat

API_REPORTS: Registry[ApiReport] = registry_of((ApiReady, Submit, Question, Beat))
"""Every kind that an API edge sends to the core."""

ApiOrder = SubmitResult | Answer | Notice | NodeStatus | Beat

API_ORDERS: Registry[ApiOrder] = registry_of((SubmitResult, Answer, Notice, NodeStatus, Beat))
"""Every kind that the core sends to an API edge."""
