"""The method that asks who signed blocks."""

from typing import Annotated, Literal

from pydantic import Field

from chain.primitives import PublicKey
from chain.store.signing_queries import SigningView, signing_page
from node.api import forms
from node.api.services import Services
from node.api.words import Json, hex_of


class SigningParams(forms.Closed):
    """Whose signatures.

    Attributes:
        height: of the newest block that is looked at.
        limit: blocks of the answer.
    """

    height: forms.HeightNumber | Literal["latest"] = "latest"
    limit: Annotated[int, Field(ge=1, le=100)] = 50


async def get_signing(services: Services, params: SigningParams) -> Json:
    """Who signed the blocks up to a height, newest first, by their places in ``validators``."""
    up_to = None if params.height == "latest" else params.height
    with services.reading() as reader:
        page = signing_page(reader, up_to=up_to, limit=params.limit)
    names: dict[PublicKey, str] = {}
    for view in page:
        names |= {
            one.public_key: one.name for one in view.validators if one.public_key not in names
        }
    places = {public_key: place for place, public_key in enumerate(sorted(names))}
    return {
        "validators": [
            {"publicKey": hex_of(public_key), "name": names[public_key]} for public_key in places
        ],
        "items": [_signing_shape(view, places) for view in page],
    }


def _signing_shape(view: SigningView, places: dict[PublicKey, int]) -> Json:
    members = [places[one.public_key] for one in view.validators]
    return {
        "height": view.height,
        "round": view.round,
        "proposer": places[view.proposer],
        "members": members,
        "signed": [members[index] for index in view.signed],
    }
