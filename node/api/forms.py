"""The closed forms of every method's parameters, in the order of their positions.

A hash may come with or without ``0x``; an address as ``ait1…`` or ``0x…``. What is refused is
named by its parameter; its value is never repeated.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from chain.address import parse_address
from chain.errors import MalformedMessage
from chain.primitives import (
    BATCH_CLAIMS_MAX,
    BLOCK_TRANSACTIONS_MAX,
    HEIGHT_MAX,
    LABEL_MAX,
    RECEIPT_BYTES_MAX,
    TRANSACTION_BYTES_MAX,
    Address,
    Hash,
)
from chain.store.pages import PAGE_MAX
from chain.store.views import ReceiptFilter

PAGE_DEFAULT = 50
"""Entries of a page unless the caller says."""

_NO_HASH = "it is not 64 hexadecimal digits, with or without 0x"
_NO_ADDRESS = "it is no address: ait1… or 0x…"
_NO_BLOCK = "it is no height, no hash and not latest"
_HASH = re.compile(r"(?:0x)?([0-9a-fA-F]{64})", re.ASCII)


def find_hash(text: str) -> Hash | None:
    """Return the hash that a text spells, or None."""
    match = _HASH.fullmatch(text)
    return None if match is None else Hash(bytes.fromhex(match[1]))


def _check_hash(text: str) -> str:
    if find_hash(text) is None:
        raise ValueError(_NO_HASH)
    return text.removeprefix("0x")


def _check_address(text: str) -> str:
    try:
        parse_address(text)
    except MalformedMessage:
        raise ValueError(_NO_ADDRESS) from None
    return text


def _check_block(value: int | str) -> int | str:
    if isinstance(value, str) and value != "latest" and find_hash(value) is None:
        raise ValueError(_NO_BLOCK)
    return value


HashText = Annotated[
    str,
    AfterValidator(_check_hash),
    WithJsonSchema({"type": "string", "pattern": "^(0x)?[0-9a-fA-F]{64}$"}),
]
AddressText = Annotated[
    str,
    StringConstraints(max_length=64),
    AfterValidator(_check_address),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^(ait1[02-9ac-hj-np-z]{38}|0x[0-9a-fA-F]{40})$",
            "examples": ["0x00000000000000000000000000000000000000a1"],
        }
    ),
]
LabelText = Annotated[str, StringConstraints(pattern=rf"^[A-Za-z0-9._:-]{{1,{LABEL_MAX}}}$")]
BytesText = Annotated[
    str,
    StringConstraints(
        pattern=r"^(0x)?([0-9a-fA-F]{2})+$", max_length=2 + 2 * TRANSACTION_BYTES_MAX
    ),
]
_BlockName = Annotated[
    str, WithJsonSchema({"type": "string", "pattern": "^(latest|(0x)?[0-9a-fA-F]{64})$"})
]
ReceiptStatus = Literal["pending", "disputed", "paid", "split", "refunded"]
TimeMs = Annotated[int, Field(ge=0, lt=2**53)]
HeightNumber = Annotated[int, Field(ge=0, le=HEIGHT_MAX)]
PageLimit = Annotated[int, Field(ge=1, le=PAGE_MAX)]
CursorText = Annotated[str, StringConstraints(max_length=64)]
DocumentForm = dict[str, Any] | Annotated[str, StringConstraints(max_length=RECEIPT_BYTES_MAX)]


class Closed(BaseModel):
    """A form with no fields but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)


class Nothing(Closed):
    """No parameters."""


class BlockParams(Closed):
    """Which block.

    Attributes:
        block: a height, a block hash or ``latest``.
        transactions: whether its transactions come with it.
        from_index: the first of them.
        limit: how many of them at most, 1 to 500.
    """

    block: Annotated[HeightNumber | _BlockName, AfterValidator(_check_block)]
    transactions: bool = False
    from_index: Annotated[int, Field(ge=0, le=BLOCK_TRANSACTIONS_MAX)] = 0
    limit: PageLimit = PAGE_MAX


class TransactionParams(Closed):
    """Which transaction.

    Attributes:
        transaction_id: its id.
    """

    transaction_id: HashText


