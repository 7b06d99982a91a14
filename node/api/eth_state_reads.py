"""The methods that ask for accounts, fees and the node; of code and storage there is none."""

from chain.crypto import address_of, keccak256
from chain.kind import Kind
from chain.primitives import BLOCK_TRANSACTIONS_MAX
from chain.store.account_views import AccountView
from chain.store.market_queries import MarketReader
from chain.store.queries import ChainReader
from node.api import eth_forms, problems
from node.api.eth_blocks import find_block, shown_count
from node.api.eth_forms import quantity_of
from node.api.eth_words import chain_number, quantity, wei
from node.api.forms import Nothing, bytes_of
from node.api.forms import address_of as address_of_text
from node.api.services import Services
from node.api.words import Json, hex_of

TRANSFER_BYTES = 200
"""Bytes of a usual transfer, whose fee stands for the price of gas."""


async def chain_id(services: Services, _: Nothing) -> str:
    """The chain's number, made of its genesis hash."""
    return quantity(chain_number(services.settings.genesis))


async def network_version(services: Services, _: Nothing) -> str:
    """The chain's number in decimal digits."""
    return str(chain_number(services.settings.genesis))


async def is_listening(_: Services, __: Nothing) -> bool:
    """Whether the node takes part in its network: it does."""
    return True


async def peer_count(services: Services, _: Nothing) -> str:
    """How many peers the node has; 0 while its core is away."""
    known = services.core.status
    return quantity(known.peers if known else 0)


async def client_version(services: Services, _: Nothing) -> str:
    """The program and its version, as far as its core is there to tell."""
    known = services.core.status
    return f"aitbc/{known.version}" if known else "aitbc"


async def sha3(_: Services, params: eth_forms.DataParams) -> str:
    """The Keccak-256 of some bytes."""
    return hex_of(keccak256(bytes_of(params.data)))


async def syncing(services: Services, _: Nothing) -> Json | bool:
    """False, or how far the node has come and how far the chain is."""
    known, height = services.core.status, services.tip_height()
    if known is None or not known.catching_up:
        return False
    best = max(known.best, height)
    return {
        "startingBlock": "0x0",
        "currentBlock": quantity(height),
        "highestBlock": quantity(best),
    }


async def gas_price(services: Services, _: Nothing) -> str:
    """The least fee of a usual transfer, which counts as one unit of gas."""
    with services.reading() as reader:
        return wei(_transfer_fee(reader))


async def fee_history(services: Services, params: eth_forms.FeeHistoryParams) -> Json:
    """How full blocks were; there is no base fee, and senders pay the least fee."""
    count = min(quantity_of(params.block_count), eth_forms.FEE_BLOCKS_MAX)
    with services.reading() as reader:
        newest = find_block(reader, params.newest)
        if newest is None:
            raise problems.invalid_param(path="newest", msg="it is above the last block")
        count = min(count, newest.height + 1)
        fee = wei(_transfer_fee(reader))
        blocks = reader.blocks_page(before=newest.height + 1, limit=count)[::-1]
        blocks = blocks if count else ()
    history: Json = {
        "oldestBlock": quantity(newest.height + 1 - count),
        "baseFeePerGas": ["0x0"] * (count + 1),
        "gasUsedRatio": [shown_count(one) / (BLOCK_TRANSACTIONS_MAX + 1) for one in blocks],
    }
    if params.percentiles is not None:
        history["reward"] = [[fee] * len(params.percentiles)] * count
    return history


def _transfer_fee(reader: ChainReader) -> int:
    parameters = MarketReader(reader).parameters()
    return parameters.minimum_fee(Kind.TRANSFER, size_bytes=TRANSFER_BYTES)


async def get_balance(services: Services, params: eth_forms.StateParams) -> str:
    """An account's money with 18 decimals, without what is reserved."""
    account = _account(services, params)
    return wei(account.balance or 0 if account else 0)


async def get_transaction_count(services: Services, params: eth_forms.StateParams) -> str:
    """The next nonce of an account's own key."""
    account = _account(services, params)
    nonces = account.nonces if account else ()
    own = [nonce for key, nonce in nonces if account and address_of(key) == account.address]
    return quantity(own[0] if own else 0)


def _account(services: Services, params: eth_forms.StateParams) -> AccountView | None:
    """Return an account as it is now.

    Raises:
        RpcError: it is asked for as it was.
    """
    address = address_of_text(params.address)
    assert address is not None
    with services.reading() as reader:
        block, tip = find_block(reader, params.block), reader.tip()
        if block is None or block.height != tip.height:
            raise problems.state_not_kept()
        return reader.find_account(address)


async def get_code(_: Services, __: eth_forms.StateParams) -> str:
    """The code of an account: none has any."""
    return "0x"


async def get_storage(_: Services, __: eth_forms.StorageParams) -> str:
    """A word of a contract's storage: zero."""
    return "0x" + "00" * 32


async def call(_: Services, __: eth_forms.Anything) -> str:
    """What a call of an account without code returns: nothing."""
    return "0x"


async def estimate_gas(_: Services, __: eth_forms.Anything) -> str:
    """The gas of any transaction: one unit."""
    return "0x1"


async def accounts(_: Services, __: Nothing) -> list[str]:
    """The accounts whose keys the node holds for callers: none."""
    return []


async def refuse(_: Services, __: eth_forms.Anything) -> None:
    """Say that nothing is signed or sent this way."""
    raise problems.eth_read_only()
