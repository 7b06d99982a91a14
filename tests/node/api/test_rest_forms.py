"""Forms are closed; numbers may come as texts of a query."""

import pytest
from pydantic import ValidationError

from node.api.rest_forms import Listed, Nothing, OfClient
from tests.support.builders import address_of_name
from tests.support.rest_asking import CLIENT


def test_numbers_come_as_texts() -> None:
    assert Listed.model_validate({"limit": "7"}).limit == 7


@pytest.mark.parametrize("values", [{"limit": "0"}, {"limit": "501"}, {"more": "1"}, {"cursor": 1}])
def test_what_is_outside_the_form_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Listed.model_validate(values)
    with pytest.raises(ValidationError):
        Nothing.model_validate(values)


def test_address_is_read() -> None:
    assert OfClient.model_validate({"client": CLIENT}).account == address_of_name("client")
