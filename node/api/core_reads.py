"""The methods that ask the core what no database knows: votes, what waits, what would happen."""

from typing import Annotated

from pydantic import Field

from chain.codec import u16
from chain.errors import ChainError, InvalidSignature, MalformedMessage
from chain.primitives import SIGNATURE_BYTES
from chain.store.pages import PAGE_MAX
from chain.validation import verify_transaction
from node.api import forms
from node.api.services import Services
from node.api.words import Json
from node.api_questions import Topic


class MempoolParams(forms.Closed):
    """How much of the mempool.

    Attributes:
        limit: ids of the next transactions, 0 to 500.
    """

    limit: Annotated[int, Field(ge=0, le=PAGE_MAX)] = forms.PAGE_DEFAULT


async def get_consensus_state(services: Services, _: forms.Nothing) -> Json:
    """The height being agreed on: round, step, and the votes of the round that were seen."""
    return await services.core.ask(Topic.CONSENSUS)


async def get_mempool(services: Services, params: MempoolParams) -> Json:
    """What waits for a block: counts, bytes, and the ids that would come next."""
    return await services.core.ask(Topic.MEMPOOL, u16(params.limit))


async def simulate_transaction(services: Services, params: forms.SendParams) -> Json:
    """What a transaction would do as the first of the next block; nothing is changed or kept."""
    data, is_signed = _read(services, forms.bytes_of(params.raw_hex))
    return await services.core.ask(Topic.SIMULATE, data) | {"signatureValid": is_signed}


def _read(services: Services, data: bytes) -> tuple[bytes, bool]:
    """Return a transaction in its stored form, and whether its signatures verify.

    Raises:
        ChainError: it is none, with a signature or without.
    """
    try:
        return data, _is_signed(services, data)
    except MalformedMessage as fault:
        unsigned = data + bytes(SIGNATURE_BYTES)
        try:
            return unsigned, _is_signed(services, unsigned)
        except ChainError:
            raise fault from None


def _is_signed(services: Services, data: bytes) -> bool:
    try:
        verify_transaction(data, genesis_hash=services.settings.genesis)
    except InvalidSignature:
        return False
    return True
