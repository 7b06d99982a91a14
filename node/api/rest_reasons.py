"""The reasons in REST: where the ``type`` of a problem document leads."""

from dataclasses import dataclass

from node.api import forms, problems
from node.api.reasons import REASONS, Reason
from node.api.rest_forms import Asked, Nothing
from node.api.services import Services


class ReasonAsked(Asked):
    """Which reason.

    Attributes:
        code: its name.
    """

    code: forms.LabelText


@dataclass(frozen=True, slots=True)
class ReasonItem:
    """Why a call may fail.

    Attributes:
        code: its name, which never changes its meaning.
        title: the same for people.
        status: of HTTP.
        advice: what the caller can do, as the end of a sentence that begins with "to go on".
    """

    code: str
    title: str
    status: int
    advice: str


@dataclass(frozen=True, slots=True)
class ReasonList:
    """All of them.

    Attributes:
        data: in the order of the JSON-RPC codes.
        has_more: false.
        next_cursor: null.
    """

    data: list[ReasonItem]
    has_more: bool
    next_cursor: None


async def list_reasons(_: Services, __: Nothing) -> ReasonList:
    """Every reason why a call may fail; it is a closed list."""
    return ReasonList([_item(one) for one in REASONS.values()], has_more=False, next_cursor=None)


async def get_reason(_: Services, asked: ReasonAsked) -> ReasonItem:
    """What there is to say about a reason."""
    found = REASONS.get(asked.code)
    if found is None:
        raise problems.unknown_path()
    return _item(found)


def _item(reason: Reason) -> ReasonItem:
    return ReasonItem(reason.name, reason.title, reason.status, reason.advice)
