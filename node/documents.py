"""The forms of the files that people carry about or send each other.

Those of validators are public; a miner's card is for its clients alone.
"""

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from chain.certificate import ROUND_MAX
from chain.primitives import HEIGHT_MAX, LABEL_MAX, TIME_MS_MAX, VALIDATORS_MAX
from genesis.closed_json import ClosedForm

HISTORY_FORM: Final = "aitbc signing history"
ACCEPTANCE_FORM: Final = "aitbc validator acceptance"
UPDATE_FORM: Final = "aitbc validators update"
CARD_FORM: Final = "aitbc miner card"
BACKUP_FORM: Final = "aitbc backup"

MANIFEST_BYTES_MAX = 4 * 1024
DATABASE_BYTES_MAX = 2**48
"""256 TiB, about the largest that SQLite can be."""

CARD_BYTES_MAX = 16 * 1024
ADDRESSES_MAX = 8

CHANGE_BYTES_MAX = 256 * 1024
"""An acceptance, or an update with every approval there can be, is far smaller."""

HISTORY_BYTES_MAX = 64 * 1024 * 1024
"""Three of the largest blocks in hexadecimal digits, and room for the rest."""

SIGNED_MAX = 1_000
"""Positions of one key; a record of ours has 156 at most."""

_HEX_64 = r"\A[0-9a-f]{128}\z"
_HEX_32 = r"\A[0-9a-f]{64}\z"
_HEX = r"\A([0-9a-f]{2})*\z"
_ADDRESS = r"\A(/[A-Za-z0-9.:_-]+)+\z"
WORDS = {
    _HEX_32: "must be 64 lower hexadecimal digits",
    _HEX_64: "must be 128 lower hexadecimal digits",
    _HEX: "must be lower hexadecimal digits, two for each byte",
    _ADDRESS: "must be an address such as /ip4/192.0.2.1/tcp/26700/p2p/12D3KooW...",
}
"""What a person reads instead of a pattern."""

Hex64 = Annotated[str, StringConstraints(pattern=_HEX_64)]
Hex32 = Annotated[str, StringConstraints(pattern=_HEX_32)]
HexBytes = Annotated[str, StringConstraints(pattern=_HEX)]


class MetadataForm(ClosedForm):
    """What the file is, and of which chain."""

    form: Literal["aitbc signing history"]
    version: Annotated[int, Field(ge=1, le=1)]
    genesis_hash: Hex32


class SignedForm(ClosedForm):
    """A position that was signed at."""

    height: Annotated[int, Field(ge=1, le=HEIGHT_MAX)]
    round: Annotated[int, Field(ge=0, le=ROUND_MAX)]
    kind: Literal["proposal", "prevote", "precommit"]
    block_hash: Hex32 | None = None


class KeyForm(ClosedForm):
    """What one key has signed."""

    public_key: Hex32
    signed: Annotated[list[SignedForm], Field(max_length=SIGNED_MAX)]
    record: HexBytes | None = None
    blocks: Annotated[tuple[HexBytes, ...], Field(max_length=3, strict=False)] = ()


class HistoryForm(ClosedForm):
    """The whole file."""

    metadata: MetadataForm
    data: Annotated[list[KeyForm], Field(min_length=1, max_length=VALIDATORS_MAX)]


class AcceptedForm(ClosedForm):
    """Somebody who is to join, with the word of the new key."""

    public_key: Hex32
    name: Annotated[str, StringConstraints(max_length=LABEL_MAX)]
    payee: Annotated[str, StringConstraints(max_length=64)]
    until: Annotated[int, Field(ge=1, le=HEIGHT_MAX)]
    signature: Hex64


class AcceptanceForm(AcceptedForm):
    """What a new validator sends to those who are to approve."""

    form: Literal["aitbc validator acceptance"]
    genesis_hash: Hex32


class ApprovalForm(ClosedForm):
    """One validator's word."""

    public_key: Hex32
    signature: Hex64


class UpdateForm(ClosedForm):
    """A change of the validators, with those who approve it so far."""

    form: Literal["aitbc validators update"]
    genesis_hash: Hex32
    version: Annotated[int, Field(ge=1, le=HEIGHT_MAX)]
    added: Annotated[list[AcceptedForm], Field(max_length=VALIDATORS_MAX)]
    removed: Annotated[list[Hex32], Field(max_length=VALIDATORS_MAX)]
    approvals: Annotated[list[ApprovalForm], Field(max_length=VALIDATORS_MAX)]


class CardForm(ClosedForm):
    """A miner's word about where it is reached."""

    form: Literal["aitbc miner card"]
    genesis_hash: Hex32
    provider: Annotated[str, StringConstraints(max_length=64)]
    public_key: Hex32
    addresses: Annotated[
        list[Annotated[str, StringConstraints(max_length=256, pattern=_ADDRESS)]],
        Field(min_length=1, max_length=ADDRESSES_MAX),
    ]
    signature: Hex64


class BackupForm(ClosedForm):
    """What a copy of a node's chain says of itself."""

    form: Literal["aitbc backup"]
    version: Annotated[int, Field(ge=1, le=1)]
    chain_id: Annotated[str, StringConstraints(max_length=LABEL_MAX)]
    genesis_hash: Hex32
    height: Annotated[int, Field(ge=0, le=HEIGHT_MAX)]
    block_hash: Hex32
    made_at_ms: Annotated[int, Field(ge=0, le=TIME_MS_MAX)]
    database_bytes: Annotated[int, Field(ge=0, le=DATABASE_BYTES_MAX)]
    database_sha256: Hex32
