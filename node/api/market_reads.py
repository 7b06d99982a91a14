"""The methods that ask for parameters, fees, prices, keys and ledgers."""

from chain.address import parse_address
from chain.kind import Kind
from chain.store.market_queries import MarketReader
from node.api import forms, market_shapes
from node.api.cursors import first_below, next_cursor
from node.api.payload_shapes import parameters_shape
from node.api.services import Services
from node.api.words import Json, hex_of


async def get_parameters(services: Services, _: forms.Nothing) -> Json:
    """The chain's parameters, as they hold for the next block."""
    with services.reading() as reader:
        parameters, height = MarketReader(reader).parameters(), reader.tip().height
    return parameters_shape(parameters) | {"hash": hex_of(parameters.hash), "atHeight": height}


async def estimate_fee(services: Services, params: forms.FeeParams) -> Json:
    """The least and the greatest fee of a kind and size; a claim's comes out of its amount."""
    with services.reading() as reader:
        parameters = MarketReader(reader).parameters()
    kind, size = Kind[params.kind.upper()], params.size_bytes
    least = parameters.minimum_fee(kind, size_bytes=size)
    most = least if kind is Kind.CLAIM else parameters.maximum_fee(kind, size_bytes=size)
    credits_somebody = kind in (Kind.TRANSFER, Kind.CLAIM)
    return {
        "kind": params.kind,
        "sizeBytes": size,
        "minimumFee": str(least),
        "maximumFee": str(most),
        "newAccountFee": str(parameters.new_account_fee if credits_somebody else 0),
    }


async def get_pricing(services: Services, _: forms.Nothing) -> Json:
    """What computation costs: base rates, live offers and what was paid on the last day."""
    with services.reading() as reader:
        pricing, height = MarketReader(reader).pricing(), reader.tip().height
    return market_shapes.pricing_shape(pricing, height=height)


async def get_offers(services: Services, params: forms.AccountParams) -> Json:
    """An account's price list."""
    with services.reading() as reader:
        offers = MarketReader(reader).offers_of(parse_address(params.address))
        height = reader.tip().height
    return market_shapes.offers_shape(offers, height=height)


async def get_grants(services: Services, params: forms.AccountParams) -> Json:
    """The keys that an account has granted: their limits, what they spent and what is left."""
    address = parse_address(params.address)
    with services.reading() as reader:
        found = MarketReader(reader).grants_of(address)
        nonces = [reader.nonce(address, one.grant.public_key) for one in found]
        height = reader.tip().height
    pairs = zip(found, nonces, strict=True)
    shapes = [market_shapes.grant_shape(one, nonce=nonce) for one, nonce in pairs]
    return {"atHeight": height, "grants": shapes}


async def get_ledger(services: Services, params: forms.LedgerParams) -> Json:
    """What moved an account's reserved money, newest first, with the balance after each."""
    address = parse_address(params.address)
    listed = f"ledger {address.hex()}"
    before = first_below(params.cursor, listed)
    with services.reading() as reader:
        page = MarketReader(reader).ledger_page(address, before=before, limit=params.limit)
    return {
        "items": [market_shapes.entry_shape(one) for one in page],
        "nextCursor": next_cursor(listed, [one.row for one in page], limit=params.limit),
    }
