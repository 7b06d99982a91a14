import re

import pytest
from jsonschema import Draft7Validator

from node.api.result_components import COMPONENTS


@pytest.mark.parametrize("name", COMPONENTS)
def test_component_is_a_closed_object_under_its_name(name: str) -> None:
    schema = COMPONENTS[name]
    assert re.fullmatch("[A-Z][A-Za-z]+", name)
    assert schema["additionalProperties"] is False
    Draft7Validator.check_schema(schema)
