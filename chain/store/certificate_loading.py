"""The certificate of the last block, checked before anybody builds on it.

A proposer puts it into the next block, and the others refuse a block whose parent is not proven.
"""

from sqlalchemy import Connection

from chain.certificate import Certificate, check_certificate
from chain.errors import ChainError
from chain.genesis import Genesis
from chain.store.connection import damaged
from chain.store.validator_rows import load_validators


def load_certificate(connection: Connection, genesis: Genesis, *, height: int) -> Certificate:
    """Return the certificate of the last block, which the next block will carry.

    Raises:
        StoreError: it is missing, or does not prove the block final.
    """
    query = "SELECT block.hash, data FROM block NATURAL JOIN certificate WHERE height = ?"
    row = connection.exec_driver_sql(query, (height,)).first()
    if row is None:
        raise damaged(what=f"the certificate of block {height} is missing")
    try:
        certificate = Certificate.decode(row.data)
        validators = load_validators(connection, height)
        check_certificate(certificate, validators=validators, genesis_hash=genesis.hash)
    except ChainError as error:
        raise damaged(what=f"the certificate of block {height}: {error}") from error
    if (certificate.height, certificate.block_hash) != (height, row.hash):
        raise damaged(what=f"the certificate of block {height} is another block's")
    return certificate
