"""The methods that ask who signs blocks, and who may not any more."""

from chain.store.pages import PAGE_MAX
from chain.store.validator_queries import AHEAD, SetView, ValidatorReader
from chain.store.validator_views import EvidenceView
from node.api import forms, problems
from node.api.cursors import first_below, next_cursor
from node.api.services import Services
from node.api.words import Json, address_of, hex_of


async def get_validators(services: Services, params: forms.ValidatorsParams) -> Json:
    """The validators of a height, and the sets that vote after it."""
    height = None if params.height == "latest" else params.height
    with services.reading() as reader:
        validators = ValidatorReader(reader)
        seats, fallen = validators.find_seats(height), validators.evidence_page(limit=PAGE_MAX)
        tip_height = reader.tip().height
    if seats is None:
        msg = f"it is not known who votes above height {tip_height + AHEAD}"
        raise problems.invalid_param(path="height", msg=msg)
    return {
        "height": seats.height,
        "tipHeight": seats.tip_height,
        "version": seats.version,
        **set_shape(seats.present),
        "coming": [set_shape(one) for one in seats.coming],
        "tombstoned": [hex_of(one.public_key) for one in fallen],
    }


async def get_evidence(services: Services, params: forms.EvidenceParams) -> Json:
    """Validators that contradicted themselves, the latest punished first; each is so once."""
    before = first_below(params.cursor, "evidence")
    with services.reading() as reader:
        page = ValidatorReader(reader).evidence_page(before=before, limit=params.limit)
    return {
        "items": [_evidence_shape(one) for one in page],
        "nextCursor": next_cursor("evidence", [one.row for one in page], limit=params.limit),
    }


def _evidence_shape(view: EvidenceView) -> Json:
    return {
        "publicKey": hex_of(view.public_key),
        "name": view.name,
        "height": view.height,
        "index": view.position,
        "kind": view.kind.name.lower(),
        "offenceHeight": view.offence_height,
        "offenceRound": view.offence_round,
    }


def set_shape(view: SetView) -> Json:
    """Return a set of validators and the height from which it votes."""
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
