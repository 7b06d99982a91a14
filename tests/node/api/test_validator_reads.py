from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chain.address import format_address
from node.api.services import Services
from tests.support.asking import ask, refusal, reply_of
from tests.support.evidence import an_evidence
from tests.support.seats import a_change, a_validator, seat_key
from tests.support.small_chain import services_of, stored_chain


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Open an edge on a chain of four whose block 2 lets 4 take the seat of 0; its tip is 3."""
    with stored_chain(tmp_path, validators=4) as stored:
        stored.block()
        chain = stored.chain
        stored.block(a_change(chain.ledger, chain.validators, join=[4], leave=[0]))
        stored.block()
        with services_of(tmp_path) as opened:
            yield opened


def names(found: dict[str, Any]) -> set[str]:
    return {one["name"] for one in found["validators"]}


def test_latest_are_those_of_the_last_block_and_who_comes(services: Services) -> None:
    found = ask(services, "ait_getValidators")
    assert (found["height"], found["tipHeight"], found["version"]) == (3, 3, 1)
    assert (found["fromHeight"], found["quorum"]) == (1, 3)
    assert names(found) == {"v0", "v1", "v2", "v3"}
    (coming,) = found["coming"]
    assert coming["fromHeight"] == 4
    assert names(coming) == {"v1", "v2", "v3", "validator-4"}


def test_validator_is_shown_in_its_place(services: Services) -> None:
    found = ask(services, "ait_getValidators", height=5)
    expected = a_validator(4)
    (shown,) = [one for one in found["validators"] if one["name"] == "validator-4"]
    keys = sorted(seat_key(number).public_key for number in (1, 2, 3, 4))
    assert shown == {
        "index": keys.index(expected.public_key),
        "name": "validator-4",
        "publicKey": f"0x{expected.public_key.hex()}",
        "payee": format_address(expected.payee),
        "sinceHeight": 4,
    }
    assert [one["index"] for one in found["validators"]] == [0, 1, 2, 3]
    assert found["coming"] == []


def test_height_that_nobody_knows_yet_is_refused(services: Services) -> None:
    assert refusal(services, "ait_getValidators", height=6) == (-32602, "invalid_params")
    message = reply_of(services, "ait_getValidators", height=6)["error"]["message"]
    assert message.endswith("it is not known who votes above height 5")
    for wrong in (-1, "soon", 1.5, True, None):
        assert refusal(services, "ait_getValidators", height=wrong)[0] == -32602


@pytest.fixture
def fallen(tmp_path: Path) -> Iterator[Services]:
    """Open an edge on a chain of seven of which 0 to 2 fell, in blocks 2, 3 and 4."""
    with stored_chain(tmp_path, validators=7) as stored:
        stored.block()
        for number in range(3):
            stored.block(evidence=[an_evidence(number, height=1, round_=number)])
        with services_of(tmp_path) as opened:
            yield opened


def test_evidence_is_paged_with_the_latest_first(fallen: Services) -> None:
    first = ask(fallen, "ait_getEvidence", limit=2)
    assert [one["height"] for one in first["items"]] == [4, 3]
    second = ask(fallen, "ait_getEvidence", limit=2, cursor=first["nextCursor"])
    assert second == {
        "items": [
            {
                "publicKey": f"0x{seat_key(0).public_key.hex()}",
                "name": second["items"][0]["name"],
                "height": 2,
                "index": 0,
                "kind": "prevote",
                "offenceHeight": 1,
                "offenceRound": 0,
            }
        ],
        "nextCursor": None,
    }
    assert second["items"][0]["name"].startswith("v")
    assert refusal(fallen, "ait_getEvidence", cursor="elsewhere") == (-32602, "invalid_params")


def test_fallen_validators_are_named_with_the_set(fallen: Services) -> None:
    found = ask(fallen, "ait_getValidators")
    keys = [f"0x{seat_key(number).public_key.hex()}" for number in (2, 1, 0)]
    assert found["tombstoned"] == keys
    assert [len(one["validators"]) for one in (found, *found["coming"])] == [6, 5, 4]
