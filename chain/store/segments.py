"""How the writer turns new rows into sorted segments, and many segments into few.

When enough rows of a kind are in no segment, their entries are sorted and appended as one. Eight
segments of a level move into one of the next level, a bounded number of entries with each block,
so that no block waits for a merge. An entry moves in the transaction that takes it away, so every
reader finds it in exactly one place at every moment.
"""

from heapq import merge

from sqlalchemy import Connection

from chain.store import statements
from chain.store.lookup import Entry, LookupKind, covered_row, entries_after

SEGMENT_ROWS = 16_384
"""Rows after which a tail becomes a segment: a megabyte or two in a reader's memory, and below a
tenth of a second for the block that writes it."""

MERGED_AT_ONCE = 8
"""Segments that become one: each entry is written once a level, and there are few levels."""

MOVED_MIN = 1_024
"""Entries that each block moves at least, while there are any to move."""

MOVED_PER_ROW = 8
"""Entries that a block moves for each row it adds: above the number of levels, so merging keeps
pace with writing."""

_WAITING = {
    LookupKind.TRANSACTION: 'SELECT count(*), max(id) FROM "transaction" WHERE id > ?',
    LookupKind.BLOCK: "SELECT count(*), max(height) FROM block WHERE height > ?",
    LookupKind.RECEIPT: "SELECT count(*), max(id) FROM receipt WHERE id > ?",
    LookupKind.RECEIPT_ID: "SELECT count(*), max(id) FROM receipt WHERE id > ?",
    LookupKind.ACCOUNT: "SELECT count(*), max(number) FROM account WHERE number > ?",
    LookupKind.HISTORY: 'SELECT count(*), max(id) FROM "transaction" WHERE id > ?',
    LookupKind.KIND: 'SELECT count(*), max(id) FROM "transaction" WHERE id > ?',
    LookupKind.RESERVATION: "SELECT count(*), max(id) FROM reservation WHERE id > ?",
    LookupKind.RECEIPT_JOB: "SELECT count(*), max(id) FROM receipt WHERE id > ?",
    LookupKind.PROPOSER: "SELECT count(*), max(height) FROM block WHERE height > ?",
}

_FIRST = "SELECT key, row FROM lookup WHERE kind = ? AND segment = ? ORDER BY key, row LIMIT ?"
_DROP = "DELETE FROM lookup WHERE kind = ? AND segment = ? AND (key, row) <= (?, ?)"
_SOURCES = "SELECT segment FROM lookup_segment WHERE kind = ? AND target = ?"
_NEXT_SEGMENT = "SELECT coalesce(max(segment), 0) + 1 FROM lookup_segment WHERE kind = ?"
_MERGING = "SELECT DISTINCT target FROM lookup_segment WHERE kind = ? AND target <> 0"
_SETTLED = (
    "SELECT level, segment, last_row FROM lookup_segment AS one WHERE kind = ? AND target = 0 "
    "AND NOT EXISTS (SELECT 1 FROM lookup_segment AS source WHERE source.kind = one.kind "
    "AND source.target = one.segment) ORDER BY level, segment"
)


