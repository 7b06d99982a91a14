"""Who the validators of a height are, since when, and who comes next."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from chain.crypto import SigningKind
from chain.store.queries import ChainReader
from chain.store.validator_queries import SetView, ValidatorReader
from tests.support.builders import a_genesis
from tests.support.evidence import an_evidence
from tests.support.seats import a_change, number_of, numbers_of, seat_key
from tests.support.stored_chain import StoredChain


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChainReader]:
    """Read a chain whose tip is 5: 0 leaves for 4 at height 3, and comes back for 4 at height 6."""
    stored = StoredChain(tmp_path_factory.mktemp("changed"), a_genesis(validators=4))
    changes: dict[int, tuple[list[int], list[int]]] = {1: ([4], [0]), 4: ([0], [4]), 5: ([], [1])}
    for height in range(1, 6):
        ledger, keys = stored.chain.ledger, stored.chain.validators
        if height in changes:
            join, leave = changes[height]
            stored.block(a_change(ledger, keys, join=join, leave=leave))
        else:
            stored.block()
    reader = stored.reader()
    yield reader
    reader.close()
    stored.close()


def since_of(view: SetView) -> dict[int, int]:
    return {
        number_of(one.public_key): since
        for one, since in zip(view.validators, view.since, strict=True)
    }


def test_last_block_and_the_two_sets_after_it(reader: ChainReader) -> None:
    seats = ValidatorReader(reader).find_seats()
    assert seats is not None
    assert (seats.tip_height, seats.height, seats.version) == (5, 5, 3)
    assert (seats.present.from_height, numbers_of(seats.present.validators)) == (3, [1, 2, 3, 4])
    coming = [(one.from_height, numbers_of(one.validators)) for one in seats.coming]
    assert coming == [(6, [0, 1, 2, 3]), (7, [0, 2, 3])]


def test_time_as_a_validator_begins_anew_after_a_break(reader: ChainReader) -> None:
    seats = ValidatorReader(reader).find_seats()
    assert seats is not None
    assert since_of(seats.present) == {1: 1, 2: 1, 3: 1, 4: 3}
    assert since_of(seats.coming[0]) == {0: 6, 1: 1, 2: 1, 3: 1}


@pytest.mark.parametrize(("height", "first"), [(0, 1), (1, 1), (2, 1), (3, 3), (6, 6), (7, 7)])
def test_any_height_up_to_what_is_known(reader: ChainReader, height: int, first: int) -> None:
    seats = ValidatorReader(reader).find_seats(height)
    assert seats is not None
    assert seats.present.from_height == first
    assert ValidatorReader(reader).find_seats(8) is None


def test_chain_without_a_block_has_the_validators_of_genesis(tmp_path: Path) -> None:
    stored = StoredChain(tmp_path, a_genesis(validators=2))
    reader = stored.reader()
    seats = ValidatorReader(reader).find_seats()
    assert seats is not None
    assert (seats.height, seats.version, seats.coming) == (1, 0, ())
    assert since_of(seats.present) == {0: 1, 1: 1}
    reader.close()
    stored.close()


@pytest.fixture(scope="module")
def fallen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChainReader]:
    """Read a chain with evidence against 0 and 3 in block 3, and against 2 in block 4."""
    stored = StoredChain(tmp_path_factory.mktemp("fallen"), a_genesis(validators=7))
    stored.blocks_until(2)
    stored.block(evidence=[an_evidence(0, height=2, round_=5), an_evidence(3)])
    stored.block(evidence=[an_evidence(2, height=4, kind=SigningKind.PROPOSAL)])
    stored.block()
    reader = stored.reader()
    yield reader
    reader.close()
    stored.close()


def test_evidence_is_paged_newest_first(fallen: ChainReader) -> None:
    queries = ValidatorReader(fallen)
    every = queries.evidence_page()
    assert [(one.height, one.position) for one in every] == [(4, 0), (3, 1), (3, 0)]
    assert [one.public_key for one in every] == [seat_key(n).public_key for n in (2, 3, 0)]
    assert [(one.offence_height, one.offence_round) for one in every] == [(4, 0), (1, 0), (2, 5)]
    assert [one.kind.name for one in every] == ["PROPOSAL", "PREVOTE", "PREVOTE"]
    assert {one.name for one in every} < {f"v{number}" for number in range(7)}
    first = queries.evidence_page(limit=2)
    assert first == every[:2]
    assert queries.evidence_page(before=first[-1].row, limit=2) == every[2:]
    assert queries.evidence_page(before=every[-1].row) == ()


def test_key_without_evidence_is_not_tombstoned(fallen: ChainReader) -> None:
    queries = ValidatorReader(fallen)
    found = queries.find_evidence(seat_key(3).public_key)
    assert found == queries.evidence_page()[1]
    assert queries.find_evidence(seat_key(1).public_key) is None


def test_every_question_has_an_index(fallen: ChainReader) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []

    def note(_c: object, _u: object, sql: str, values: tuple[object, ...], *_: object) -> None:
        asked.append((sql, values))

    event.listen(fallen.connection.engine, "before_cursor_execute", note)
    queries = ValidatorReader(fallen)
    queries.evidence_page()
    queries.find_evidence(seat_key(1).public_key)
    event.remove(fallen.connection.engine, "before_cursor_execute", note)
    with fallen.snapshot():
        for sql, values in [one for one in asked if "FROM evidence" in one[0]]:
            plan = fallen.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
            steps = [step.detail for step in plan]
            assert not any(step.startswith("SCAN") and "one" in step for step in steps), steps
