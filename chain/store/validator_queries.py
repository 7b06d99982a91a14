"""What people ask about validators: who they are, since when, who comes, who fell."""

from dataclasses import dataclass

from chain.crypto import SigningKind
from chain.primitives import INDEX_BITS, PublicKey
from chain.store.pages import ROW_MAX, bounded
from chain.store.queries import ChainReader
from chain.store.state_rows import VALIDATORS
from chain.store.validator_rows import load_validators
from chain.store.validator_views import EvidenceView
from chain.store.view_rows import AnyRow
from chain.validators import ValidatorSet

AHEAD = 2
"""A block says who votes two heights later; nothing is known beyond."""

_SINCE = (
    "SELECT min(from_height) FROM validator WHERE public_key = ? AND from_height > coalesce("
    "(SELECT max(gap.from_height) FROM validator AS gap WHERE gap.from_height <= ? AND NOT EXISTS ("
    "SELECT 1 FROM validator AS same WHERE same.from_height = gap.from_height "
    "AND same.public_key = ?)), 0)"
)


_EVIDENCE = (
    "SELECT one.*, (SELECT name FROM validator WHERE validator.public_key = one.public_key "
    "ORDER BY from_height DESC LIMIT 1) AS name FROM evidence AS one "
)
"""Ends before its WHERE; the piece is ``one``."""

_PAGE = (
    "WHERE (one.height, one.position) < (?, ?) ORDER BY one.height DESC, one.position DESC LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class SetView:
    """A set of validators and the height from which it votes.

    Attributes:
        from_height: its first.
        validators: in their order.
        since: for each of them, the first height of its time as a validator without a break.
    """

    from_height: int
    validators: ValidatorSet
    since: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SeatsView:
    """The validators of a height, and the sets after it.

    Attributes:
        tip_height: of the last block.
        height: whose set it is.
        version: how many changes have been approved up to the last block.
        present: the set of the height.
        coming: the next two sets after it, where there are such.
    """

    tip_height: int
    height: int
    version: int
    present: SetView
    coming: tuple[SetView, ...]


class ValidatorReader:
    """Asks a reader's connection; a snapshot of the reader holds for this as well."""

    def __init__(self, reader: ChainReader) -> None:
        """Ask through an open reader, which whoever opened it closes."""
        self._reader = reader
        self._connection = reader.connection

    def find_seats(self, height: int | None = None) -> SeatsView | None:
        """Return the validators of a height; None where it is further ahead than is known.

        Args:
            height: of the last block unless it is given.
        """
        with self._reader.snapshot():
            tip_height = self._reader.tip().height
            at = max(tip_height if height is None else height, 1)
            if at > tip_height + AHEAD:
                return None
            starts = self._numbers(
                "SELECT DISTINCT from_height FROM validator WHERE from_height > ? "
                "ORDER BY from_height LIMIT ?",
                *(at, AHEAD),
            )
            (first,) = self._numbers(
                "SELECT max(from_height) FROM validator WHERE from_height <= ?", at
            )
            present, *coming = [self.set_from(start) for start in (first, *starts)]
            query = "SELECT value FROM chain WHERE name = ?"
            version = self._connection.exec_driver_sql(query, (VALIDATORS,)).scalar() or 0
        return SeatsView(tip_height, at, version, present, tuple(coming))

    def set_from(self, height: int) -> SetView:
        """Return the set that begins at a height."""
        with self._reader.snapshot():
            validators = load_validators(self._connection, height)
            since = tuple(self._since(one.public_key, height) for one in validators)
        return SetView(height, validators, since)

    def _since(self, public_key: PublicKey, height: int) -> int:
        (since,) = self._numbers(_SINCE, public_key, height, public_key)
        return since

    def _numbers(self, query: str, *values: object) -> list[int]:
        return list(self._connection.exec_driver_sql(query, values).scalars())

    def evidence_page(self, *, before: int = ROW_MAX, limit: int = 50) -> tuple[EvidenceView, ...]:
        """Return pieces of evidence below a row, newest first."""
        query = f"{_EVIDENCE} {_PAGE}"
        place = (before >> INDEX_BITS, before & (1 << INDEX_BITS) - 1)
        with self._reader.snapshot():
            rows = self._connection.exec_driver_sql(query, (*place, bounded(limit)))
            return tuple(_evidence_view(row) for row in rows)

    def find_evidence(self, public_key: PublicKey) -> EvidenceView | None:
        """Return why a key is tombstoned, or None where it is not."""
        with self._reader.snapshot():
            query = f"{_EVIDENCE} WHERE one.public_key = ?"
            row = self._connection.exec_driver_sql(query, (public_key,)).first()
        return None if row is None else _evidence_view(row)


def _evidence_view(row: AnyRow) -> EvidenceView:
    return EvidenceView(
        height=row.height,
        position=row.position,
        public_key=PublicKey(row.public_key),
        offence_height=row.offence_height,
        offence_round=row.offence_round,
        kind=SigningKind(row.kind),
        name=row.name,
    )
