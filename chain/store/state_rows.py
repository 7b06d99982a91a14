"""From the changes of a block's draft to rows: balances, nonces, what ended, what is taken."""

from dataclasses import dataclass, field

from chain.execution import ExecutedBlock
from chain.parameters import Parameters
from chain.policy_records import GrantRecord, GrantsRecord, OffersRecord, PeriodRecord
from chain.primitives import Address, Hash
from chain.records import (
    Record,
    ReservationRecord,
    Table,
    TakenRecord,
    balance_key,
)
from chain.store.book import CLOSING, OPEN, Book, Row
from chain.store.validator_rows import validator_rows
from chain.validator_records import FormerRecord, ValidatorsRecord

TREASURY, SUPPLY, PERIOD, VALIDATORS = "treasury", "supply", "period", "validators"
"""Names of the chain's numbers; the last is the version of the validators."""


@dataclass
class StateRows:
    """What the statements take, in the order in which a block writes them.

    Attributes:
        accounts: (number, address, balance) of new accounts.
        balances: (balance, number) of the others that changed.
        nonces: (number, public key, next).
        changed: (spent, pending, status, row) of reservations that go on.
        ended: (height, row) of reservations that left the state.
        taken: (number, name, reservation id, until).
        forgotten: (number, name).
        regranted: (number,) of accounts whose grants are written anew.
        grants: as the table has them.
        reoffered: (number,) of accounts whose offers are written anew.
        offers: as the table has them.
        parameters: as the table has them.
        validators: of the height after the next one, as the table has them.
        returned: (public key,) of those who left and came back, or cannot be punished any more.
        former: as the table has them.
        chain: (name, value).
    """

    accounts: list[Row] = field(default_factory=list)
    balances: list[Row] = field(default_factory=list)
    nonces: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    ended: list[Row] = field(default_factory=list)
    taken: list[Row] = field(default_factory=list)
    forgotten: list[Row] = field(default_factory=list)
    regranted: list[Row] = field(default_factory=list)
    grants: list[Row] = field(default_factory=list)
    reoffered: list[Row] = field(default_factory=list)
    offers: list[Row] = field(default_factory=list)
    parameters: list[Row] = field(default_factory=list)
    validators: list[Row] = field(default_factory=list)
    returned: list[Row] = field(default_factory=list)
    former: list[Row] = field(default_factory=list)
    chain: list[Row] = field(default_factory=list)


def state_rows(  # noqa: C901 - one arm a table
    executed: ExecutedBlock, book: Book
) -> StateRows:
    """Return the rows of a block's changes; removes from the book what has ended.

    A draft may list a key that was never there: the trace of a transaction that was tried, could
    not be applied and was left out. Such a key has no record and leaves no row.
    """
    rows, height, changes = StateRows(), executed.block.header.height, executed.state.changes
    for key, record in changes.items():
        match key[0]:
            case Table.NONCE if isinstance(record, int):
                rows.nonces.append((book.number(Address(key[1:21])), key[21:], record))
            case Table.RESERVATION:
                _add_reservation(rows, book, Hash(key[1:]), record, height)
            case Table.TAKEN:
                _add_taken(rows, book, key, record)
            case Table.TREASURY if isinstance(record, int):
                rows.chain.append((TREASURY, record))
                book.totals.treasury = record
            case Table.PERIOD if isinstance(record, PeriodRecord):
                rows.chain.append((PERIOD, record.period))
            case Table.PARAMETERS if isinstance(record, Parameters):
                rows.parameters.append((record.version, height, record.encode()))
            case Table.VALIDATORS | Table.FORMER:
                _add_validators(rows, book, key, record, height)
            case Table.GRANTS:
                _add_grants(rows, book, Address(key[1:]), record)
            case Table.OFFERS:
                _add_offers(rows, book, Address(key[1:]), record)
            case _:
                pass
    _add_balances(rows, book, changes)
    return rows


def _add_validators(
    rows: StateRows, book: Book, key: bytes, record: Record | None, height: int
) -> None:
    if isinstance(record, ValidatorsRecord):
        rows.chain.append((VALIDATORS, record.version))
        rows.validators += validator_rows(record.validators, book, from_height=height + 2)
    else:
        rows.returned.append((key[1:],))
    if isinstance(record, FormerRecord):
        rows.former.append((key[1:], record.until))


def _add_reservation(
    rows: StateRows, book: Book, reservation_id: Hash, record: Record | None, height: int
) -> None:
    live = book.reservations.get(reservation_id)
    if live is None:
        assert record is None
    elif isinstance(record, ReservationRecord):
        status = CLOSING if record.closing else OPEN
        rows.changed.append((record.spent, record.pending, status, live.row))
    else:
        rows.ended.append((height, live.row))
        del book.reservations[reservation_id]


def _add_taken(rows: StateRows, book: Book, key: bytes, record: Record | None) -> None:
    client, name = Address(key[1:21]), key[21:]
    if isinstance(record, TakenRecord):
        rows.taken.append((book.number(client), name, record.reservation_id, record.until))
    elif client in book.accounts:
        rows.forgotten.append((book.accounts[client], name))


def _add_grants(rows: StateRows, book: Book, account: Address, record: Record | None) -> None:
    if account in book.accounts:
        number = book.accounts[account]
        rows.regranted.append((number,))
        if isinstance(record, GrantsRecord):
            rows.grants.extend(_grant_row(number, grant) for grant in record.grants)


def _grant_row(number: int, grant: GrantRecord) -> Row:
    return (
        *(number, grant.public_key, grant.id, grant.label, grant.scopes),
        *(grant.total_limit, grant.transaction_limit, grant.period_limit, grant.period_heights),
        *(grant.expires_at, " ".join(grant.models)),
        *(grant.spent, grant.period, grant.period_spent),
    )


def _add_offers(rows: StateRows, book: Book, account: Address, record: Record | None) -> None:
    if account in book.accounts:
        number = book.accounts[account]
        rows.reoffered.append((number,))
        if isinstance(record, OffersRecord):
            rows.offers.extend(
                (number, one.model, one.unit_type, one.rate, one.capacity, one.expires_at)
                for one in record.offers
            )


def _add_balances(rows: StateRows, book: Book, changes: dict[bytes, Record | None]) -> None:
    """Add new accounts and the balances of the others.

    The transactions have named the new ones in their order; whoever else is new comes in the order
    of addresses, so that every node gives the same numbers.
    """
    credited = sorted(
        Address(key[1:])
        for key, record in changes.items()
        if key[0] == Table.BALANCE and record is not None and key[1:] not in book.accounts
    )
    for address in credited:
        book.number(address)
    named = book.take_named()
    for address in named:
        number, balance = book.accounts[address], _balance(changes, address)
        rows.accounts.append((number, address, balance))
        book.put_balance(number, balance or 0)
    fresh = set(named)
    for key, record in changes.items():
        if key[0] == Table.BALANCE and record is not None and key[1:] not in fresh:
            assert isinstance(record, int)
            number = book.accounts[Address(key[1:])]
            rows.balances.append((record, number))
            book.put_balance(number, record)


def _balance(changes: dict[bytes, Record | None], address: Address) -> int | None:
    balance = changes.get(balance_key(address))
    assert balance is None or isinstance(balance, int)
    return balance
