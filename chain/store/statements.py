"""The SQL of the hot path.

The driver's ``executemany`` with tuples is twenty times faster than adding objects to a session;
the inserts are written once from the tables, whose classes stay the one place that knows columns.
"""

from sqlalchemy import insert
from sqlalchemy.dialects import sqlite

from chain.store.side_tables import SCHEMA

_DIALECT = sqlite.dialect(paramstyle="qmark")


def _insert(name: str) -> str:
    """Return the SQL that takes one value for each column, in the order of the columns."""
    return str(insert(SCHEMA[name]).compile(dialect=_DIALECT))


INSERT_ACCOUNT = _insert("account")
INSERT_BLOCK = _insert("block")
INSERT_CERTIFICATE = _insert("certificate")
INSERT_TRANSACTION = _insert("transaction")
INSERT_RESERVATION = _insert("reservation")
INSERT_RECEIPT = _insert("receipt")
INSERT_GRANT = _insert("grant")
INSERT_OFFER = _insert("offer")
INSERT_DISPUTE = _insert("dispute")
INSERT_PAYOUT = _insert("payout")
INSERT_PERIOD = _insert("payout_period")
INSERT_PARAMETERS = _insert("parameters")
INSERT_ENTRY = _insert("ledger_entry")
INSERT_VALIDATOR = _insert("validator")
INSERT_FORMER = _insert("former_validator")
INSERT_EVIDENCE = _insert("evidence")
INSERT_CHAIN = _insert("chain")
INSERT_TOTAL = _insert("chain_total")
INSERT_LOOKUP = _insert("lookup")
INSERT_LOOKUP_SEGMENT = _insert("lookup_segment")

UPDATE_BALANCE = "UPDATE account SET balance = ? WHERE number = ?"

PUT_NONCE = f"{_insert('nonce')} ON CONFLICT DO UPDATE SET next = excluded.next"

PUT_TAKEN = (
    f"{_insert('taken')} ON CONFLICT DO UPDATE "
    "SET reservation_id = excluded.reservation_id, until = excluded.until"
)

DELETE_FORMER = "DELETE FROM former_validator WHERE public_key = ?"

DELETE_TAKEN = "DELETE FROM taken WHERE client = ? AND name = ?"

UPDATE_RESERVATION = "UPDATE reservation SET spent = ?, pending = ?, status = ? WHERE id = ?"

END_RESERVATION = (
    "UPDATE reservation SET pending = 0, status = 'ended', ended_height = ?, "
    "spent = (SELECT coalesce(sum(spent), 0) FROM receipt WHERE reservation = reservation.id) "
    "WHERE id = ?"
)
"""A reservation that has ended is no longer in the state, but all its claims have ended too."""

DISPUTE_RECEIPT = "UPDATE receipt SET status = 'disputed', due_height = 0 WHERE id = ?"

SETTLE_RECEIPT = (
    "UPDATE receipt SET status = ?, spent = ?, due_height = 0, settled_height = ? WHERE id = ?"
)

END_DISPUTE = (
    "UPDATE dispute SET due_height = 0, ended_height = ?, decision = ?, bond_winner = ? "
    "WHERE receipt = ?"
)

DELETE_GRANTS = 'DELETE FROM "grant" WHERE account = ?'
DELETE_OFFERS = "DELETE FROM offer WHERE account = ?"
"""An account has few of either, so that all are written anew when one changes."""


def _add(name: str) -> str:
    """Return the SQL that adds to a row's numbers, or makes the row."""
    names = [column.name for column in SCHEMA[name].columns if not column.primary_key]
    sums = ", ".join(f"{one} = {one} + excluded.{one}" for one in names)
    return f"{_insert(name)} ON CONFLICT DO UPDATE SET {sums}"


PUT_HOUR = f"{_insert('chain_hour')} ON CONFLICT DO UPDATE SET last_height = excluded.last_height"
ADD_TO_KIND = _add("kind_hour")
ADD_TO_MODEL = _add("model_hour")
ADD_TO_DAY = _add("account_day")
ADD_TO_TRADER = _add("trader")

PUT_CHAIN = f"{_insert('chain')} ON CONFLICT DO UPDATE SET value = excluded.value"
