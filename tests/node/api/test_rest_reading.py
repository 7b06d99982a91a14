"""Each field of a form comes from its own place."""

import pytest

from node.api.problems import RpcError
from node.api.rest_calls import RestCall
from node.api.rest_forms import Asked
from node.api.rest_reading import read_form
from node.api.services import Services


class Form(Asked):
    """What is asked."""

    job: str
    dry: bool = True
    many: tuple[int, ...] = ()


async def answer(_: Services, asked: Form) -> Form:
    return asked


CALL = RestCall("/{job}", Form, answer, Form, method="POST", in_query=frozenset({"dry"}))


def faults_of(query: dict[str, str], body: dict[str, object]) -> list[str]:
    with pytest.raises(RpcError) as caught:
        read_form(CALL, query, {"job": "a"}, body)
    errors = caught.value.data["errors"]
    assert isinstance(errors, list)
    return [one["path"] for one in errors]


def test_form_is_put_together() -> None:
    form = read_form(CALL, {"dry": "false"}, {"job": "a"}, {"many": [1, 2]})
    assert form == Form(job="a", dry=False, many=(1, 2))


def test_fields_keep_to_their_places() -> None:
    assert faults_of({"many": "1"}, {}) == ["query"]
    assert faults_of({}, {"job": "b"}) == ["query"]
    assert faults_of({}, {"dry": False}) == ["query"]
    assert faults_of({}, {"made_up": 1}) == ["query"]
    assert faults_of({"dry": "maybe"}, {"many": [1, "x"]}) == ["dry", "many.1"]
