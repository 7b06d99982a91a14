"""The store: SQLModel tables, one writer, read-only queries."""
