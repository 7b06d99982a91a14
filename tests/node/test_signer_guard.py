from pathlib import Path

import pytest

from chain.consensus.messages import NO_ROUND, UNSIGNED, Proposal, SignedMessage, Vote
from chain.consensus.sign_state import KeySigner, SignRecord, SignState
from chain.crypto import SigningKind
from chain.errors import MalformedMessage, StoreError
from node.signer_guard import Guard, MayNotSign, position_of
from tests.support.consensus import GENESIS_HASH, keys_in_order
from tests.support.subject import PRECOMMIT, PREVOTE, block

KEY = keys_in_order()[1]


def vote(round_: int, letter: str, *, height: int = 4, kind: object = PREVOTE) -> Vote:
    assert kind in (PREVOTE, PRECOMMIT)
    return Vote(kind, height, round_, block(letter), 1, UNSIGNED)  # type: ignore[arg-type]


def proposal(round_: int, letter: str) -> Proposal:
    return Proposal(4, round_, NO_ROUND, block(letter), 1, UNSIGNED)


def open_guard(folder: Path, record: SignRecord | None = None) -> Guard:
    return Guard.open(
        folder / "guard", genesis_hash=GENESIS_HASH, public_key=KEY.public_key, record=record
    )


def allow(guard: Guard, message: SignedMessage) -> None:
    guard.allow(message.signing_kind, message.body())


def test_positions_rise_over_kinds_rounds_and_heights(tmp_path: Path) -> None:
    guard = open_guard(tmp_path)
    rising: list[SignedMessage] = [
        proposal(0, "A"),
        vote(0, "A"),
        vote(0, "A", kind=PRECOMMIT),
        proposal(2, "B"),
        vote(5, "B"),
        vote(0, "C", height=5),
    ]
    for message in rising:
        allow(guard, message)
        assert guard.position == position_of(message.signing_kind, message.body())
    for message in rising[:-1]:
        with pytest.raises(MayNotSign, match="height 5, round 0"):
            allow(guard, message)


def test_same_place_is_signed_again_for_the_same_bytes_alone(tmp_path: Path) -> None:
    guard = open_guard(tmp_path)
    allow(guard, vote(3, "A"))
    allow(guard, vote(3, "A"))
    for other in (vote(3, "B"), Vote(PREVOTE, 4, 3, block("nil"), 1, UNSIGNED)):
        with pytest.raises(MayNotSign):
            allow(guard, other)


def test_what_was_allowed_is_on_the_disk(tmp_path: Path) -> None:
    allow(open_guard(tmp_path), vote(3, "A"))
    again = open_guard(tmp_path)
    allow(again, vote(3, "A"))
    with pytest.raises(MayNotSign):
        allow(again, vote(3, "B"))


def test_disk_that_fails_allows_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    guard = open_guard(folder)
    folder.rmdir()
    with pytest.raises(StoreError, match="cannot write"):
        allow(guard, vote(3, "A"))
    assert guard.position == (0, 0, 0)


def test_record_beside_the_file_binds_as_well(tmp_path: Path) -> None:
    state = SignState(KeySigner(KEY, GENESIS_HASH))
    state.sign(vote(3, "A"))
    record = state.take_record(locked=None, valid=None, polkas=())
    guard = open_guard(tmp_path, record)
    allow(guard, vote(3, "A"))
    with pytest.raises(MayNotSign):
        allow(guard, vote(3, "B"))
    floor = open_guard(tmp_path, SignRecord.floor(9))
    for height in (4, 9):
        with pytest.raises(MayNotSign):
            allow(floor, vote(0, "A", height=height))
    allow(floor, vote(0, "A", height=10))


def test_file_of_another_key_or_damaged_is_refused(tmp_path: Path) -> None:
    allow(open_guard(tmp_path), vote(3, "A"))
    path = tmp_path / "guard"
    with pytest.raises(StoreError, match="another key or another chain"):
        Guard.open(
            path,
            genesis_hash=GENESIS_HASH,
            public_key=keys_in_order()[2].public_key,
            record=None,
        )
    whole = path.read_bytes()
    for damaged in (b"", whole[:-1], whole + b"\0", whole[:50] + b"\xff" + whole[51:]):
        path.write_bytes(damaged)
        with pytest.raises(StoreError, match="is damaged"):
            open_guard(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(StoreError, match="cannot read"):
        open_guard(tmp_path)


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in SigningKind
        if kind not in (SigningKind.PROPOSAL, SigningKind.PREVOTE, SigningKind.PRECOMMIT)
    ],
)
def test_nothing_but_votes_and_proposals_is_signed(tmp_path: Path, kind: SigningKind) -> None:
    with pytest.raises(MalformedMessage, match="signs votes and proposals"):
        open_guard(tmp_path).allow(kind, vote(0, "A").body())


def test_body_is_of_its_kind(tmp_path: Path) -> None:
    guard, body = open_guard(tmp_path), vote(0, "A").body()
    for wrong in (b"", body[:-1], body + b"\0"):
        with pytest.raises(MalformedMessage):
            guard.allow(SigningKind.PREVOTE, wrong)
    with pytest.raises(MalformedMessage):
        guard.allow(SigningKind.PROPOSAL, body)
