"""The closed forms of what REST is asked: parts of the path, of the query and of the body."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chain.address import parse_address
from chain.primitives import Address
from node.api import forms

Side = Literal["client", "provider"]
UnixSeconds = Annotated[int, Field(ge=0, lt=2**43)]


class Asked(BaseModel):
    """A form with no fields but its own; numbers may come as the text of a query."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Asked):
    """Nothing to say."""


class OfClient(Asked):
    """Whose account.

    Attributes:
        client: the account's address.
    """

    client: forms.AddressText

    @property
    def account(self) -> Address:
        """The address."""
        return parse_address(self.client)


class Listed(Asked):
    """A page of a list.

    Attributes:
        limit: entries at most, 1 to 500.
        cursor: ``next_cursor`` of the page before, with the same filter.
    """

    limit: forms.PageLimit = forms.PAGE_DEFAULT
    cursor: forms.CursorText | None = None
