"""A line of the table knows where its form comes from."""

from dataclasses import dataclass

from node.api.rest_calls import RestCall, never
from node.api.rest_forms import Asked
from node.api.services import Services


class Form(Asked):
    """What is asked."""

    job: str
    limit: int = 1


@dataclass
class Answer:
    """What is answered."""

    job: str
    units: int


async def answer(_: Services, asked: Form) -> Answer:
    return Answer(asked.job, 1)


def test_form_of_a_read_is_in_the_path_and_the_query() -> None:
    call = RestCall("/jobs/{job}/steps", Form, answer, Answer, Answer)
    assert (call.path_names, call.query_names) == ({"job"}, {"limit"})
    assert call.columns == ("job", "units")
    assert not never(call)


def test_form_of_a_write_is_in_the_body_but_for_what_is_said() -> None:
    call = RestCall("/jobs", Form, answer, Answer, method="POST", in_query=frozenset({"limit"}))
    assert (call.path_names, call.query_names) == (frozenset(), {"limit"})
    assert call.columns == ()
