from pathlib import Path

from chain.store.queries import ChainReader
from chain.store.signing_queries import signing_page
from tests.support.seats import a_change
from tests.support.small_chain import stored_chain


def test_page_says_who_signed_and_who_could_have(tmp_path: Path) -> None:
    with stored_chain(tmp_path, validators=4) as stored:
        for _ in range(3):
            stored.block()
        reader = ChainReader.open(tmp_path / "chain.db")
        page = signing_page(reader)
        reader.close()
    assert [one.height for one in page] == [3, 2, 1]
    for one in page:
        assert len(one.validators) == 4
        assert len(one.signed) >= one.validators.quorum
        assert one.proposer in {validator.public_key for validator in one.validators}


def test_set_of_each_height_is_its_own(tmp_path: Path) -> None:
    with stored_chain(tmp_path, validators=4) as stored:
        stored.block()
        stored.block(a_change(stored.chain.ledger, stored.chain.validators, join=[4]))
        for _ in range(3):
            stored.block()
        reader = ChainReader.open(tmp_path / "chain.db")
        sizes = {one.height: len(one.validators) for one in signing_page(reader)}
        older = signing_page(reader, up_to=2, limit=1)
        reader.close()
    assert sizes == {1: 4, 2: 4, 3: 4, 4: 5, 5: 5}
    assert [one.height for one in older] == [2]
