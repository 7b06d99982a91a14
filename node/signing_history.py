"""What a validator's key has signed, as a file that goes with the key to another machine.

In the way of EIP-3076, whose promise it keeps: whoever took a file in never signs at or below a
position in it. A position is a height, a round and a kind. The file also holds the whole sign
record, so that the validator goes on in the middle of a height, where others may wait for the votes
it holds; of positions without a record only a floor is known, and their height stays unsigned.

    {"metadata": {"form": "aitbc signing history", "version": 1, "genesis_hash": "…"},
     "data": [{"public_key": "…",
               "signed": [{"height": 7, "round": 0, "kind": "prevote", "block_hash": "…"}],
               "record": "…", "blocks": ["…"]}]}

A position may lack its ``block_hash`` (zeros are a vote for nil), an entry its ``record`` and its
``blocks``. Nothing in a file is secret. It is believed as much as the key beside it: its signatures
are checked, but nobody can see whether a later one was kept back.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from chain.block import Block
from chain.consensus.messages import SignedMessage
from chain.consensus.sign_merge import check_record, merge_records
from chain.consensus.sign_state import SignRecord
from chain.crypto import SigningKind
from chain.errors import ChainError, ConfigError
from chain.primitives import Hash, PublicKey
from chain.store.sign_entries import encode_entries
from chain.store.sign_log import SignLog
from chain.validation import check_block_roots, verify_block
from genesis.closed_json import fill_form, parse_object
from genesis.document import read_genesis
from node.documents import HISTORY_BYTES_MAX, HISTORY_FORM, WORDS, HistoryForm, KeyForm, SignedForm
from node.home import Home, is_file
from node.keystore import read_public_key

_WHAT = "the signing history"


@dataclass(frozen=True, slots=True)
class History:
    """What one key has signed.

    Attributes:
        record: the last record or a floor; None if nothing was signed.
        blocks: full bytes of the blocks that it names, as far as they are known.
    """

    record: SignRecord | None
    blocks: dict[Hash, bytes]


def export_history(home: Home) -> bytes:
    """Return the file of a home's key, whose node must be stopped and stay so.

    Raises:
        ConfigError: the home has no key, or no sign log.
        StoreError: the sign log is damaged, or the node is running.
    """
    genesis_hash, public_key = _identity(home)
    if not is_file(home.sign_log):
        raise ConfigError(
            detail=f"there is no {home.sign_log}: a key that never signed has no history to take "
            "along, and one that has signed needs this file back"
        )
    with SignLog.open(home.sign_log, genesis_hash=genesis_hash, public_key=public_key) as log:
        record = None if log.record is None else SignRecord.decode(log.record)
        blocks = list(log.blocks.values())
    entry: dict[str, object] = {"public_key": public_key.hex(), "signed": _signed(record)}
    if record is not None and not record.is_floor:
        entry |= {"record": record.encode().hex(), "blocks": [block.hex() for block in blocks]}
    metadata = {"form": HISTORY_FORM, "version": 1, "genesis_hash": genesis_hash.hex()}
    return json.dumps({"metadata": metadata, "data": [entry]}, indent=2).encode() + b"\n"


def import_history(home: Home, data: bytes) -> SignRecord | None:
    """Take a file in, so that the home's key never signs at or below a position in it.

    Returns:
        What binds the key from now on; None if it has signed nothing anywhere.

    Raises:
        ConfigError: the file is malformed, of another chain or of other keys; nothing has changed.
        StoreError: the sign log was lost or is damaged, the node is running, or the disk failed.
    """
    genesis_hash, public_key = _identity(home)
    given = parse_history(data, genesis_hash=genesis_hash, public_key=public_key)
    record = None if given.record is None else given.record.encode()
    first = b"" if record is None else encode_entries(record, given.blocks)
    with SignLog.open(
        home.sign_log, genesis_hash=genesis_hash, public_key=public_key, create=True, first=first
    ) as log:
        if record is not None:
            log.merge(record, given.blocks)
        return None if log.record is None else SignRecord.decode(log.record)


def parse_history(data: bytes, *, genesis_hash: Hash, public_key: PublicKey) -> History:
    """Return what a file says of a key.

    Raises:
        ConfigError: it is malformed, contradicts itself, or is of another chain or of other keys.
    """
    document = parse_object(data, what=_WHAT, bytes_max=HISTORY_BYTES_MAX)
    form = fill_form(HistoryForm, document, what=_WHAT, words=WORDS)
    if form.metadata.genesis_hash != genesis_hash.hex():
        raise ConfigError(
            detail=f"{_WHAT} is of another chain; its genesis hash is not this home's"
        )
    entries = [entry for entry in form.data if entry.public_key == public_key.hex()]
    if not entries:
        raise ConfigError(detail=f"{_WHAT} is of other keys; this home's is {public_key.hex()}")
    try:
        known = [
            _read_entry(one, public_key=public_key, genesis_hash=genesis_hash) for one in entries
        ]
    except ChainError as error:
        raise ConfigError(detail=f"{_WHAT} cannot be believed: {error}") from None
    records = [one.record for one in known if one.record is not None]
    blocks = {key: block for one in known for key, block in one.blocks.items()}
    return History(reduce(merge_records, records) if records else None, blocks)


def _identity(home: Home) -> tuple[Hash, PublicKey]:
    home.check_key()
    return read_genesis(home.genesis).hash, read_public_key(home.validator_key)


def _signed(record: SignRecord | None) -> list[dict[str, object]]:
    if record is None:
        return []
    if record.is_floor:
        return [_position(record.height, record.round, record.kind)]
    return [_position_of(message) for message in record.messages]


def _position(height: int, round_: int, kind: SigningKind) -> dict[str, object]:
    return {"height": height, "round": round_, "kind": kind.name.lower()}


def _position_of(message: SignedMessage) -> dict[str, object]:
    position = _position(message.height, message.round, message.signing_kind)
    return position | {"block_hash": message.block_hash.hex()}


def _read_entry(entry: KeyForm, *, public_key: PublicKey, genesis_hash: Hash) -> History:
    """Return what one entry says.

    Raises:
        ChainError: its record or a block does not decode, is not signed, or names something else.
    """
    record, blocks = None, {}
    if entry.record is not None:
        record = SignRecord.decode(bytes.fromhex(entry.record))
        check_record(record, public_key=public_key, genesis_hash=genesis_hash)
        decoded = [_read_block(text) for text in entry.blocks]
        blocks = {one.hash: one.encode() for one in decoded if one.hash in record.block_hashes}
    unknown = list(_not_in(record, entry.signed))
    if unknown:
        floor = SignRecord.floor(max(unknown))
        record = floor if record is None else merge_records(record, floor)
    return History(record, blocks)


def _read_block(text: str) -> Block:
    """Return a block that is all that its header says.

    Raises:
        ChainError: it does not decode, or holds something else or something unsigned.
    """
    block = Block.decode(bytes.fromhex(text))
    verify_block(block, known={}, known_receipts={})
    check_block_roots(block)
    return block


def _not_in(record: SignRecord | None, signed: Iterable[SignedForm]) -> Iterable[int]:
    """Yield the height of each position of which the record does not hold the message."""
    known = [] if record is None else [_position_of(message) for message in record.messages]
    bare = [{**one, "block_hash": None} for one in known]
    for one in signed:
        is_past = record is not None and one.height < record.height
        if not is_past and one.model_dump() not in (known if one.block_hash else bare):
            yield one.height
