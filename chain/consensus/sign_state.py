"""The guard against signing twice, and the record that must outlive a crash.

Every signature of a validator passes through :meth:`SignState.sign`, the only caller of the key.
Positions only rise: a lower (height, round, kind) than the last one is refused, and the last one
gives the very bytes it gave before, whatever is asked for now.

Of a height that the key was used at elsewhere, by nobody knows which votes, only a *floor* is
known: a record without messages. Without the votes there is no knowing what they lock it on, so the
whole height stays unsigned and the validator takes part again at the next.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from chain import codec
from chain.certificate import CERTIFICATE_BYTES_MAX, ROUND_MAX, Certificate, read_position
from chain.consensus.messages import (
    MESSAGE_BYTES_MAX,
    Proposal,
    SignedMessage,
    Vote,
    decode_message,
    encode_message,
)
from chain.crypto import SecretKey, SigningKind, signing_bytes
from chain.errors import MalformedMessage
from chain.primitives import Hash, PublicKey, Signature

OWN_ROUNDS_KEPT = 50
"""Rounds of one height whose own messages are kept to be sent again; older ones help nobody, as
a validator that far behind is brought forward by a round certificate."""

_MESSAGES_MAX = 3 * (OWN_ROUNDS_KEPT + 2)
_KINDS = (SigningKind.PROPOSAL, SigningKind.PREVOTE, SigningKind.PRECOMMIT)


class Signer(Protocol):
    """Holds a validator's key; it may be another process or a device."""

    @property
    def public_key(self) -> PublicKey:
        """Return the 32-byte public key."""

    def sign(self, kind: SigningKind, body: bytes) -> Signature | None:
        """Return the signature of ``body`` under ``kind`` and the genesis hash.

        None stands for a signer that is away or refuses; what it did not sign is not said.
        """


@dataclass(frozen=True, slots=True)
class KeySigner:
    """A signer whose key is in this process."""

    secret_key: SecretKey
    """The validator's key."""
    genesis_hash: Hash
    """32 bytes, in every signed message."""

    @property
    def public_key(self) -> PublicKey:
        """Return the 32-byte public key."""
        return self.secret_key.public_key

    def sign(self, kind: SigningKind, body: bytes) -> Signature:
        """Return the signature of ``body`` under ``kind`` and the genesis hash."""
        return self.secret_key.sign(signing_bytes(kind, self.genesis_hash, body))


@dataclass(frozen=True, slots=True)
class Lock:
    """A block and the round of its polka."""

    round: int
    """0 to ``ROUND_MAX``."""
    block_hash: Hash
    """32 bytes."""


@dataclass(frozen=True, slots=True)
class SignRecord:
    """All that a validator must remember of the height it works on."""

    height: int
    """Height of the last signature."""
    round: int
    """Round of the last signature."""
    kind: SigningKind
    """PROPOSAL, PREVOTE or PRECOMMIT: what was signed last."""
    locked: Lock | None
    """The block it is locked on, which limits what it may prevote for."""
    valid: Lock | None
    """The latest block it knows a polka of, which it proposes when it is its turn."""
    messages: tuple[SignedMessage, ...]
    """Its own signed messages of this height, in the order of signing, without contents; none in a
    floor."""
    polkas: tuple[Certificate, ...]
    """Polkas of the locked and of the valid block."""

    @classmethod
    def floor(cls, height: int) -> "SignRecord":
        """Return the record that forbids every signature up to the end of a height."""
        return cls(height, ROUND_MAX, SigningKind.PRECOMMIT, None, None, (), ())

    @property
    def is_floor(self) -> bool:
        """Tell whether it only forbids: there is nothing to go on with at its height."""
        return not self.messages

    @property
    def position(self) -> tuple[int, int, int]:
        """Return (height, round, kind) of the last signature; nothing is signed at or below it."""
        return self.height, self.round, int(self.kind)

    @property
    def block_hashes(self) -> tuple[Hash, ...]:
        """Return the blocks whose bytes must outlive a crash with this record, each once.

        They are our proposal of this round, the locked block and the valid block.
        """
        named = [
            each.block_hash
            for each in self.messages
            if isinstance(each, Proposal) and each.round == self.round
        ]
        named += [lock.block_hash for lock in (self.locked, self.valid) if lock]
        return tuple(dict.fromkeys(named))

    def encode(self) -> bytes:
        """Return ``height (8) | round (4) | kind (1) | locks | messages | polkas``."""
        head = codec.u64(self.height) + codec.u32(self.round) + codec.u8(self.kind)
        locks = _encode_lock(self.locked) + _encode_lock(self.valid)
        messages = codec.sequence(encode_message(message) for message in self.messages)
        return head + locks + messages + codec.sequence(polka.encode() for polka in self.polkas)

    @classmethod
    def decode(cls, data: bytes) -> "SignRecord":
        """Read what :meth:`encode` wrote.

        Raises:
            MalformedMessage: the bytes do not decode, some are left over, or a field is wrong.
        """
        return codec.decode_whole(data, cls._read)

    @classmethod
    def _read(cls, reader: codec.Reader) -> "SignRecord":
        height, round_ = read_position(reader)
        kind = reader.u8()
        if kind not in _KINDS:
            raise MalformedMessage(detail=f"{kind} is no kind of consensus signature")
        locked, valid = _read_lock(reader), _read_lock(reader)
        items = reader.sequence(count_max=_MESSAGES_MAX, item_max=MESSAGE_BYTES_MAX)
        messages = tuple(_decode_own(item, height) for item in items)
        polkas = reader.sequence(count_max=2, item_max=CERTIFICATE_BYTES_MAX)
        certificates = tuple(map(Certificate.decode, polkas))
        _check_locks_have_polkas((locked, valid), certificates)
        record = cls(height, round_, SigningKind(kind), locked, valid, messages, certificates)
        _check_position(record)
        return record


