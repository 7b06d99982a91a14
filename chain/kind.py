"""The kinds of transaction: the second byte of each."""

from enum import IntEnum


class Kind(IntEnum):
    """The kind byte of a transaction."""

    TRANSFER = 1
    RESERVE = 2
    CLAIM = 3
    RELEASE = 4
    ACCEPT = 5
    DISPUTE = 6
    RESOLVE = 7
    GRANT = 8
    REVOKE = 9
    OFFER = 10
    PARAMETERS = 11
    CLAIM_BATCH = 12
    VALIDATORS = 13
