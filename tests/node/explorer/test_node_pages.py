import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from node.explorer.beginning import Beginning
from node.explorer.node_pages import genesis, record_of
from node.explorer.visit import Visit
from tests.support.proofs import a_genesis_document
from tests.support.site import Pages

SIGNING = {
    "validators": [{"publicKey": "0xa", "name": "a"}, {"publicKey": "0xb", "name": "b"}],
    "items": [
        {"height": 3, "round": 0, "proposer": 0, "members": [0, 1], "signed": [0]},
        {"height": 2, "round": 1, "proposer": 1, "members": [0, 1], "signed": [0, 1]},
        {"height": 1, "round": 0, "proposer": 0, "members": [0], "signed": [0]},
    ],
}


@pytest.mark.parametrize(
    ("key", "proposed", "signed", "marks"),
    [
        ("0xa", 2, 3, ["proposed", "signed", "proposed"]),
        ("0xb", 1, 1, ["none", "proposed", "absent"]),
        ("0xc", 0, 0, ["none", "none", "none"]),
    ],
)
def test_record_tells_what_a_validator_did(
    key: str, proposed: int, signed: int, marks: list[str]
) -> None:
    record = record_of(key, SIGNING)
    assert (record["proposed"], record["signed"]) == (proposed, signed)
    assert record["is_silent"] == (signed == 0)
    drawn = [part.split('"')[0] for part in str(record["strip"]).split('rect class="')[1:]]
    assert drawn == marks


def test_parameters_are_those_of_the_api(pages: Pages) -> None:
    text = pages.get("/params").text
    assert "0.000007 AITBC" in text
    assert "0.00015 AITBC per gpu_seconds" in text


def test_genesis_is_shown_and_named(pages: Pages) -> None:
    text = pages.get("/genesis").text
    assert pages.ask("ait_status")["genesisHash"] in text
    assert "&#34;chain_id&#34;" in text
    document = json.loads(pages.get("/genesis.json").text)
    assert document == a_genesis_document()


def test_genesis_of_many_accounts_is_cut_short() -> None:
    document = {"accounts": [{"address": f"{one}", "balance": "2"} for one in range(80)]}

    async def answer(_: str, __: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        return document

    visit = Visit("/genesis", {}, {}, answer, Beginning(answer), now_ms=0)
    values = asyncio.run(genesis(visit)).values
    assert (values["accounts"], values["left_out"], values["supply"]) == (80, 30, 160)
    assert len(json.loads(values["document"])["accounts"]) == 50
    assert len(document["accounts"]) == 80


def test_network_says_that_the_core_is_away(pages: Pages) -> None:
    text = pages.get("/network").text
    assert "its core is away" in text
    assert "dot bad" in text
