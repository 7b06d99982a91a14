"""The limits agree with each other and with what must hold them."""

from chain import primitives
from chain.codec import u16, u32, u64
from chain.primitives import (
    AMOUNT_MAX,
    BLOCK_CLAIMS_MAX,
    BLOCK_SIDECAR_BYTES_MAX,
    BLOCK_TRANSACTIONS_MAX,
    DISPUTE_WINDOW_MAX,
    HEIGHT_MAX,
    INDEX_BITS,
    JOBS_MAX,
    NUMBER_WHOLE_DIGITS,
    RECEIPT_BYTES_MAX,
    TIME_MS_MAX,
    TRANSACTION_BYTES_MAX,
    UNITS_MICRO_MAX,
    ZERO_ADDRESS,
    ZERO_HASH,
)


def test_limits_are_positive_integers() -> None:
    limits = {name: value for name, value in vars(primitives).items() if name.endswith("_MAX")}
    assert len(limits) > 15
    assert all(type(value) is int and value > 0 for value in limits.values())


def test_amounts_and_times_are_exact_in_javascript_and_sqlite() -> None:
    assert max(AMOUNT_MAX, TIME_MS_MAX, UNITS_MICRO_MAX) < 2**53


def test_receipt_numbers_are_exact_in_a_double() -> None:
    assert NUMBER_WHOLE_DIGITS + 6 == 15
    assert int(float(UNITS_MICRO_MAX)) == UNITS_MICRO_MAX


def test_row_id_of_height_and_index_fits_63_bits() -> None:
    assert HEIGHT_MAX << INDEX_BITS | (1 << INDEX_BITS) - 1 < 2**63
    assert max(BLOCK_TRANSACTIONS_MAX, BLOCK_CLAIMS_MAX) < 1 << INDEX_BITS


def test_fields_have_room_for_their_limits() -> None:
    assert len(u16(JOBS_MAX) + u32(DISPUTE_WINDOW_MAX) + u64(AMOUNT_MAX)) == 14


def test_one_receipt_and_one_transaction_fit_a_block() -> None:
    assert RECEIPT_BYTES_MAX <= BLOCK_SIDECAR_BYTES_MAX // BLOCK_CLAIMS_MAX * 2
    assert TRANSACTION_BYTES_MAX < primitives.BLOCK_TRANSACTION_BYTES_MAX


def test_nothing_is_all_zeros() -> None:
    assert (bytes(32), bytes(20)) == (ZERO_HASH, ZERO_ADDRESS)
