"""A caller gets the form that it takes."""

import pytest

from node.api.problems import RpcError
from node.api.rest_accept import CSV, JSON, wanted_type


@pytest.mark.parametrize(
    ("accept", "format_name", "media_type"),
    [
        (None, None, JSON),
        ("", None, JSON),
        ("*/*", None, JSON),
        ("application/*", None, JSON),
        ("text/csv", None, CSV),
        ("text/*", None, CSV),
        ("TEXT/CSV; charset=utf-8", None, CSV),
        ("text/html, application/json;q=0.5, text/csv;q=0.8", None, CSV),
        ("text/csv;q=0, */*;q=0.1", None, JSON),
        ("application/json;q=0.001, text/csv;q=0.0", None, JSON),
        ("nonsense, text/csv", None, CSV),
        ("application/json", "csv", CSV),
        ("text/csv", "json", JSON),
        ("text/html", "json", JSON),
    ],
)
def test_form_is_the_one_that_is_wanted_most(
    accept: str | None, format_name: str | None, media_type: str
) -> None:
    assert wanted_type(accept, format_name, has_table=True) == media_type


@pytest.mark.parametrize(
    ("accept", "format_name", "table", "reason"),
    [
        ("text/html", None, True, "not_acceptable"),
        ("application/json;q=0", None, True, "not_acceptable"),
        ("nonsense", None, True, "not_acceptable"),
        ("text/csv", None, False, "not_acceptable"),
        (None, "csv", False, "invalid_params"),
        (None, "xml", True, "invalid_params"),
    ],
)
def test_what_there_is_not_is_refused(
    accept: str | None, format_name: str | None, table: object, reason: str
) -> None:
    with pytest.raises(RpcError) as caught:
        wanted_type(accept, format_name, has_table=bool(table))
    assert caught.value.reason == reason
