"""The small words of the chain: its units, its sizes and every limit, each with its reason.

Amounts are integers of base units; a limit ends in ``_MAX``; a size says its unit last.
"""

from typing import NewType

Address = NewType("Address", bytes)
"""20 bytes: the last 20 of the keccak-256 of a 32-byte Ed25519 public key."""

Hash = NewType("Hash", bytes)
"""32 bytes: SHA-256 under a tag that says what was hashed."""

PublicKey = NewType("PublicKey", bytes)
"""32 bytes: an Ed25519 public key (RFC 8032, section 5.1.5)."""

Signature = NewType("Signature", bytes)
"""64 bytes: an Ed25519 signature (RFC 8032, section 5.1.6)."""

Amount = NewType("Amount", int)
"""Base units, 0 to ``AMOUNT_MAX``."""

Height = NewType("Height", int)
"""Position of a block in the chain; genesis is 0 and the first block is 1."""

ADDRESS_BYTES = 20
HASH_BYTES = 32
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64

ZERO_HASH = Hash(bytes(HASH_BYTES))
"""Stands for "none" where a hash is required: a nil vote, the parent of the first block."""

ZERO_ADDRESS = Address(bytes(ADDRESS_BYTES))
"""Stands for "any provider" in a reservation; no key hashes to it that anybody knows."""

BASE_UNITS = 1_000_000
"""Base units in one AITBC."""

MICRO_UNITS = 1_000_000
"""Micro-units in one unit of computation: 2.5 gpu_seconds are 2,500,000."""

AMOUNT_MAX = 2**53 - 1
"""The supply cannot exceed it, so no sum overflows in Python, SQLite or JavaScript (ECMA-262,
``Number.MAX_SAFE_INTEGER``)."""

HEIGHT_MAX = 2**43 - 1
"""A row id is height and index in one 63-bit integer with 20 bits of index; one block a second
reaches this bound after 278,000 years."""

INDEX_BITS = 20
"""Bits of a row id that say the position inside its block; 2^20 is above every per-block limit."""

LABEL_MAX = 64
"""Characters of an id, a label or a model: ``[A-Za-z0-9._:-]{1,64}``."""

CHAIN_ID_MAX = 32
"""Characters of a chain id: enough for a name and a version, and short in every header."""

MEMO_BYTES_MAX = 64
"""Bytes of a transfer's public memo: room for an invoice number, none for a document."""

RECEIPT_BYTES_MAX = 8_192
"""Bytes of one receipt document with its signatures; the widest legal one is under 3 KiB."""

NUMBER_WHOLE_DIGITS = 9
"""Digits before the point in ``units`` and ``price``; with six after it every value is exact in
a double (15 significant digits)."""

GRANTS_MAX = 64
"""Live grants of one account: enough for a team's gateways, little to read for its owner."""

GRANT_HEIGHTS_MAX = 31_536_000
"""A grant holds at most this long: a year of one-second blocks."""

GRANT_MODELS_MAX = 16
"""Models that one grant may name."""

OFFERS_MAX = 64
"""Live offers of one account."""

OFFER_HEIGHTS_MAX = 100_000
"""An offer holds at most this long: a price list that nobody renews is stale."""

DISCLOSURE_BYTES_MAX = 1_024
"""A disclosed field with its proof; the widest takes 739 bytes."""

PAYOUT_ROWS_MAX = 4_096
"""Rows after which a payout period ends early: their tree takes a tenth of a second."""

JOBS_MAX = 1_024
"""Jobs of one reservation; equals the claims a block may carry."""

EXPIRY_HEIGHTS_MAX = 100_000
"""A reservation ends at most this far ahead: about a day of one-second blocks."""

DISPUTE_WINDOW_MAX = 20_000
"""Longest dispute window in heights: a working afternoon of one-second blocks."""

IDEMPOTENCY_HEIGHTS = 86_400
"""A job id or idempotency key of a client stays taken this long after its reservation's expiry."""

VALID_UNTIL_HEIGHTS_MAX = 600
"""A transaction names the last height that may include it, at most this far ahead: a forgotten
one dies within ten minutes of one-second blocks."""

FEE_FACTOR_MAX = 100
"""A sender pays at most this many times the minimum fee, so a slip of the finger has a bound."""

BLOCK_TRANSACTIONS_MAX = 20_000
BLOCK_TRANSACTION_BYTES_MAX = 4 * 1024 * 1024
BLOCK_CLAIMS_MAX = 1_024
BLOCK_SIDECAR_BYTES_MAX = 4 * 1024 * 1024
BLOCK_EVIDENCE_MAX = 8
"""Limits of one block, checked by validity. They keep a block below what a node moves, checks and
stores within one block interval on two cores."""

DUE_WORK_MAX = 256
"""Matured windows and expired reservations ended in one block; the rest waits its turn."""

EVIDENCE_HEIGHTS_MAX = 100_000
"""Evidence counts this long, and a validator that has left can be punished: about a day."""

FORGET_MAX = 4_096
"""Stale idempotency records dropped in one block; a record past its height no longer counts,
dropped or not, so this bounds work and not meaning."""

TRANSACTION_VERSION = 1
"""First byte of every transaction."""

BATCH_CLAIMS_MAX = 256
"""Claims of one batch: a quarter of a block's, and the largest that fits a transaction."""

TRANSACTION_BYTES_MAX = 128 * 1024
"""One transaction: the widest is a batch of 256 claims."""

VALIDATORS_MAX = 64
"""Every validator talks to every other directly; 64 keeps that below 4,096 links."""

ACCEPTANCE_HEIGHTS_MAX = 3_600
"""A new validator's acceptance holds at most this long, about an hour of one-second blocks: proof
that its node is alive and wants the seat, with time for people to approve."""

NONCE_MAX = 2**53 - 1
RATE_MAX = AMOUNT_MAX
UNITS_MICRO_MAX = 10**NUMBER_WHOLE_DIGITS * MICRO_UNITS - 1
TIME_S_MAX = 253_402_300_799
"""Last second of the year 9999: the latest time a receipt may name."""

TIME_MS_MAX = TIME_S_MAX * 1_000 + 999
"""Its last millisecond: the latest time a header may name; exact in JavaScript and SQLite."""