class ReceiptParams(Closed):
    """Which receipt.

    Attributes:
        receipt: its receipt hash, or the id that its miner gave it.
    """

    receipt: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,66}$")]


class ReceiptsParams(Closed):
    """Which receipts; what is not given does not matter.

    Attributes:
        client: the buyer's address.
        provider: the miner's address.
        model: the model that ran.
        status: ``pending`` or ``disputed``, then ``paid``, ``split`` or ``refunded``.
        limit: entries at most, 1 to 500.
        cursor: ``nextCursor`` of the page before.
        address: the buyer's address or the miner's.
        from_ms: unix milliseconds; claimed in a block of this time or later.
        to_ms: unix milliseconds; claimed in a block of an earlier time.
    """

    client: AddressText | None = None
    provider: AddressText | None = None
    model: LabelText | None = None
    status: ReceiptStatus | None = None
    limit: PageLimit = PAGE_DEFAULT
    cursor: CursorText | None = None
    address: AddressText | None = None
    from_ms: TimeMs | None = None
    to_ms: TimeMs | None = None

    def filter(self) -> ReceiptFilter:
        """Return the filter that these ask for."""
        return ReceiptFilter(
            client=address_of(self.client),
            provider=address_of(self.provider),
            model=self.model,
            status=self.status,
            account=address_of(self.address),
            from_ms=self.from_ms,
            to_ms=self.to_ms,
        )


class AccountParams(Closed):
    """Which account.

    Attributes:
        address: its address.
    """

    address: AddressText


class ReservationParams(Closed):
    """Which reservation.

    Attributes:
        reservation_id: the id of the transaction that made it.
    """

    reservation_id: HashText


class FeeParams(Closed):
    """Which transaction's fee.

    Attributes:
        kind: what it does.
        size_bytes: of its stored form; of a claim in a batch, of the claim alone.
    """

    kind: Literal[
        "transfer", "reserve", "claim", "release", "accept", "dispute", "grant", "revoke", "offer"
    ]
    size_bytes: Annotated[int, Field(ge=1, le=TRANSACTION_BYTES_MAX)]


class LedgerParams(Closed):
    """Whose ledger.

    Attributes:
        address: the account's address.
        limit: entries at most, 1 to 500.
        cursor: ``nextCursor`` of the page before.
    """

    address: AddressText
    limit: PageLimit = PAGE_DEFAULT
    cursor: CursorText | None = None


class ValidatorsParams(Closed):
    """Whose validators.

    Attributes:
        height: a height, up to two above the last block, or ``latest``.
    """

    height: HeightNumber | Literal["latest"] = "latest"


class EvidenceParams(Closed):
    """Which evidence.

    Attributes:
        limit: entries at most, 1 to 500.
        cursor: ``nextCursor`` of the page before.
    """

    limit: PageLimit = PAGE_DEFAULT
    cursor: CursorText | None = None


class SendParams(Closed):
    """A signed transaction.

    Attributes:
        raw_hex: its stored form in hexadecimal.
    """

    raw_hex: BytesText


class SubmitReceiptParams(Closed):
    """A receipt and its claim.

    Attributes:
        document: the signed receipt, as an object or as JSON text.
        claim_hex: the signed claim's stored form in hexadecimal.
    """

    document: DocumentForm
    claim_hex: BytesText


class SubmitReceiptsParams(Closed):
    """Receipts and the batch that claims them.

    Attributes:
        documents: the signed receipts in the order of the claims, each an object or JSON text.
        batch_hex: the signed batch's stored form in hexadecimal.
    """

    documents: Annotated[list[DocumentForm], Field(min_length=1, max_length=BATCH_CLAIMS_MAX)]
    batch_hex: BytesText


def bytes_of(text: str) -> bytes:
    """Return the bytes of a checked ``BytesText`` or ``HashText``."""
    return bytes.fromhex(text.removeprefix("0x"))


def address_of(text: str | None) -> Address | None:
    """Return the address of a checked ``AddressText``; None stays None."""
    return None if text is None else parse_address(text)
