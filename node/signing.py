"""With what a node signs: a key in its home, a signer beside it, or nothing."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chain.consensus.sign_state import KeySigner, Signer
from chain.errors import ConfigError
from chain.primitives import Hash
from chain.store.sign_log import SignLog
from node.config import NodeSettings
from node.home import Home
from node.keystore import read_key
from node.private_file import SECRET_BYTES_MAX, one_line, read_private
from node.signer_link import RemoteSigner


class SignBook(Protocol):
    """Where it is written what a key has signed; both kinds are durable before they return."""

    record: bytes | None
    blocks: dict[Hash, bytes]

    def append(self, *, height: int, record: bytes, blocks: dict[Hash, bytes]) -> None:
        """Make a record durable.

        Raises:
            StoreError: it is not; nothing signed may leave.
        """


@dataclass(frozen=True, slots=True)
class Signing:
    """A validator's key and its book.

    Attributes:
        signer: holds the key.
        book: remembers.
    """

    signer: Signer
    book: SignBook

    @property
    def is_able(self) -> bool:
        """Whether it can sign now, as far as anybody knows."""
        return not isinstance(self.signer, RemoteSigner) or self.signer.is_open


def open_signing(
    home: Home, settings: NodeSettings, genesis_hash: Hash, closing: ExitStack
) -> Signing | None:
    """Open what a node signs with; None for a node that only follows.

    Raises:
        ConfigError: the key cannot be read, or the signer does not answer; or there are both.
        StoreError: the sign log is damaged or lost.
    """
    has_key, socket = home.validator_key.exists(), settings.validator.signer
    if socket:
        if has_key:
            raise ConfigError(
                detail=f"{home.validator_key} exists and validator.signer names a signer; one key "
                "in two places signs twice: take one of them away"
            )
        remote = RemoteSigner(Path(socket), genesis_hash)
        closing.callback(remote.close)
        return Signing(remote, remote)
    if not has_key:
        return None
    key = read_key(home.validator_key, _ask(settings))
    sign_log = SignLog.open(
        home.sign_log,
        genesis_hash=genesis_hash,
        public_key=key.public_key,
        create=not home.sign_log.exists(),
    )
    closing.callback(sign_log.close)
    return Signing(KeySigner(secret_key=key, genesis_hash=genesis_hash), sign_log)


def _ask(settings: NodeSettings) -> Callable[[], str] | None:
    """Return how to get the passphrase of a sealed key, if the settings say so."""
    named = settings.validator.passphrase_file
    return (lambda: read_passphrase(Path(named))) if named else None


def read_passphrase(path: Path) -> str:
    """Return the one line of a passphrase file.

    Raises:
        ConfigError: it is open to others, empty, too long, of several lines or no text.
    """
    data = read_private(path, what="passphrase", bytes_max=SECRET_BYTES_MAX)
    return one_line(data, what=str(path))
