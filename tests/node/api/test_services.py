from pathlib import Path

import pytest

from chain.errors import ConfigError, StoreError
from chain.parameters import Parameters
from node.api.services import GenesisFile, ReadDeadline, Services
from tests.support.builders import FREE, PRICED, a_transfer
from tests.support.small_chain import edge_settings, services_of, stored_chain


def test_missing_database_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(StoreError), Services.open(edge_settings(tmp_path)):
        pytest.fail("there is no database")


def test_each_call_sees_the_newest_state_and_one_state(tmp_path: Path) -> None:
    with stored_chain(tmp_path) as stored, services_of(tmp_path) as services:
        stored.block(a_transfer())
        with services.reading() as reader:
            assert reader.tip().height == 1
            stored.block()
            assert reader.tip().height == 1
        with services.reading() as reader:
            assert reader.tip().height == 2


def test_genesis_document_is_read_once_and_cannot_be_missing(tmp_path: Path) -> None:
    file = GenesisFile(tmp_path / "genesis.json")
    with pytest.raises(ConfigError, match=r"genesis\.json"):
        _ = file.document
    file.path.write_text('{"version": 1}')
    assert file.document == {"version": 1}
    file.path.unlink()
    assert file.document == {"version": 1}


def test_deadline_begins_with_each_call() -> None:
    deadline = ReadDeadline()
    assert deadline.is_late()
    deadline.start()
    assert not deadline.is_late()


@pytest.mark.parametrize(("parameters", "is_devnet"), [(FREE, True), (PRICED, False)])
def test_chain_says_whether_it_is_a_devnet(
    tmp_path: Path, parameters: Parameters, *, is_devnet: bool
) -> None:
    with stored_chain(tmp_path, parameters=parameters), services_of(tmp_path) as services:
        assert services.is_devnet() == is_devnet
