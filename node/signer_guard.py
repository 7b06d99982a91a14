"""The last position that a signer signed at, on the disk before the signature exists for others.

A position is a height, a round and a kind, and positions only rise. The same position gives a
signature again for the very same bytes, so that an answer that got lost can be asked for again.
This is the rule of ``chain/consensus/sign_state.py``, kept once more where the key is: a node that
lost its mind, or was taken over, cannot make the key contradict itself.
"""

import zlib
from dataclasses import dataclass
from pathlib import Path

from chain import codec
from chain.consensus.sign_state import SignRecord
from chain.crypto import SigningKind, sha256
from chain.errors import MalformedMessage, StoreError
from chain.primitives import HASH_BYTES, Hash, PublicKey
from chain.store.durable_file import write_file

_MAGIC = b"AITBCGRD"
_FILE_BYTES = len(_MAGIC) + HASH_BYTES + 8 + 4 + 1 + HASH_BYTES + 4

_REST_BYTES = {
    SigningKind.PROPOSAL: 4 + HASH_BYTES,
    SigningKind.PREVOTE: HASH_BYTES,
    SigningKind.PRECOMMIT: HASH_BYTES,
}
"""What follows height and round in the body of each kind."""

Position = tuple[int, int, int]


class MayNotSign(MalformedMessage):
    """Signing this could contradict something signed before."""

    code = "may_not_sign"
    sentence = "{detail}"


@dataclass(frozen=True, slots=True)
class Signed:
    """What was signed last.

    Attributes:
        position: height, round and kind.
        digest: SHA-256 of the body; zeros where only the position is known.
    """

    position: Position
    digest: Hash


class Guard:
    """The guard of one key."""

    def __init__(self, path: Path, owner: Hash, last: Signed) -> None:
        """Take over what is known; :meth:`open` is the way in."""
        self._path, self._owner, self._last = path, owner, last

    @classmethod
    def open(
        cls, path: Path, *, genesis_hash: Hash, public_key: PublicKey, record: SignRecord | None
    ) -> "Guard":
        """Read the file, and the record beside it: what either forbids is forbidden.

        Args:
            path: the file; made at the first signature.
            genesis_hash: of the chain.
            public_key: of the key.
            record: the last one kept; None if the key has signed nothing.

        Raises:
            StoreError: the file is damaged, or of another key or chain.
        """
        owner = sha256(genesis_hash + public_key)
        known = [Signed((0, 0, 0), Hash(bytes(HASH_BYTES)))]
        if record is not None:
            body = record.messages[-1].body() if record.messages else None
            digest = Hash(bytes(HASH_BYTES)) if body is None else sha256(body)
            known.append(Signed(record.position, digest))
        try:
            known.append(_decode(path.read_bytes(), owner, path))
        except FileNotFoundError:
            pass
        except OSError as error:
            raise StoreError(detail=f"cannot read {path}: {error.strerror}") from error
        return cls(path, owner, max(known, key=lambda one: one.position))

    @property
    def position(self) -> Position:
        """Height, round and kind of what was signed last; zeros before anything was."""
        return self._last.position

    def allow(self, kind: SigningKind, body: bytes) -> None:
        """Make a position durable, after which its body may be signed.

        Raises:
            MayNotSign: a later position was signed, or another body at this one.
            MalformedMessage: it is no body of a vote or a proposal.
            StoreError: the disk failed; nothing may be signed.
        """
        position, digest = position_of(kind, body), sha256(body)
        if position == self.position and digest == self._last.digest:
            return
        if position <= self.position:
            height, round_, _ = self.position
            raise MayNotSign(
                detail=f"the key signed at height {height}, round {round_} already, and signs "
                "nothing below that and nothing else there"
            )
        self._write(Signed(position, digest))

    def _write(self, signed: Signed) -> None:
        height, round_, kind = signed.position
        data = _MAGIC + self._owner + codec.u64(height) + codec.u32(round_) + codec.u8(kind)
        data += signed.digest
        try:
            write_file(self._path, data + codec.u32(zlib.crc32(data)))
        except OSError as error:
            raise StoreError(detail=f"cannot write {self._path}: {error.strerror}") from error
        self._last = signed


def position_of(kind: SigningKind, body: bytes) -> Position:
    """Return the position of what is to be signed.

    Raises:
        MalformedMessage: it is no body of a vote or a proposal.
    """
    rest = _REST_BYTES.get(kind)
    if rest is None:
        raise MalformedMessage(detail=f"a signer signs votes and proposals, no {kind.name.lower()}")

    def read(reader: codec.Reader) -> Position:
        position = reader.u64(), reader.u32(), int(kind)
        reader.take(rest)
        return position

    return codec.decode_whole(body, read)


def _decode(data: bytes, owner: Hash, path: Path) -> Signed:
    """Read the file.

    Raises:
        StoreError: it is damaged, or of another key or chain.
    """
    content, checksum = data[:-4], data[-4:]
    is_whole = len(data) == _FILE_BYTES and checksum == codec.u32(zlib.crc32(content))
    if not is_whole or not content.startswith(_MAGIC):
        raise StoreError(detail=f"{path} is damaged; give the validator a new key")
    reader = codec.Reader(content[len(_MAGIC) :])
    if reader.hash() != owner:
        raise StoreError(detail=f"{path} belongs to another key or another chain")
    return Signed((reader.u64(), reader.u32(), reader.u8()), reader.hash())
