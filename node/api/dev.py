"""The methods that only a devnet offers: they use keys that everybody knows."""

from typing import Annotated, Any, Final

from pydantic import StringConstraints

from chain.address import parse_address
from chain.crypto import SecretKey
from chain.kind import Kind
from chain.payloads import Transfer
from chain.primitives import AMOUNT_MAX
from chain.store.market_queries import MarketReader
from chain.transaction import sign_transaction
from genesis.make import development_key
from node.api import forms, problems
from node.api.jsonrpc import Method
from node.api.services import Services
from node.api.waiting import CALL_MS_MAX, hand_in_and_wait
from node.api.words import Json

FAUCET: Final = "client-1"
"""The development account that gives."""

LIFETIME: Final = 100
"""Heights that a gift is valid for."""

WAIT_MS: Final = 10_000
"""Milliseconds to wait until it is final."""

_ADDRESS: Final = "0x" + "00" * 20


class FaucetParams(forms.Closed):
    """Who gets how much.

    Attributes:
        address: who gets it.
        amount: base units, as decimal digits.
    """

    address: forms.AddressText
    amount: Annotated[str, StringConstraints(pattern="^[1-9][0-9]{0,18}$")] = "10000000"


async def faucet(services: Services, params: FaucetParams) -> Json:
    """Give money of a development account to an address; answers once it is final."""
    amount, to = int(params.amount), parse_address(params.address)
    if amount > AMOUNT_MAX:
        raise problems.invalid_param(path="amount", msg=f"it is above {AMOUNT_MAX}")
    key = development_key(FAUCET)
    async with services.turn:
        raw = _gift(services, key, Transfer(to=to, amount=amount, memo="faucet"))
        return await hand_in_and_wait(services, raw.hex(), timeout_ms=WAIT_MS)


def _gift(services: Services, key: SecretKey, transfer: Transfer) -> bytes:
    """Return the transfer signed for the next block, with a fee that is enough."""
    with services.reading() as reader:
        parameters = MarketReader(reader).parameters()
        nonce, height = reader.nonce(key.address, key.public_key), reader.tip().height
    fee = parameters.minimum_fee(Kind.TRANSFER, size_bytes=1_024)
    return sign_transaction(
        transfer,
        key=key,
        genesis_hash=services.settings.genesis,
        nonce=nonce,
        fee=fee,
        valid_until=height + LIFETIME,
    ).encode()


DEV_METHODS: Final[tuple[Method[Services, Any], ...]] = (
    Method(
        "dev_faucet",
        FaucetParams,
        faucet,
        {"address": _ADDRESS, "amount": "1000000"},
        is_submission=True,
        cost=5,
        timeout_ms=CALL_MS_MAX,
    ),
)
"""Offered where the genesis document says devnet, and nowhere else."""
