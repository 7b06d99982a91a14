"""Where the next page begins, as a text that callers hand back unread.

A cursor is bound to its list and filter, so that a page never goes on in another than it began in.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import astuple

from chain.codec import Reader, decode_whole, u8, u64
from chain.crypto import tagged_hash
from chain.errors import MalformedMessage
from chain.store.pages import ROW_MAX
from chain.store.views import ReceiptFilter
from node.api import problems

CURSOR_VERSION = 1
FILTER_BYTES = 8

Listed = ReceiptFilter | str
"""What a list is of: receipts by a filter, or the name of any other list."""


def first_below(cursor: str | None, wanted: Listed) -> int:
    """Return the row below which the page of a cursor begins; without one, the first page.

    Raises:
        RpcError: as :func:`decode_cursor`.
    """
    return ROW_MAX if cursor is None else decode_cursor(cursor, wanted)


def next_cursor(wanted: Listed, rows: Sequence[int], *, limit: int) -> str | None:
    """Return the cursor of the page after these rows; None where they are fewer than asked for."""
    return encode_cursor(wanted, rows[-1]) if len(rows) == limit else None


def encode_cursor(wanted: Listed, before: int) -> str:
    """Return the cursor of the page of a list that begins below a row."""
    data = u8(CURSOR_VERSION) + _filter_id(wanted) + u64(before)
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_cursor(text: str, wanted: Listed) -> int:
    """Return the row below which the page begins.

    Raises:
        RpcError: it is no cursor of ours, or one of another filter.
    """
    try:
        data = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        version, filter_id, before = decode_whole(data, _read)
    except (MalformedMessage, binascii.Error, UnicodeEncodeError):
        raise problems.invalid_param(path="cursor", msg="it is no cursor of this node") from None
    if version != CURSOR_VERSION or before >= 2**63:
        raise problems.invalid_param(path="cursor", msg="it is no cursor of this node")
    if filter_id != _filter_id(wanted):
        raise problems.invalid_param(path="cursor", msg="it belongs to another filter")
    return before


def _read(reader: Reader) -> tuple[int, bytes, int]:
    return reader.u8(), reader.take(FILTER_BYTES), reader.u64()


def _filter_id(wanted: Listed) -> bytes:
    if isinstance(wanted, str):
        return tagged_hash(b"cursor", wanted.encode())[:FILTER_BYTES]
    return tagged_hash(b"cursor", repr(astuple(wanted)).encode())[:FILTER_BYTES]
