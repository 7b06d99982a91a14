"""The methods that ask who signs blocks."""

from chain.store.validator_queries import AHEAD, SetView, ValidatorReader
from node.api import forms, problems
from node.api.services import Services
from node.api.words import Json, address_of, hex_of


async def get_validators(services: Services, params: forms.ValidatorsParams) -> Json:
    """The validators of a height, and the sets that vote after it."""
    height = None if params.height == "latest" else params.height
    with services.reading() as reader:
        seats = ValidatorReader(reader).find_seats(height)
        tip_height = reader.tip().height
    if seats is None:
        msg = f"it is not known who votes above height {tip_height + AHEAD}"
        raise problems.invalid_param(path="height", msg=msg)
    return {
        "height": seats.height,
        "tipHeight": seats.tip_height,
        "version": seats.version,
        **_set_shape(seats.present),
        "coming": [_set_shape(one) for one in seats.coming],
    }


def _set_shape(view: SetView) -> Json:
    pairs = zip(view.validators, view.since, strict=True)
    return {
        "fromHeight": view.from_height,
        "quorum": view.validators.quorum,
        "validators": [
            {
                "index": index,
                "name": one.name,
                "publicKey": hex_of(one.public_key),
                "payee": address_of(one.payee),
                "sinceHeight": since,
            }
            for index, (one, since) in enumerate(pairs)
        ],
    }
