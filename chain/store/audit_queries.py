"""The audit: where every unit of the supply is, after any block.

The writer carries the positions of the money from block to block, so an answer costs one row
whatever the height and however many accounts there are. :func:`recount_supply` believes none of
that and adds up the rows of the state, for the check of a whole database.
"""

from sqlalchemy import Connection

from chain.store.account_rows import RESERVED
from chain.store.account_views import FeesView, SupplyAudit
from chain.store.queries import ChainReader
from chain.store.state_rows import SUPPLY, TREASURY

_SUPPLY = (
    "SELECT height, (SELECT value FROM chain WHERE name = ?) AS supply, "
    "balances, reserved, pending, bonds, treasury FROM chain_total WHERE height = ?"
)
_FEES = (
    "SELECT one.fees, one.treasury - first.treasury FROM chain_total AS one "
    "JOIN chain_total AS first ON first.height = 0 WHERE one.height = ?"
)
_TIP = (
    "SELECT (SELECT max(height) FROM block), (SELECT coalesce(sum(balance), 0) FROM account), "
    "(SELECT coalesce(sum(bond), 0) FROM dispute WHERE ended_height IS NULL)"
)


class AuditReader:
    """Asks a reader's connection; a snapshot of the reader holds for this as well."""

    def __init__(self, reader: ChainReader) -> None:
        """Ask through an open reader, which whoever opened it closes."""
        self._reader = reader
        self._connection = reader.connection

    def supply(self, height: int | None = None) -> SupplyAudit | None:
        """Return where the money is after the block of a height, the tip's unless it is given.

        Exact for every height from genesis on; None above the tip.
        """
        with self._reader.snapshot():
            at = self._reader.tip().height if height is None else height
            row = self._connection.exec_driver_sql(_SUPPLY, (SUPPLY, at)).first()
        return None if row is None else SupplyAudit(*row)

    def fees(self, height: int) -> FeesView | None:
        """Return all fees up to the block of a height and where they went; None above the tip."""
        with self._reader.snapshot():
            row = self._connection.exec_driver_sql(_FEES, (height,)).first()
        return None if row is None else FeesView(*row)


def recount_supply(connection: Connection) -> SupplyAudit:
    """Add up all money of the tip from the rows of the state; goes through every account."""
    numbers: dict[str, int] = dict(
        connection.exec_driver_sql("SELECT name, value FROM chain").all()
    )
    height, balances, bonds = connection.exec_driver_sql(_TIP).one()
    reserved, pending = connection.exec_driver_sql(RESERVED).one()
    return SupplyAudit(
        height=height,
        supply=numbers[SUPPLY],
        balances=balances,
        reserved=reserved,
        pending=pending,
        bonds=bonds,
        treasury=numbers[TREASURY],
    )
