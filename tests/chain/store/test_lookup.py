"""Finding rows: keys, tails that read on, and hashes that only begin alike."""

from chain.crypto import sha256
from chain.store.lookup import LookupKind, LookupReader, hash_key, receipt_id_key
from chain.store.pages import ROW_MAX
from tests.support.builders import a_transfer
from tests.support.stored_chain import StoredChain


def find(stored: StoredChain, lookup: LookupReader, key: int, limit: int = 9) -> list[int]:
    connection = stored.writer._connection
    with connection.begin():
        return lookup.find(connection, LookupKind.BLOCK, key, before=ROW_MAX, limit=limit)


def test_key_is_63_bits_of_the_hash() -> None:
    assert hash_key(b"\xff" * 32) == 2**63 - 1
    assert hash_key(bytes(7) + b"\x03" + b"\xff" * 24) == 1
    assert receipt_id_key("receipt-1") == hash_key(sha256(b"receipt-1"))


def test_tail_reads_on_as_blocks_come(stored: StoredChain) -> None:
    lookup = LookupReader()
    for height in range(1, 4):
        executed = stored.block()
        assert find(stored, lookup, hash_key(executed.hash)) == [height]
    assert find(stored, lookup, hash_key(stored.chain.blocks[0].hash)) == [1]


def test_hash_with_the_same_beginning_is_not_the_same(stored: StoredChain) -> None:
    transfer = a_transfer(1)
    stored.block(transfer)
    transaction_id = transfer.id(stored.chain.genesis.hash)
    reader = stored.reader()
    assert reader.find_transaction(transaction_id) is not None
    assert reader.find_transaction(transaction_id[:31] + b"?") is None
    reader.close()


def test_newest_rows_come_first_and_no_more_than_asked(stored: StoredChain) -> None:
    stored.blocks_until(3)
    connection = stored.writer._connection
    with connection.begin():
        connection.exec_driver_sql("UPDATE block SET hash = zeroblob(32)")
    assert find(stored, LookupReader(), 0, limit=2) == [3, 2]
