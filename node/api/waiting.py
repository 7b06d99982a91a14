"""The method that hands in a transaction and stays until it is final."""

import asyncio
from typing import Annotated

from pydantic import Field

from chain.errors import AlreadyKnown
from chain.primitives import Hash
from chain.store.views import TransactionView
from node.api import forms, shapes
from node.api.core_link import Submission
from node.api.problems import RpcError
from node.api.services import Services
from node.api.submissions import read_transaction, submit
from node.api.words import Json, hex_of

WAIT_MS_MAX = 30_000
"""Milliseconds that a call may wait for a block."""

CALL_MS_MAX = WAIT_MS_MAX + 10_000
"""The same with the time to hand in what is waited for."""

WAITS_MAX = 32
"""Calls that wait at once: half of those that are answered, so that others have their turn."""


class SendAndWaitParams(forms.SendParams):
    """A signed transaction, and how long to wait.

    Attributes:
        raw_hex: its stored form in hexadecimal.
        timeout_ms: milliseconds to wait until it is final, 1 to 30,000.
    """

    timeout_ms: Annotated[int, Field(ge=1, le=WAIT_MS_MAX)] = 10_000


async def send_transaction_and_wait(services: Services, params: SendAndWaitParams) -> Json:
    """Hand in a signed transaction and answer once it is final, or when the time is over."""
    return await hand_in_and_wait(services, params.raw_hex, timeout_ms=params.timeout_ms)


async def hand_in_and_wait(services: Services, raw_hex: str, *, timeout_ms: int) -> Json:
    """Hand in a signed transaction and return what became of it in this time.

    Raises:
        ChainError: it is none, or a signature does not verify.
        RpcError: it is refused, needs a receipt, or too many wait already.
    """
    verified = read_transaction(services, raw_hex)
    with services.waiting(WAITS_MAX):
        found = _find(services, verified.id)
        if found is None:
            try:
                await submit(services, Submission(verified.data))
            except RpcError as error:
                if error.reason != AlreadyKnown.code:
                    raise
            found = await _wait(services, verified.id, timeout_s=timeout_ms / 1_000)
    return {
        "transactionId": hex_of(verified.id),
        "isFinal": found is not None,
        "transaction": None if found is None else shapes.transaction_shape(found),
    }


async def _wait(
    services: Services, transaction_id: Hash, *, timeout_s: float
) -> TransactionView | None:
    """Return a transaction once it is final; None when the time is over before."""
    news = asyncio.Event()
    with services.core.bell.heard_by(news.set):
        try:
            async with asyncio.timeout(timeout_s):
                while (found := _find(services, transaction_id)) is None:
                    await news.wait()
                    news.clear()
                return found
        except TimeoutError:
            return None


def _find(services: Services, transaction_id: Hash) -> TransactionView | None:
    with services.reading() as reader:
        return reader.find_transaction(transaction_id)
