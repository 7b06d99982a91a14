import json
from typing import Any

import pytest

from chain.errors import ConfigError, PeerError
from node.cli import usage
from node.cli.usage import sum_up
from tests.support.answers import node_that_says

DAY_MS = 86_400_000
START_MS = 1_700_000_000_000


def a_row(
    model: str = "llama", *, spent: int = 5, days: int = 0, unit: str = "s"
) -> dict[str, Any]:
    return {
        "model": model,
        "provider": f"miner of {model}",
        "timeMs": START_MS + days * DAY_MS,
        "unitType": unit,
        "unitsMicro": "1500000",
        "spent": str(spent),
    }


def summed(rows: list[dict[str, Any]], by: str, capsys: pytest.CaptureFixture[str]) -> Any:  # noqa: ANN401 - JSON
    with node_that_says({"items": rows, "nextCursor": None}) as url:
        sum_up(url, "ait1", by=by, form="json")
    return json.loads(capsys.readouterr().out)


def test_dearest_model_is_first(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [a_row("a"), a_row("b", spent=7), a_row("a", spent=1)]
    assert summed(rows, "model", capsys) == [
        {"model": "b", "unitType": "s", "receipts": 1, "unitsMicro": "1500000", "spent": "7"},
        {"model": "a", "unitType": "s", "receipts": 2, "unitsMicro": "3000000", "spent": "6"},
    ]


def test_units_of_two_types_are_not_added(capsys: pytest.CaptureFixture[str]) -> None:
    found = summed([a_row(), a_row(unit="tokens")], "miner", capsys)
    assert [(one["miner"], one["unitType"]) for one in found] == [
        ("miner of llama", "s"),
        ("miner of llama", "tokens"),
    ]


def test_days_and_months_are_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [a_row(days=40), a_row(days=1), a_row(spent=100)]
    days = [one["day"] for one in summed(rows, "day", capsys)]
    assert days == ["2023-11-14", "2023-11-15", "2023-12-24"]
    months = [(one["month"], one["spent"]) for one in summed(rows, "month", capsys)]
    assert months == [("2023-11", "105"), ("2023-12", "5")]


def test_nothing_spent_is_an_empty_sum(capsys: pytest.CaptureFixture[str]) -> None:
    assert summed([], "model", capsys) == []


def test_more_than_can_be_summed_up_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "PAGES_MAX", 2)
    with (
        node_that_says({"items": [], "nextCursor": "on"}) as url,
        pytest.raises(ConfigError, match="more than 1,000 receipts"),
    ):
        sum_up(url, "ait1", by="model", form="json")


def test_other_form_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(ConfigError, match="as a table, or with --json"):
        sum_up("http://127.0.0.1:1", "ait1", by="model", form="csv")


def test_strange_row_is_the_nodes_fault() -> None:
    answer = {"items": [a_row() | {"spent": "many"}], "nextCursor": None}
    with node_that_says(answer) as url, pytest.raises(PeerError, match="does not answer as a node"):
        sum_up(url, "ait1", by="day", form="json")
