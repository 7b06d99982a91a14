"""A key's signing history goes to another machine, and never lets it sign again what it signed."""

import json
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any

import pytest

from chain.certificate import VoteKind
from chain.consensus.messages import NO_ROUND, UNSIGNED, Proposal, SignedMessage, Vote
from chain.consensus.sign_state import KeySigner, Lock, SignRecord, SignState
from chain.crypto import SecretKey
from chain.errors import ConfigError, StoreError
from chain.primitives import Hash
from chain.store.sign_log import SignLog
from genesis.document import read_genesis
from genesis.make import development_seed, format_document, make_devnet_document
from node import signing_history
from node.home import Home
from node.init import init_home
from node.signing_history import export_history, import_history
from tests.support.builders import a_transfer
from tests.support.chain import Chain
from tests.support.consensus import a_certificate
from tests.support.subject import PRECOMMIT, PREVOTE, block

KEY = SecretKey(development_seed("validator-0"))
OTHER_KEY = SecretKey(development_seed("validator-1"))

Make = Callable[[str], Home]
Edit = Callable[[dict[str, Any]], object]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make homes of one chain with one key, as on machines that never met."""
    genesis = tmp_path / "genesis.json"
    genesis.write_text(format_document(make_devnet_document(validators=1)))

    def make_home(name: str, *, seed: bytes = development_seed("validator-0")) -> Home:
        home = Home(tmp_path / name)
        init_home(home, genesis=genesis, validator=True, seed=seed)
        return home

    return make_home


def genesis_hash_of(home: Home) -> Hash:
    return read_genesis(home.genesis).hash


def open_log(home: Home, *, create: bool = False) -> SignLog:
    return SignLog.open(
        home.sign_log,
        genesis_hash=genesis_hash_of(home),
        public_key=KEY.public_key,
        create=create,
    )


def vote(kind: VoteKind, height: int, round_: int, letter: str) -> Vote:
    return Vote(kind, height, round_, block(letter), 0, UNSIGNED)


def sign(home: Home, *wishes: SignedMessage, blocks: dict[Hash, bytes] | None = None) -> SignRecord:
    """Sign in a home as its node would; refused wishes are left out. Return the last record."""
    with open_log(home, create=True) as log:
        record = None if log.record is None else SignRecord.decode(log.record)
        state = SignState(KeySigner(KEY, genesis_hash_of(home)), record)
        for wish in wishes:
            state.sign(wish)
        if state.is_changed:
            record = state.take_record(locked=None, valid=None, polkas=())
            log.append(height=record.height, record=record.encode(), blocks=blocks or {})
        assert record is not None
        return record


def record_in(home: Home) -> SignRecord | None:
    with open_log(home) as log:
        return None if log.record is None else SignRecord.decode(log.record)


def a_history(make: Make, edit: Edit | None = None) -> bytes:
    """Return the file of a home that signed at height 7, changed by ``edit``."""
    home = make("source")
    sign(home, vote(PREVOTE, 7, 0, "A"), vote(PREVOTE, 7, 1, "nil"))
    document = json.loads(export_history(home))
    if edit is not None:
        edit(document)
    return json.dumps(document).encode()


# Round trips.


def test_moved_key_goes_on_where_it_was_with_its_block(make: Make) -> None:
    own = Chain().propose(a_transfer(1)).block
    home, moved = make("old"), make("new")
    wishes = [
        Proposal(1, 0, NO_ROUND, own.hash, 0, UNSIGNED),
        Vote(PREVOTE, 1, 0, own.hash, 0, UNSIGNED),
    ]
    record = sign(home, *wishes, blocks={own.hash: own.encode()})
    assert import_history(moved, export_history(home)) == record
    with open_log(moved) as log:
        assert log.record == record.encode()
        assert log.blocks == {own.hash: own.encode()}
    assert export_history(moved) == export_history(home)
    assert moved.sign_log.with_name("sign_log.signed").exists()


def test_file_says_in_words_what_was_signed(make: Make) -> None:
    document = json.loads(a_history(make))
    assert document["metadata"]["form"] == "aitbc signing history"
    (entry,) = document["data"]
    assert entry["public_key"] == KEY.public_key.hex()
    assert entry["signed"] == [
        {"height": 7, "round": 0, "kind": "prevote", "block_hash": block("A").hex()},
        {"height": 7, "round": 1, "kind": "prevote", "block_hash": "00" * 32},
    ]


def test_key_that_never_signed_has_an_empty_history(make: Make) -> None:
    home, moved = make("old"), make("new")
    open_log(home, create=True).close()
    history = export_history(home)
    assert import_history(moved, history) is None
    assert record_in(moved) is None


def test_positions_alone_leave_their_height_unsigned(make: Make) -> None:
    """Who knows from the chain alone what a lost key signed can write this by hand."""

    def bare(document: dict[str, Any]) -> None:
        document["data"] = [
            {
                "public_key": KEY.public_key.hex(),
                "signed": [{"height": 9, "round": 0, "kind": "precommit"}],
            }
        ]

    home = make("new")
    assert import_history(home, a_history(make, bare)) == SignRecord.floor(9)
    assert sign(home, vote(PREVOTE, 9, 5, "B")) == SignRecord.floor(9)
    assert sign(home, vote(PREVOTE, 10, 0, "B")).height == 10
    floored = make("floored")
    import_history(floored, a_history(lambda name: make(f"{name} 2"), bare))
    third = make("third")
    assert import_history(third, export_history(floored)) == SignRecord.floor(9)


def test_position_that_the_record_lacks_leaves_its_height_unsigned(make: Make) -> None:
    def one_more(document: dict[str, Any]) -> None:
        document["data"][0]["signed"].append({"height": 7, "round": 2, "kind": "proposal"})

    def another_block(document: dict[str, Any]) -> None:
        document["data"][0]["signed"][0]["block_hash"] = block("B").hex()

    def without_blocks_named(document: dict[str, Any]) -> None:
        for signed in document["data"][0]["signed"]:
            del signed["block_hash"]

    for number, edit in enumerate((one_more, another_block)):
        history = a_history(lambda name, n=number: make(f"{name} {n}"), edit)  # type: ignore[misc]  # the number is bound
        assert import_history(make(f"new {number}"), history) == SignRecord.floor(7)
    history = a_history(make, without_blocks_named)
    record = import_history(make("whole"), history)
    assert record is not None
    assert not record.is_floor


# Two histories.


@pytest.mark.parametrize("seed", range(6))
def test_homes_that_exchange_files_agree_and_sign_nothing_old(make: Make, seed: int) -> None:
    """Two machines ran with one key, which must never happen; from then on it does no more harm."""
    dice = Random(f"history {seed}")
    homes = [make("one"), make("two"), make("three")]
    for home in homes:
        for height in range(1, dice.randint(2, 4)):
            for round_ in range(dice.randint(1, 2)):
                kinds = [kind for kind in (PREVOTE, PRECOMMIT) if dice.random() < 0.8]
                letter = dice.choice("AAB")
                sign(home, vote(PREVOTE, height, round_, letter))
                sign(home, *(vote(kind, height, round_, "nil") for kind in kinds))
    files = [export_history(home) for home in homes]
    records = [record_in(home) for home in homes]
    found = set()
    for number, order in enumerate(permutations(files)):
        fresh = make(f"fresh {number}")
        for file in (*order, dice.choice(files)):
            import_history(fresh, file)
        found.add(record_in(fresh))
    for home in homes:
        for file in files:
            import_history(home, file)
        found.add(record_in(home))
    assert len(found) == 1, f"seed {seed}"
    (merged,) = found
    highest = max(record.position for record in records if record is not None)
    assert merged is not None
    assert merged.position >= highest, f"seed {seed}"
    said = {message for record in records if record for message in record.messages}
    for height, round_, kind in ((h, r, k) for h in (1, 2, 3) for r in (0, 1) for k in VoteKind):
        if (height, round_, int(kind)) <= highest:
            after = sign(homes[0], vote(kind, height, round_, "C"))
            assert set(after.messages) <= said, f"seed {seed}"


# What is refused.


def metadata(**fields: object) -> Edit:
    return lambda document: document["metadata"].update(fields)


def entry(**fields: object) -> Edit:
    return lambda document: document["data"][0].update(fields)


def signed(**fields: object) -> Edit:
    return lambda document: document["data"][0]["signed"][0].update(fields)


REFUSED: list[tuple[str, Edit, str]] = [
    ("another form", metadata(form="letter"), "metadata.form"),
    ("later version", metadata(version=2), "metadata.version"),
    ("another chain", metadata(genesis_hash="11" * 32), "of another chain"),
    ("another key", entry(public_key="11" * 32), f"this home's is {KEY.public_key.hex()}"),
    ("no entry", lambda document: document.update(data=[]), "data"),
    ("unknown field", entry(secret_key="11" * 32), "a field that no document has"),
    ("missing field", lambda document: document["data"][0].pop("signed"), "lacks the field"),
    ("height 0", signed(height=0), "signed.0.height"),
    ("height as text", signed(height="7"), "signed.0.height"),
    ("height of a float", signed(height=7.0), "signed.0.height"),
    ("huge height", signed(height=2**63), "signed.0.height"),
    ("negative round", signed(round=-1), "signed.0.round"),
    ("unknown kind", signed(kind="transaction"), "signed.0.kind"),
    ("odd hash", signed(block_hash="zz" * 32), "must be 64 lower hexadecimal digits"),
    ("record of noise", entry(record="00ff" * 20), "cannot be believed"),
    ("record of no hex", entry(record="0"), "two for each byte"),
    ("block of noise", entry(blocks=["00"]), "cannot be believed"),
    ("too many blocks", entry(blocks=["", "", "", ""]), "data.0.blocks"),
    ("too many positions", entry(signed=[{}] * 1_001), "data.0.signed"),
]


@pytest.mark.parametrize(
    ("edit", "said"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED]
)
def test_refuses_and_changes_nothing(make: Make, edit: Edit, said: str) -> None:
    home = make("new")
    before = sign(home, vote(PREVOTE, 3, 0, "A"))
    with pytest.raises(ConfigError) as refused:
        import_history(home, a_history(make, edit))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert record_in(home) == before


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b'{"data":1,"data":2}', b"[" * 9_999])
def test_refuses_what_is_no_document(make: Make, data: bytes) -> None:
    home = make("new")
    with pytest.raises(ConfigError, match="the signing history"):
        import_history(home, data)
    assert not home.sign_log.exists()


def test_refuses_a_file_that_is_too_large(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_history, "HISTORY_BYTES_MAX", 100)
    with pytest.raises(ConfigError, match="more than 100 bytes"):
        import_history(make("new"), a_history(make))


def forged(make: Make, *, signer: SecretKey = KEY, locked: Lock | None = None) -> bytes:
    """Return a file whose record another made by hand."""
    home = make("forger")
    genesis_hash = genesis_hash_of(home)
    state = SignState(KeySigner(signer, genesis_hash))
    state.sign(vote(PRECOMMIT, 7, 1, "A"))
    polkas = () if locked is None else (a_polka(locked),)
    record = state.take_record(locked=locked, valid=locked, polkas=polkas)
    entry = {"public_key": KEY.public_key.hex(), "signed": [], "record": record.encode().hex()}
    head = {"form": "aitbc signing history", "version": 1, "genesis_hash": genesis_hash.hex()}
    return json.dumps({"metadata": head, "data": [entry]}).encode()


def a_polka(lock: Lock) -> Any:  # noqa: ANN401 - a certificate
    return a_certificate(kind=PREVOTE, height=7, round_=lock.round, block_hash=lock.block_hash)


def test_refuses_a_record_that_the_key_did_not_sign(make: Make) -> None:
    with pytest.raises(ConfigError, match="the signature of the precommit does not verify"):
        import_history(make("new"), forged(make, signer=OTHER_KEY))


@pytest.mark.parametrize("locked", [None, Lock(0, block("A")), Lock(1, block("B"))])
def test_refuses_a_record_whose_lock_was_taken_out_or_changed(
    make: Make, locked: Lock | None
) -> None:
    with pytest.raises(ConfigError, match="lock"):
        import_history(make("new"), forged(make, locked=locked))


def test_lock_of_the_own_precommit_comes_along(make: Make) -> None:
    record = import_history(make("new"), forged(make, locked=Lock(1, block("A"))))
    assert record is not None
    assert record.locked == Lock(1, block("A"))


def test_node_must_be_stopped_for_both(make: Make) -> None:
    history = a_history(make)
    home = make("new")
    with open_log(home, create=True):
        with pytest.raises(StoreError, match="in use by another process; stop that one"):
            import_history(home, history)
        with pytest.raises(StoreError, match="in use by another process; stop that one"):
            export_history(home)


def test_lost_log_is_not_made_again_from_a_file(make: Make) -> None:
    """The file may be older than the last signature."""
    home = make("new")
    history = a_history(make)
    import_history(home, history)
    home.sign_log.unlink()
    with pytest.raises(StoreError, match="has signed"):
        import_history(home, history)


def test_home_without_a_key_or_a_log_has_no_history(make: Make, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="never signed has no history"):
        export_history(make("unused"))
    init_home(Home(tmp_path / "observer"), genesis=tmp_path / "genesis.json")
    with pytest.raises(ConfigError, match="has no consensus key"):
        export_history(Home(tmp_path / "observer"))
    with pytest.raises(ConfigError, match="no node's home"):
        export_history(Home(tmp_path / "nothing"))
