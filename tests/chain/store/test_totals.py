"""The totals are a row of their table."""

from dataclasses import fields

from chain.store.side_tables import SCHEMA
from chain.store.totals import POSITIONS, Totals


def test_totals_have_the_columns_of_their_table_in_its_order() -> None:
    columns = [column.name for column in SCHEMA["chain_total"].columns]
    assert columns == ["height", *(field.name for field in fields(Totals))]
    assert Totals(accounts=3, treasury=4).row(7) == (7, 3, *[0] * 11, 4)


def test_positions_are_where_the_money_is() -> None:
    totals = Totals(fees=9, spent=9, **{name: index for index, name in enumerate(POSITIONS)})
    assert totals.positions == (0, 1, 2, 3, 4)
