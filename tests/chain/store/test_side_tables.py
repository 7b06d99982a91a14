"""Every table is strict, and none has an index on hashes."""

from sqlalchemy import LargeBinary

from chain.store.side_tables import SCHEMA


def test_every_table_is_strict() -> None:
    assert all(table.dialect_options["sqlite"]["strict"] for table in SCHEMA.values())


def test_no_index_of_a_large_table_is_on_hashes() -> None:
    small = {"validator", "evidence"}
    tables = [table for name, table in SCHEMA.items() if name not in small]
    indexed = [column for table in tables for i in table.indexes for column in i.columns]
    assert indexed
    assert not any(isinstance(column.type, LargeBinary) for column in indexed)


def test_columns_are_numbers_text_and_bytes() -> None:
    types = {type(column.type).__name__ for table in SCHEMA.values() for column in table.columns}
    assert types == {"Integer", "Text", "LargeBinary"}
