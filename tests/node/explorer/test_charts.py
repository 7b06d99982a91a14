from collections.abc import Callable, Sequence
from xml.etree import ElementTree as ET

import pytest

from node.explorer import charts
from node.explorer.charts import Bar

Draw = Callable[..., str]
BARS: Sequence[Bar] = [Bar(3, "three"), Bar(0, "none"), Bar(6, "<six>")]


@pytest.mark.parametrize("draw", [charts.area, charts.columns, charts.strip])
def test_chart_is_svg_whose_figures_are_text(draw: Draw) -> None:
    drawn = ET.fromstring(draw(BARS, title="a & b"))
    titles = [one.text for one in drawn.iter() if one.tag == "title"]
    assert titles == ["a & b", "three", "none", "<six>"]


def test_highest_value_reaches_the_top_and_none_the_ground() -> None:
    drawn = ET.fromstring(charts.area(BARS, title="t"))
    (line,) = [one for one in drawn if one.tag == "polyline"]
    heights = [float(point.split(",")[1]) for point in line.attrib["points"].split()]
    assert heights[2] == min(heights) > 0
    assert heights[1] == charts.HEIGHT


@pytest.mark.parametrize("draw", [charts.area, charts.columns])
def test_no_values_are_said_in_words(draw: Draw) -> None:
    assert "nothing yet" in draw([], title="settled")


@pytest.mark.parametrize("draw", [charts.area, charts.columns])
def test_values_that_are_all_zero_are_drawn(draw: Draw) -> None:
    assert ET.fromstring(draw([Bar(0, "none")], title="t")).tag == "svg"


def test_share_is_in_proportion() -> None:
    drawn = ET.fromstring(charts.share(1, 4, title="a quarter"))
    (part,) = [one for one in drawn if one.attrib.get("class") == "part"]
    assert float(part.attrib["width"]) == 25
    assert 'width="0.00"' in charts.share(0, 0, title="nothing")
