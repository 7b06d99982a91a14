"""Evidence against validators by number, signed by their keys."""

from random import Random

from chain.codec import u32, u64
from chain.crypto import SecretKey, SigningKind, sha256, signing_bytes
from chain.evidence import TAIL_BYTES, Evidence, Statement
from chain.primitives import Hash
from chain.punishment import can_be_punished
from chain.state import Ledger, State
from tests.support.builders import GENESIS_HASH
from tests.support.seats import seat_key


def evidence_against(
    key: SecretKey,
    *,
    height: int = 1,
    round_: int = 0,
    kind: SigningKind = SigningKind.PREVOTE,
    genesis_hash: Hash = GENESIS_HASH,
    salt: str = "",
) -> Evidence:
    """Return two statements of a key that contradict each other; ``salt`` makes others of them."""
    tails = sorted((sha256(f"{salt}{one}".encode()) * 2)[: TAIL_BYTES[kind]] for one in "AB")
    place = u64(height) + u32(round_)
    first, second = (
        Statement(tail, key.sign(signing_bytes(kind, genesis_hash, place + tail))) for tail in tails
    )
    return Evidence(key.public_key, kind, height, round_, first, second)


def an_evidence(number: int = 0, **fields: object) -> Evidence:
    """Return evidence against a validator by its number; ``fields`` go to the above."""
    return evidence_against(seat_key(number), **fields)  # type: ignore[arg-type]  # handed on


def random_evidence(dice: Random, ledger: Ledger) -> list[Evidence]:
    """Return evidence that counts in the next block: seldom any, and the last validator stays."""
    if dice.random() > 0.04 or len(ledger.next_validators) == 1:
        return []
    state, height = State(ledger), ledger.height + 1
    numbers = [n for n in range(20) if can_be_punished(state, seat_key(n).public_key)]
    return [
        an_evidence(number, height=max(1, height - dice.randrange(3)), round_=dice.randrange(3))
        for number in dice.sample(numbers, 1)
    ]
