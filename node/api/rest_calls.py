"""What a line of the table of REST says: where, with what form, what answers, how it looks."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from node.api.rest_forms import Asked
from node.api.services import Services

ROOTS = ("/v1", "/api/v1")
"""Where the table is served; the second is the first for those who know it under this name."""

Form = TypeVar("Form", bound=Asked)


def never(_: Any) -> bool:  # noqa: ANN401 - any answer
    """Return that an answer may change."""
    return False


@dataclass(frozen=True)
class RestCall(Generic[Form]):
    """One call.

    Attributes:
        path: below the root, such as ``/receipts/{receipt}``; what is in braces is in the form.
        form: of the path, the query and the body together.
        call: what answers; its docstring is what the documents say.
        shape: the dataclass of its answer.
        row: the dataclass of its ``data``, if that is a table, which is CSV as well.
        method: of HTTP. A form comes from the query for GET, else from the body.
        in_query: fields that come from the query although it is not GET.
        is_final: whether an answer will never be another.
        is_idempotent: whether it needs an Idempotency-Key.
        is_guarded: whether it needs the operator's token.
        status: of an answer that succeeds.
        cost: what it takes from its caller's allowance.
    """

    path: str
    form: type[Form]
    call: Callable[[Services, Form], Awaitable[Any]]
    shape: type
    row: type | None = None
    method: str = "GET"
    in_query: frozenset[str] = frozenset()
    is_final: Callable[[Any], bool] = never
    is_idempotent: bool = False
    is_guarded: bool = False
    status: int = 200
    cost: int = 1

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its table; none where there is no table."""
        return () if self.row is None else tuple(one.name for one in fields(self.row))

    @property
    def path_names(self) -> frozenset[str]:
        """The fields of the form that are in the path."""
        parts = self.path.split("/")
        return frozenset(part[1:-1] for part in parts if part.startswith("{"))

    @property
    def query_names(self) -> frozenset[str]:
        """The fields of the form that are in the query."""
        if self.method != "GET":
            return self.in_query
        return frozenset(self.form.model_fields) - self.path_names