def _encode_lock(lock: Lock | None) -> bytes:
    if lock is None:
        return codec.u8(0)
    return codec.u8(1) + codec.u32(lock.round) + lock.block_hash


def _read_lock(reader: codec.Reader) -> Lock | None:
    return Lock(reader.u32(), reader.hash()) if reader.flag() else None


def _check_locks_have_polkas(
    locks: tuple[Lock | None, ...], polkas: tuple[Certificate, ...]
) -> None:
    """Check that a record proves its locks.

    Raises:
        MalformedMessage: a lock has no polka.
    """
    proven = {(polka.round, polka.block_hash) for polka in polkas}
    if any(lock and (lock.round, lock.block_hash) not in proven for lock in locks):
        raise MalformedMessage(detail="a sign record holds a lock without its polka")


def _check_position(record: SignRecord) -> None:
    """Check that the messages lead to the position, or that it is the position of a floor.

    Raises:
        MalformedMessage: neither.
    """
    if record.is_floor and record == SignRecord.floor(record.height):
        return
    positions = [(each.round, int(each.signing_kind)) for each in record.messages]
    if positions != sorted(set(positions)) or positions[-1:] != [record.position[1:]]:
        raise MalformedMessage(detail="the messages of a sign record do not lead to its position")


def _decode_own(data: bytes, height: int) -> SignedMessage:
    message = decode_message(data)
    if not isinstance(message, Vote | Proposal) or message.height != height:
        raise MalformedMessage(detail="a sign record holds a message that is not of its height")
    return message


def _position(message: SignedMessage) -> tuple[int, int, int]:
    return message.height, message.round, int(message.signing_kind)


class SignState:
    """What one validator has signed, and the key it signs with."""

    def __init__(self, signer: Signer, record: SignRecord | None = None) -> None:
        """Start from a key that has signed nothing, or from its last record."""
        self._signer = signer
        self._record = record
        self._last: tuple[int, int, int] = (0, 0, 0)
        self._messages: list[SignedMessage] = []
        self.is_changed = False
        """Whether something was signed since the last :meth:`take_record`."""
        if record is not None:
            self._last = record.position
            self._messages = list(record.messages)

    def find_record(self, height: int) -> SignRecord | None:
        """Return the record the program started with, if it is of this height and no floor."""
        record = self._record
        if record is None or record.height != height or record.is_floor:
            return None
        return record

    def messages(self, height: int) -> tuple[SignedMessage, ...]:
        """Return the own messages of a height, in the order of signing, without contents."""
        return tuple(self._messages) if self._last[0] == height else ()

    def is_foreign(self, message: SignedMessage) -> bool:
        """Tell whether a message that verifies under our key was signed by another node.

        Of an earlier height or round nothing may be known any more: that is no proof.
        """
        position = _position(message)
        own = [each for each in self._messages if _position(each) == position]
        return position > self._last or any(each.body() != message.body() for each in own)

    def sign(self, unsigned: SignedMessage) -> SignedMessage | None:
        """Sign a message, unless that could contradict an earlier one.

        Args:
            unsigned: the message; its signature and content are ignored.

        Returns:
            The signed message without content; the earlier one if this position was signed
            already; None if a later position was, or if the signer does not sign.
        """
        position = _position(unsigned)
        if position <= self._last:
            return self._messages[-1] if position == self._last and self._messages else None
        bare = unsigned.without_content() if isinstance(unsigned, Proposal) else unsigned
        signature = self._signer.sign(bare.signing_kind, bare.body())
        if signature is None:
            return None
        if unsigned.height > self._last[0]:
            self._messages.clear()
        signed = replace(bare, signature=signature)
        self._last = position
        oldest = unsigned.round - OWN_ROUNDS_KEPT
        self._messages = [each for each in self._messages if each.round >= oldest]
        self._messages.append(signed)
        self.is_changed = True
        return signed

    def take_record(
        self, *, locked: Lock | None, valid: Lock | None, polkas: tuple[Certificate, ...]
    ) -> SignRecord:
        """Return the record to make durable before anything signed may leave."""
        height, round_, kind = self._last
        self.is_changed = False
        messages = tuple(self._messages)
        return SignRecord(height, round_, SigningKind(kind), locked, valid, messages, polkas)
