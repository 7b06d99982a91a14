"""The dashboard beside the API edge asks for what ``/metrics`` shows, and for nothing else."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import node.api
from tests.support.exposed import Samples, exposed

PATH = Path(node.api.__file__).parent / "dashboard.json"
BOARD: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
QUERIES = [
    (panel["title"], target["expr"], target["legendFormat"])
    for panel in PANELS
    for target in panel["targets"]
]
NAME = re.compile(r"\baitbc_[a-z0-9_]+")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    return exposed(tmp_path_factory.mktemp("chain"))


def labels_of(samples: Samples, names: set[str]) -> set[str]:
    """Return every label of these metrics, and the one that Prometheus adds."""
    found = {key for name in names for labels in samples[name] for key, _ in labels}
    return found | {"instance"}


@pytest.mark.parametrize(("title", "query", "legend"), QUERIES)
def test_query_asks_for_what_is_shown(
    samples: Samples, title: str, query: str, legend: str
) -> None:
    names = set(NAME.findall(query))
    assert names, title
    assert names <= samples.keys()
    asked = set(re.findall(r"\{\{(\w+)\}\}", legend))
    for listed in re.findall(r"\b(?:by|on) \(([^)]*)\)", query):
        asked.update(listed.split(", "))
    asked.update(re.findall(r"(\w+)=~?\"", query))
    assert asked <= labels_of(samples, names)


def test_everything_that_is_shown_is_asked_for(samples: Samples) -> None:
    asked = {name for _, query, _ in QUERIES for name in NAME.findall(query)}
    for name in samples:
        stem = re.sub("_(?:count|sum|bucket)$", "", name)
        assert asked & {name, f"{stem}_bucket"}, f"{name} is in no panel"


def test_rates_are_of_counters_and_quantiles_of_buckets() -> None:
    for _, query, _ in QUERIES:
        for name in re.findall(r"(?:rate|increase)\((aitbc_\w+)", query):
            assert name.endswith(("_total", "_bucket"))
        assert ("histogram_quantile" in query) == ("_bucket" in query)


def test_panels_have_titles_places_and_words() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not taken & cells, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    assert all(panel["title"] and panel["description"] for panel in PANELS)


def test_source_of_the_numbers_is_chosen_by_who_imports_it() -> None:
    variables = {one["name"]: one for one in BOARD["templating"]["list"]}
    assert variables["datasource"]["query"] == "prometheus"
    for panel in PANELS:
        assert panel["datasource"]["uid"] == "${datasource}"
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == "${datasource}"
            assert 'instance=~"$instance"' in target["expr"]