class SegmentWriter:
    """Keeps the segments up to the rows; every call is inside the block's transaction."""

    def __init__(self, connection: Connection, *, segment_rows: int = SEGMENT_ROWS) -> None:
        """Count the rows that are in no segment yet."""
        self._connection = connection
        self._segment_rows = segment_rows
        self._waiting = {kind: self._tail(kind)[0] for kind in LookupKind}

    def rows_added(
        self, *, transactions: int, reservations: int, receipts: int, accounts: int
    ) -> None:
        """Note a block's rows; write and merge segments when it is time."""
        added = {
            LookupKind.TRANSACTION: transactions,
            LookupKind.BLOCK: 1,
            LookupKind.RECEIPT: receipts,
            LookupKind.RECEIPT_ID: receipts,
            LookupKind.ACCOUNT: accounts,
            LookupKind.HISTORY: transactions,
            LookupKind.KIND: transactions,
            LookupKind.RESERVATION: reservations,
            LookupKind.RECEIPT_JOB: receipts,
            LookupKind.PROPOSER: 1,
        }
        for kind, count in added.items():
            self._waiting[kind] += count
            self._merge(kind, MOVED_MIN + MOVED_PER_ROW * count)
        fullest = max(self._waiting, key=lambda kind: self._waiting[kind])
        if self._waiting[fullest] >= self._segment_rows:  # one a block, so that none waits long
            self._write_segment(fullest)
            self._begin_merges(fullest)

    def _write_segment(self, kind: LookupKind) -> None:
        covered = covered_row(self._connection, kind)
        entries = list(entries_after(self._connection, kind, covered))
        _, last_row = self._tail(kind)  # the last row may have no entry, and is done with as well
        segment = self._one(_NEXT_SEGMENT, int(kind))
        if entries:
            self._add_entries(kind, segment, sorted(entries))
        self._add_segment(kind, segment, level=0, last_row=last_row)
        self._waiting[kind] = 0

    def _tail(self, kind: LookupKind) -> tuple[int, int]:
        """Return how many rows are in no segment yet, and the last of them."""
        covered = covered_row(self._connection, kind)
        count, last_row = self._connection.exec_driver_sql(_WAITING[kind], (covered,)).one()
        return count, last_row or covered

    def _begin_merges(self, kind: LookupKind) -> None:
        """Let every eight segments of one level move into a fresh one of the next."""
        levels: dict[int, list[tuple[int, int]]] = {}
        for level, segment, last_row in self._connection.exec_driver_sql(_SETTLED, (int(kind),)):
            levels.setdefault(level, []).append((segment, last_row))
        for level, members in levels.items():
            if len(members) < MERGED_AT_ONCE:
                continue
            target = self._one(_NEXT_SEGMENT, int(kind))
            self._connection.exec_driver_sql(
                "UPDATE lookup_segment SET target = ? WHERE kind = ? AND segment = ?",
                [(target, int(kind), segment) for segment, _ in members],
            )
            last_row = max(row for _, row in members)
            self._add_segment(kind, target, level=level + 1, last_row=last_row)

    def _merge(self, kind: LookupKind, quota: int) -> None:
        """Move up to about ``quota`` entries of the kind to where they go."""
        for target in self._column(_MERGING, int(kind)):
            while quota > 0:
                moved = self._move(kind, target, batch=quota // MERGED_AT_ONCE + 1)
                quota -= moved
                if moved == 0:
                    break

    def _move(self, kind: LookupKind, target: int, *, batch: int) -> int:
        """Move the smallest entries of a target's sources; drop the sources when they are empty.

        Entries above the last one read from a source must wait: that source may hold smaller.
        """
        sources = self._column(_SOURCES, int(kind), target)
        runs = [self._first_entries(kind, source, batch) for source in sources]
        bounds = [run[-1] for run in runs if len(run) == batch]
        entries = list(merge(*runs))
        if bounds:
            entries = [entry for entry in entries if entry <= min(bounds)]
        if entries:
            self._add_entries(kind, target, entries)
            self._connection.exec_driver_sql(
                _DROP, [(int(kind), source, *entries[-1]) for source in sources]
            )
        if not bounds:
            self._connection.exec_driver_sql(
                "DELETE FROM lookup_segment WHERE kind = ? AND target = ?", (int(kind), target)
            )
        return len(entries)

    def _first_entries(self, kind: LookupKind, segment: int, count: int) -> list[Entry]:
        rows = self._connection.exec_driver_sql(_FIRST, (int(kind), segment, count))
        return [(key, row) for key, row in rows]

    def _add_entries(self, kind: LookupKind, segment: int, entries: list[Entry]) -> None:
        rows = [(int(kind), segment, key, row) for key, row in entries]
        self._connection.exec_driver_sql(statements.INSERT_LOOKUP, rows)

    def _add_segment(self, kind: LookupKind, segment: int, *, level: int, last_row: int) -> None:
        self._connection.exec_driver_sql(
            statements.INSERT_LOOKUP_SEGMENT, (int(kind), segment, level, last_row, 0)
        )

    def _column(self, query: str, *values: int) -> list[int]:
        return list(self._connection.exec_driver_sql(query, values).scalars())

    def _one(self, query: str, *values: int) -> int:
        return int(self._connection.exec_driver_sql(query, values).scalar_one())
