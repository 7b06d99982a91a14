"""Part one: signature checks on one core, the yardstick R1 for all the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from nacl import bindings as sodium

from chain.crypto import check_signature
from chain.primitives import Hash, PublicKey, Signature
from chain.transaction import SignedTransaction
from scripts.benchmarks.figures import Figure, Laps, Part
from scripts.benchmarks.workload import account_key, signed_transfers

NAME = "signatures"
WHAT = (
    "checks of one transfer's signature by one process. R1 is the yardstick of the other parts; "
    "the baseline is the bare call of libsodium."
)


@dataclass(frozen=True)
class SignedMessage:
    """A public key, what it signed, and the signature."""

    public_key: PublicKey
    message: bytes
    signature: Signature

    @classmethod
    def of(cls, transaction: SignedTransaction, genesis_hash: Hash) -> "SignedMessage":
        """Return what is checked of a transaction."""
        message = transaction.signing_bytes(genesis_hash)
        return cls(transaction.public_key, message, transaction.signature)


def check_all(messages: Sequence[SignedMessage]) -> None:
    """Check signatures as the node does: the work that R1 counts."""
    for one in messages:
        check_signature(
            public_key=one.public_key,
            message=one.message,
            signature=one.signature,
            what="transaction",
        )


def sample_messages(count: int) -> list[SignedMessage]:
    """Return ``count`` signed transfers of as many accounts."""
    genesis_hash = Hash(bytes(32))
    transfers = signed_transfers([account_key(index) for index in range(count)], genesis_hash)
    return [SignedMessage.of(one, genesis_hash) for one in transfers]


class Yardstick:
    """Measures R1 whenever a part asks, so that both see the same machine."""

    def __init__(self, *, checks: int) -> None:
        """Sign the messages of a round."""
        self._messages = sample_messages(checks)
        self._laps = Laps()

    def measure(self) -> None:
        """Take one round."""
        with self._laps.lap("checked"):
            check_all(self._messages)

    @property
    def per_second(self) -> float:
        """R1: signature checks a second, the median of the rounds."""
        return len(self._messages) / self._laps.median("checked")


def run(*, rounds: int, checks: int) -> Part:
    """Time ``rounds`` of ``checks`` signatures, bare and as the node does, in turns."""
    messages, laps = sample_messages(checks), Laps()
    check_all(messages)
    for _ in range(rounds):
        with laps.lap("bare"):
            for one in messages:
                sodium.crypto_sign_open(one.signature + one.message, one.public_key)
        with laps.lap("checked"):
            check_all(messages)
    bare, checked = checks / laps.median("bare"), checks / laps.median("checked")
    figures = (
        Figure("nacl crypto_sign_open", bare, "a second", 1.0, "itself"),
        Figure(
            "chain.crypto.check_signature (R1)",
            checked,
            "a second",
            laps.ratio(["bare"], ["checked"]),
            "crypto_sign_open",
        ),
    )
    return Part(name=NAME, what=WHAT, figures=figures)
